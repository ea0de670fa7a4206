//! Bodies pass through: large ones without being held, small pieces without being kept back.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use harness::{FicusProcess, TestProxy};
use test_support::legacy::{Answer, FakeLegacy};

const GIB: u64 = 1024 * 1024 * 1024;
const MIB: u64 = 1024 * 1024;
/// What Ficus may have resident at its worst moment, its program file aside: with that file, a release build stays below 64 MiB.
const CEILING: u64 = 44 * MIB;

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(180))
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gibibyte_goes_up_and_down_in_bounded_memory() {
    let legacy = FakeLegacy::start().await;
    legacy
        .on("POST", "/upload", Answer::Count)
        .on("GET", "/download", Answer::Zeros(GIB));
    let ficus = FicusProcess::start(&legacy.url(), None).await;

    let piece = Bytes::from(vec![0; 256 * 1024]);
    let pieces = stream::iter((0..GIB / piece.len() as u64).map(move |_| Ok::<_, std::io::Error>(piece.clone())));
    let upload = client()
        .post(format!("{}/upload", ficus.origin()))
        .body(reqwest::Body::wrap_stream(pieces))
        .send()
        .await;
    assert_eq!(upload.unwrap().text().await.unwrap(), GIB.to_string());
    let after_upload = ficus.peak_resident_bytes();
    assert!(
        after_upload < CEILING,
        "{} MiB resident after the upload",
        after_upload / MIB
    );

    let download = client()
        .get(format!("{}/download", ficus.origin()))
        .send()
        .await
        .unwrap();
    assert_eq!(download.content_length(), Some(GIB));
    let mut body = download.bytes_stream();
    let mut received = 0;
    while let Some(piece) = body.next().await {
        received += piece.unwrap().len() as u64;
    }
    assert_eq!(received, GIB);
    let after_download = ficus.peak_resident_bytes();
    assert!(
        after_download < CEILING,
        "{} MiB resident after the download",
        after_download / MIB
    );
}

#[tokio::test]
async fn a_slow_reader_holds_the_sender_back_instead_of_filling_memory() {
    let legacy = FakeLegacy::start().await;
    legacy.on("GET", "/download", Answer::Zeros(GIB));
    let ficus = FicusProcess::start(&legacy.url(), None).await;
    let download = client()
        .get(format!("{}/download", ficus.origin()))
        .send()
        .await
        .unwrap();
    let mut body = download.bytes_stream();
    for _ in 0..20 {
        body.next().await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let resident = ficus.peak_resident_bytes();
    assert!(resident < CEILING, "{} MiB resident", resident / MIB);
}

#[tokio::test]
async fn server_sent_events_arrive_one_by_one() {
    let legacy = FakeLegacy::start().await;
    let (answer, events) = Answer::chunked("text/event-stream");
    legacy.on("GET", "/events", answer);
    let proxy = TestProxy::builder().legacy(&legacy).spawn().await;
    let response = client().get(format!("{}/events", proxy.origin())).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.bytes_stream();
    for number in 0..3 {
        let event = format!("data: {number}\n\n");
        events.send(event.clone().into_bytes()).await.unwrap();
        // Nothing follows until this one has arrived.
        let arrived = tokio::time::timeout(Duration::from_secs(10), body.next()).await;
        assert_eq!(
            arrived.expect("an event is not kept back").unwrap().unwrap(),
            event.as_bytes()
        );
    }
    drop(events);
    assert!(body.next().await.is_none());
}

#[tokio::test]
async fn a_client_that_goes_away_closes_legacys_connection() {
    let legacy = FakeLegacy::start().await;
    let (answer, events) = Answer::chunked("text/event-stream");
    legacy.on("GET", "/events", answer);
    let proxy = TestProxy::builder().legacy(&legacy).spawn().await;
    let response = client().get(format!("{}/events", proxy.origin())).send().await.unwrap();
    events.send(b"data: 1\n\n".to_vec()).await.unwrap();
    drop(response);
    // The fake ends its connection at the first write that fails, and the receiving end with it.
    let mut pieces = 0;
    while tokio::time::timeout(Duration::from_secs(10), events.send(vec![b'x'; 65_536]))
        .await
        .expect("legacy notices")
        .is_ok()
    {
        pieces += 1;
        assert!(pieces < 1_000, "legacy still sends to nobody");
        if legacy.connections() > 0 {
            tokio::task::yield_now().await;
        }
    }
}
