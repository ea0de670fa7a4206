//! HTTP/2 frames that are fine one by one, in numbers that nobody needs: each kind ends its connection under its own name, and
//! nobody else notices.

use std::time::Duration;

use test_support::eventually::eventually;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::frames::{
    CONTINUATION, DATA, END_HEADERS, HEADERS, PING, PREFACE, PSEUDO, RST_STREAM, SETTINGS, WHOLE, WINDOW_UPDATE, block,
    frame, post, stage,
};

/// Nothing here waits so long unless it has failed.
const PATIENCE: Duration = Duration::from_secs(20);
const PRIORITY: u8 = 2;
/// A kind that RFC 9113 does not know.
const UNKNOWN: u8 = 0xfa;

struct Flood {
    name: &'static str,
    frames: Vec<u8>,
    /// The name of the end in the metrics; none where the request alone is refused, with 431.
    reason: Option<&'static str>,
}

fn flood(name: &'static str, frames: Vec<u8>, reason: &'static str) -> Flood {
    Flood {
        name,
        frames,
        reason: Some(reason),
    }
}

fn on_streams(count: u32, frames: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    (0..count).flat_map(|n| frames(n * 2 + 1)).collect()
}

/// 5.3.15: requests that are taken back, or made to fail.
fn resets() -> [Flood; 3] {
    let request = block(&PSEUDO);
    let spoilt = |window: [u8; 4]| {
        on_streams(2_000, |stream| {
            [
                frame(HEADERS, END_HEADERS, stream, &request),
                frame(WINDOW_UPDATE, 0, stream, &window),
            ]
            .concat()
        })
    };
    [
        flood(
            "rapid reset (CVE-2023-44487)",
            on_streams(2_000, |stream| {
                [
                    frame(HEADERS, WHOLE, stream, &request),
                    frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]),
                ]
                .concat()
            }),
            "http2_flood",
        ),
        flood(
            "made you reset by windows that overflow (CVE-2025-8671)",
            spoilt([0x7f, 0xff, 0xff, 0xff]),
            "http2_flood",
        ),
        flood(
            "made you reset by windows of zero (CVE-2025-8671)",
            spoilt([0; 4]),
            "http2_protocol",
        ),
    ]
}

/// 5.3.15: frames that carry nothing.
fn empty_frames() -> Vec<Flood> {
    let many = |kind: u8, flags: u8, stream: u32, payload: &[u8]| frame(kind, flags, stream, payload).repeat(20_000);
    let body = |frames: Vec<u8>| [post(&[], &[]), frames].concat();
    let head = frame(HEADERS, 0, 1, &block(&PSEUDO));
    vec![
        flood("pings", many(PING, 0, 0, &[7; 8]), "http2_ping_flood"),
        flood("settings", many(SETTINGS, 0, 0, &[]), "http2_settings_flood"),
        flood(
            "games with the size of the table",
            [
                many(SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0]),
                many(SETTINGS, 0, 0, &[0, 1, 0, 0, 16, 0]),
            ]
            .concat(),
            "http2_settings_flood",
        ),
        flood(
            "priorities",
            many(PRIORITY, 0, 3, &[0, 0, 0, 0, 7]),
            "http2_priority_flood",
        ),
        flood(
            "frames of an unknown kind",
            many(UNKNOWN, 0, 0, b"x"),
            "http2_unknown_flood",
        ),
        flood("empty pieces of a body", body(many(DATA, 0, 1, b"")), "http2_flood"),
        flood(
            "CONTINUATION without end (CVE-2024-27316)",
            [head, many(CONTINUATION, 0, 1, &[])].concat(),
            "http2_flood",
        ),
    ]
}

/// 5.3.15: one entry of 4 kB for the table, then ten thousand references to it, a byte each.
fn bomb() -> Flood {
    let mut entry = block(&[("x", &"x".repeat(4_000))]);
    entry[0] = 0x40;
    let references = vec![0xbe; 10_000];
    Flood {
        name: "references to one large header (CVE-2026-49975)",
        frames: frame(HEADERS, WHOLE, 1, &[block(&PSEUDO), entry, references].concat()),
        reason: None,
    }
}

/// Whether the connection ends, whatever becomes of its streams, or everything was turned away.
async fn ends(address: &str, frames: &[u8]) -> bool {
    let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
    let sent = [PREFACE, frames].concat();
    let sending = tokio::spawn(async move {
        // A peer that has hung up has said what there is to say.
        let _ = writer.write_all(&sent).await;
        writer
    });
    let mut ended = false;
    loop {
        let mut head = [0; 9];
        match timeout(PATIENCE, reader.read_exact(&mut head)).await {
            Err(_) => break,
            Ok(Err(_)) => {
                ended = true;
                break;
            }
            Ok(Ok(_)) => {}
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        let cut = reader.read_exact(&mut payload).await.is_err();
        let refused = head[3] == HEADERS && payload.windows(3).any(|digits| digits == b"431");
        if cut || refused {
            ended = true;
            break;
        }
    }
    drop(sending.await);
    ended
}

#[tokio::test]
async fn floods_end_their_connection_and_nobody_elses() {
    let (_legacy, proxy, address) = stage().await;
    for flood in resets().into_iter().chain(empty_frames()).chain([bomb()]) {
        let name = flood.name;
        let ended_so = async |reason: &str| {
            let metrics = proxy.metrics().await;
            let mut lines = metrics.lines();
            let found = lines.find(|line| line.contains(&format!("reason=\"{reason}\"")));
            found.map_or(0, |line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        };
        let before = match flood.reason {
            Some(reason) => ended_so(reason).await,
            None => 0,
        };
        assert!(ends(&address, &flood.frames).await, "{name}");
        if let Some(reason) = flood.reason {
            eventually(name, || async { (ended_so(reason).await > before).then_some(()) }).await;
        }
        assert_eq!(proxy.client().get("/b").await.text(), "ordinary", "after {name}");
    }
}
