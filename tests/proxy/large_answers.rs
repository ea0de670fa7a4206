//! Large answers between two plain sockets: they never enter the process, and everything else holds for them as for any other body.

use std::time::Duration;

use harness::{FicusProcess, TestProxy};
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};

/// More than the sockets on the way hold together.
const LENGTH: usize = 12 << 20;

/// No two pieces of it are alike.
fn pattern(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        bytes.extend_from_slice(&state.to_be_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn reply(body: Vec<u8>) -> Answer {
    Answer::Reply {
        status: 200,
        headers: vec![("Content-Type".to_owned(), "application/octet-stream".to_owned())],
        body,
    }
}

/// The start of an answer that is longer than what comes of it.
fn begun(length: usize) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {LENGTH}\r\n\r\n");
    [head.into_bytes(), pattern(length)].concat()
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

/// The bytes that came, and whether that was all.
async fn download(client: &reqwest::Client, url: &str) -> (Vec<u8>, bool) {
    let mut response = client.get(url).send().await.unwrap();
    let mut received = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) => received.extend_from_slice(&piece),
            Ok(None) => return (received, true),
            Err(_) => return (received, false),
        }
    }
}

#[tokio::test]
async fn they_arrive_to_the_last_byte_whatever_their_size() {
    let legacy = FakeLegacy::start().await;
    let proxy = TestProxy::builder().legacy(&legacy).spawn().await;
    let client = client();
    for length in [1, 5_000, 40_000, 65_536, 300_001, LENGTH, 40_000] {
        legacy.on("GET", "/large", reply(pattern(length)));
        let (received, whole) = download(&client, &format!("{}/large", proxy.origin())).await;
        assert!(whole && received == pattern(length), "{length}");
    }
    assert_eq!(
        legacy.connections(),
        1,
        "a connection goes back when its answer was read"
    );
}

#[tokio::test]
async fn one_that_breaks_off_or_stalls_is_not_made_whole() {
    let legacy = FakeLegacy::start().await;
    legacy
        .on("GET", "/broken", Answer::Raw(begun(900_000)))
        .on("GET", "/stalled", Answer::RawThenStall(begun(900_000)))
        .on("GET", "/good", reply(pattern(900_000)));
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .flags("version: 1\nroutes:\n  - { route: GET /stalled, idle_timeout: 300ms }\n")
        .spawn()
        .await;
    let client = client();
    for path in ["broken", "stalled"] {
        let (received, whole) = download(&client, &format!("{}/{path}", proxy.origin())).await;
        assert!(
            !whole && received == pattern(900_000),
            "{path}: {} bytes",
            received.len()
        );
        let (received, whole) = download(&client, &format!("{}/good", proxy.origin())).await;
        assert!(whole && received == pattern(900_000), "after {path}");
    }
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing_behind() {
    let legacy = FakeLegacy::start().await;
    legacy.on("GET", "/large", Answer::Zeros(1 << 32));
    legacy.on("GET", "/stalled", Answer::RawThenStall(begun(2_000_000)));
    let ficus = FicusProcess::start(&legacy.url(), None).await;
    let before = ficus.open_files();
    for path in ["large", "stalled"].into_iter().cycle().take(40) {
        let url = format!("{}/{path}", ficus.origin());
        // One connection each, closed in the middle.
        let mut response = client().get(url).send().await.unwrap();
        for _ in 0..3 {
            response.chunk().await.unwrap().unwrap();
        }
    }
    // Some pipes are kept for answers to come.
    eventually("sockets and pipes are closed", || async {
        (ficus.open_files() <= before + 40).then_some(())
    })
    .await;
}
