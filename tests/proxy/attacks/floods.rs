//! HTTP/2 frames that are fine one by one, in numbers that nobody needs: each kind ends its connection under its own name, and
//! nobody else notices.

use std::time::Duration;

use test_support::eventually::eventually;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::carrier::{CARRIERS, Carrier, Stage};
use super::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PADDED, PING, PREFACE, PSEUDO, RST_STREAM, SETTINGS, WHOLE,
    WINDOW_UPDATE, block, frame, post,
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

/// 5.3.15: frames that carry nothing, or next to nothing.
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
        flood(
            "pieces of a body of one byte",
            body(many(DATA, 0, 1, b"x")),
            "http2_data_flood",
        ),
        flood(
            "pieces of a body that are padding and one byte",
            body(many(DATA, PADDED, 1, &[&[62, b'x'][..], &[0; 62]].concat())),
            "http2_data_flood",
        ),
        flood("empty pieces of a body", body(many(DATA, 0, 1, b"")), "http2_flood"),
        flood(
            "CONTINUATION without end (CVE-2024-27316)",
            [head, many(CONTINUATION, 0, 1, &[])].concat(),
            "http2_flood",
        ),
    ]
}

/// 5.3.15: one entry of 4 kB for the table, then ten thousand references to it, a byte each; the same with crumbs of a cookie, which
/// would be joined.
fn bombs() -> [Flood; 2] {
    let bomb = |name, field: &str, value: &str| {
        let mut entry = block(&[(field, value)]);
        entry[0] = 0x40;
        let references = vec![0xbe; 10_000];
        Flood {
            name,
            frames: frame(HEADERS, WHOLE, 1, &[block(&PSEUDO), entry, references].concat()),
            reason: None,
        }
    };
    [
        bomb(
            "references to one large header (CVE-2026-49975)",
            "x",
            &"x".repeat(4_000),
        ),
        bomb("references to one small crumb (CVE-2026-105297)", "cookie", "a"),
    ]
}

/// Whether the connection ends, whatever becomes of its streams, or everything was turned away.
async fn ends(stage: &Stage, frames: &[u8]) -> bool {
    let (mut reader, mut writer) = tokio::io::split(stage.connect().await);
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

async fn all_end_their_connection(carrier: Carrier) {
    let stage = carrier.stage("").await;
    for flood in resets().into_iter().chain(empty_frames()).chain(bombs()) {
        let name = flood.name;
        let before = match flood.reason {
            Some(reason) => stage.refused(reason).await,
            None => 0,
        };
        assert!(ends(&stage, &flood.frames).await, "{carrier:?}: {name}");
        if let Some(reason) = flood.reason {
            eventually(name, || async { (stage.refused(reason).await > before).then_some(()) }).await;
        }
        let next = stage.proxy.client().get("/b").await;
        assert_eq!(next.text(), "ordinary", "{carrier:?}: after {name}");
    }
}

#[tokio::test]
async fn floods_end_their_connection_and_nobody_elses() {
    for carrier in CARRIERS {
        all_end_their_connection(carrier).await;
    }
}

#[tokio::test]
async fn a_body_in_hundreds_of_small_pieces_passes() {
    for carrier in CARRIERS {
        let stage = carrier.stage("").await;
        let mut stream = stage.connect().await;
        let pieces = frame(DATA, 0, 1, b"a word ").repeat(800);
        let end = frame(DATA, END_STREAM, 1, b"");
        stream
            .write_all(&[PREFACE.to_vec(), post(&[], &[]), pieces, end].concat())
            .await
            .unwrap();
        let request = stage.legacy.wait_for("/a", 1).await;
        assert_eq!(request.text(), "a word ".repeat(800), "{carrier:?}");
    }
}
