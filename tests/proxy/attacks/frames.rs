//! HTTP/2 by hand: frames that no library would send, and what is to come of each of them.

use std::time::Duration;

use test_support::legacy::Answer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::carrier::{CARRIERS, Carrier, Stage};

/// Nothing here waits so long unless it has failed.
const PATIENCE: Duration = Duration::from_secs(20);
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
pub(super) const PING: u8 = 6;
const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;
pub(super) const PADDED: u8 = 8;
pub(super) const WHOLE: u8 = END_STREAM | END_HEADERS;

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The connection ends with an error.
    Ended,
    /// The stream ends with an error, before it has an answer.
    Reset,
    /// There is an answer.
    Answered(u16),
}

struct Attack {
    name: &'static str,
    item: &'static str,
    frames: Vec<u8>,
    outcome: Outcome,
    /// How many requests the upstream may have seen.
    upstream: usize,
}

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()[..]].concat();
    [head, payload.to_vec()].concat()
}

/// A block of literal fields that no table knows (RFC 7541, section 6.2.2).
pub(super) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| {
        let mut length = Vec::new();
        match u8::try_from(text.len()).ok().filter(|length| *length < 127) {
            Some(short) => length.push(short),
            None => {
                length.push(127);
                let mut rest = text.len() - 127;
                while rest >= 128 {
                    length.push(u8::try_from(rest % 128).unwrap() | 128);
                    rest /= 128;
                }
                length.push(u8::try_from(rest).unwrap());
            }
        }
        [length, text.as_bytes().to_vec()].concat()
    };
    fields
        .iter()
        .flat_map(|(name, value)| [vec![0], text(name), text(value)].concat())
        .collect()
}

pub(super) const PSEUDO: [(&str, &str); 4] = [
    (":method", "GET"),
    (":scheme", "http"),
    (":authority", "a"),
    (":path", "/a"),
];

/// A whole request of the usual pseudo-headers and these fields.
fn with(fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, &block(&[&PSEUDO, fields].concat()))
}

/// A whole request with one pseudo-header changed.
fn but(name: &str, value: &'static str) -> Vec<u8> {
    let fields = PSEUDO.map(|(known, usual)| (known, if known == name { value } else { usual }));
    frame(HEADERS, WHOLE, 1, &block(&fields))
}

pub(super) fn post(fields: &[(&str, &str)], data: &[(&[u8], u8)]) -> Vec<u8> {
    let mut head = PSEUDO.to_vec();
    head[0] = (":method", "POST");
    let mut frames = frame(HEADERS, END_HEADERS, 1, &block(&[&head, fields].concat()));
    for (bytes, flags) in data {
        frames.extend(frame(DATA, *flags, 1, bytes));
    }
    frames
}

/// A request that is malformed, or at least looks so.
fn attack(name: &'static str, frames: Vec<u8>, outcome: Outcome, upstream: usize) -> Attack {
    Attack {
        name,
        item: "5.3.16",
        frames,
        outcome,
        upstream,
    }
}

fn fields() -> Vec<Attack> {
    use Outcome::{Answered, Ended, Reset};
    // What is no field at all ends the connection, as the library has it; RFC 9113, section 8.1.1, asks for no more than the stream.
    vec![
        attack("an ordinary request", with(&[]), Answered(200), 1),
        attack("CR LF in a value", with(&[("x", "a\r\nb: c")]), Ended, 0),
        attack("NUL in a value", with(&[("x", "a\0b")]), Ended, 0),
        attack("an upper-case name", with(&[("X-Own", "1")]), Ended, 0),
        attack("a name with a space", with(&[("x own", "1")]), Ended, 0),
        attack("connection", with(&[("connection", "close")]), Reset, 0),
        attack("keep-alive", with(&[("keep-alive", "1")]), Reset, 0),
        attack("proxy-connection", with(&[("proxy-connection", "1")]), Reset, 0),
        attack("transfer-encoding", with(&[("transfer-encoding", "chunked")]), Reset, 0),
        attack("upgrade", with(&[("upgrade", "websocket")]), Reset, 0),
        attack("te: gzip", with(&[("te", "gzip")]), Reset, 0),
    ]
}

fn pseudo_headers() -> Vec<Attack> {
    use Outcome::{Answered, Ended, Reset};
    vec![
        attack("a pseudo-header twice", with(&[(":path", "/b")]), Reset, 0),
        attack("an unknown pseudo-header", with(&[(":evil", "1")]), Ended, 0),
        attack(
            "a late pseudo-header",
            with(&[("x", "1"), (":protocol", "websocket")]),
            Reset,
            0,
        ),
        attack("no path", frame(HEADERS, WHOLE, 1, &block(&PSEUDO[..3])), Reset, 0),
        attack("no method", frame(HEADERS, WHOLE, 1, &block(&PSEUDO[1..])), Reset, 0),
        attack("an empty path", but(":path", ""), Reset, 0),
        attack("a path without a slash", but(":path", "a"), Reset, 0),
        attack("a path with a space", but(":path", "/a b"), Reset, 0),
        attack(
            "a path that goes on as a request",
            but(":path", "/a HTTP/1.1\r\nX: y"),
            Reset,
            0,
        ),
        attack(
            "a path with a fragment, which is left out",
            but(":path", "/a#b"),
            Answered(200),
            1,
        ),
        attack("an odd scheme", but(":scheme", "ftp"), Answered(200), 1),
        attack("a scheme that is none", but(":scheme", "ht tp"), Reset, 0),
        attack("an empty authority", but(":authority", ""), Reset, 0),
        attack("a method with a space", but(":method", "GET /b"), Ended, 0),
        attack("GET *", but(":path", "*"), Answered(400), 0),
        attack("an authority with CR LF", but(":authority", "a\r\nX: y"), Reset, 0),
        attack("an authority with a user", but(":authority", "me@a"), Answered(400), 0),
        attack("another Host", with(&[("host", "b")]), Answered(400), 0),
    ]
}

fn lengths() -> Vec<Attack> {
    use Outcome::Reset;
    vec![
        attack(
            "a length with a body of none",
            with(&[("content-length", "5")]),
            Reset,
            0,
        ),
        attack(
            "fewer bytes than the length",
            post(&[("content-length", "5")], &[(b"abc", END_STREAM)]),
            Reset,
            1,
        ),
        attack(
            "more bytes than the length",
            post(&[("content-length", "1")], &[(b"abc", END_STREAM)]),
            Reset,
            0,
        ),
        attack(
            "two lengths",
            post(
                &[("content-length", "3"), ("content-length", "4")],
                &[(b"abc", END_STREAM)],
            ),
            Reset,
            0,
        ),
    ]
}

/// Trailers that say what only a head may say.
fn trailers() -> Vec<Attack> {
    use Outcome::{Answered, Reset};
    let behind_a_body = |fields: &[(&str, &str)]| {
        let body = post(&[("trailer", "content-length, host, x")], &[(b"abc", 0)]);
        [body, frame(HEADERS, WHOLE, 1, &block(fields))].concat()
    };
    let unfinished = [
        post(&[], &[(b"abc", 0)]),
        frame(HEADERS, END_HEADERS, 1, &block(&[("x", "1")])),
    ];
    vec![
        attack(
            "trailers that were announced",
            behind_a_body(&[("x", "1")]),
            Answered(200),
            1,
        ),
        // The library leaves out what is no field; nobody else sees it.
        attack(
            "a path in trailers",
            behind_a_body(&[(":path", "/b")]),
            Answered(200),
            1,
        ),
        // Their upstream sees no whole request.
        attack(
            "a length in trailers",
            behind_a_body(&[("content-length", "9")]),
            Answered(400),
            0,
        ),
        attack("a Host in trailers", behind_a_body(&[("host", "b")]), Answered(400), 0),
        attack(
            "a twin in trailers",
            behind_a_body(&[("content_length", "9")]),
            Answered(400),
            0,
        ),
        attack("trailers that are not the end", unfinished.concat(), Reset, 1),
    ]
}

/// Streams that are over, or come in the wrong order. No answer comes in between: their upstream stalls.
fn closed_streams() -> Vec<Attack> {
    let attack = |name, frames: &[&[u8]], outcome| Attack {
        name,
        item: "5.3.18",
        frames: frames.concat(),
        outcome,
        upstream: 1,
    };
    use Outcome::{Ended, Reset};
    let head = block(&PSEUDO.map(|(name, usual)| (name, if name == ":path" { "/stall" } else { usual })));
    let (open, whole) = (frame(HEADERS, END_HEADERS, 1, &head), frame(HEADERS, WHOLE, 1, &head));
    let reset = frame(RST_STREAM, 0, 1, &[0, 0, 0, 8]);
    let later = frame(HEADERS, WHOLE, 5, &head);
    vec![
        attack("a stream that is used again", &[&whole, &whole], Ended),
        attack(
            "a stream that is used again after a reset",
            &[&open, &reset, &whole],
            Ended,
        ),
        attack(
            "a stream below the last one",
            &[&later, &frame(HEADERS, WHOLE, 3, &head)],
            Ended,
        ),
        attack("data behind the end", &[&whole, &frame(DATA, 0, 1, b"abc")], Ended),
        attack(
            "data behind a reset",
            &[&open, &reset, &frame(DATA, 0, 1, b"abc")],
            Reset,
        ),
        attack(
            "a table larger than was allowed",
            &[&frame(
                HEADERS,
                WHOLE,
                1,
                &[&[0x3f, 0xff, 0xff, 0x7f][..], &head].concat(),
            )],
            Ended,
        ),
    ]
}

fn streams() -> Vec<Attack> {
    let attack = |name, frames, outcome| Attack {
        name,
        item: "5.3.18",
        frames,
        outcome,
        upstream: 0,
    };
    use Outcome::Ended;
    let open = frame(HEADERS, 0, 1, &block(&PSEUDO));
    vec![
        attack("an even stream", frame(HEADERS, WHOLE, 2, &block(&PSEUDO)), Ended),
        attack("stream zero", frame(HEADERS, WHOLE, 0, &block(&PSEUDO)), Ended),
        attack("data on an idle stream", frame(DATA, 0, 1, b"abc"), Ended),
        attack("a reset of an idle stream", frame(RST_STREAM, 0, 1, &[0; 4]), Ended),
        attack(
            "PUSH_PROMISE from a client",
            frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2]),
            Ended,
        ),
        attack(
            "padding longer than the frame",
            frame(DATA, PADDED, 1, &[255, 0]),
            Ended,
        ),
        attack(
            "a frame between HEADERS and CONTINUATION",
            [open.clone(), frame(PING, 0, 0, &[0; 8])].concat(),
            Ended,
        ),
        attack(
            "CONTINUATION of another stream",
            [open, frame(CONTINUATION, END_HEADERS, 3, &[])].concat(),
            Ended,
        ),
        attack(
            "CONTINUATION of nothing",
            frame(CONTINUATION, END_HEADERS, 1, &[]),
            Ended,
        ),
        attack("settings of an odd length", frame(SETTINGS, 0, 0, &[0; 5]), Ended),
        attack(
            "a window that overflows",
            frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]),
            Ended,
        ),
        attack("a window of zero", frame(WINDOW_UPDATE, 0, 0, &[0; 4]), Ended),
        attack("a ping of seven bytes", frame(PING, 0, 0, &[0; 7]), Ended),
        attack("a frame over the limit", frame(DATA, 0, 1, &[0; 16 * 1024 + 1]), Ended),
        attack(
            "a block that no table explains",
            frame(HEADERS, WHOLE, 1, &[0xff, 0xff, 0xff]),
            Ended,
        ),
        Attack {
            item: "5.3.15",
            ..attack("a flood of CONTINUATION (CVE-2024-27316)", continuation_flood(), Ended)
        },
    ]
}

fn continuation_flood() -> Vec<u8> {
    let mut frames = frame(HEADERS, END_STREAM, 1, &block(&PSEUDO));
    for _ in 0..200 {
        frames.extend(frame(CONTINUATION, 0, 1, &block(&[("x", &"y".repeat(8_000))])));
    }
    frames
}

/// Sends an attack on a connection of its own.
async fn outcome(stage: &Stage, attack: &Attack) -> Outcome {
    let mut stream = stage.connect().await;
    // A peer that has hung up has said what there is to say.
    let _ = stream.write_all(&[PREFACE, &attack.frames].concat()).await;
    loop {
        let mut head = [0; 9];
        let Ok(Ok(_)) = timeout(PATIENCE, stream.read_exact(&mut head)).await else {
            return Outcome::Ended;
        };
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        if stream.read_exact(&mut payload).await.is_err() {
            return Outcome::Ended;
        }
        match head[3] {
            RST_STREAM => return Outcome::Reset,
            GOAWAY => return Outcome::Ended,
            HEADERS => return Outcome::Answered(status(&payload)),
            _ => {}
        }
    }
}

/// `:status` comes first, as an entry of the static table or as a literal with its name (RFC 7541, appendix A).
fn status(block: &[u8]) -> u16 {
    match block {
        [0x88, ..] => 200,
        [0x89, ..] => 204,
        [0x8c, ..] => 400,
        [0x8d, ..] => 404,
        [0x48 | 0x08, 0x03, digits @ ..] => std::str::from_utf8(&digits[..3]).unwrap().parse().unwrap(),
        other => panic!("no status: {:x?}", &other[..other.len().min(8)]),
    }
}

async fn all_come_to_their_end(carrier: Carrier) {
    let stage = carrier.stage("").await;
    stage.legacy.on("GET", "/stall", Answer::Stall);
    stage.legacy.on("POST", "/stall", Answer::Stall);
    let mut failed = Vec::new();
    for attack in fields()
        .into_iter()
        .chain(pseudo_headers())
        .chain(lengths())
        .chain(trailers())
        .chain(streams())
        .chain(closed_streams())
    {
        let before = stage.legacy.requests().len();
        let came = outcome(&stage, &attack).await;
        let seen = stage.legacy.requests().len() - before;
        if came != attack.outcome || seen > attack.upstream {
            failed.push(format!(
                "{} ({}): {came:?}, the upstream saw {seen}",
                attack.name, attack.item
            ));
        }
    }
    assert!(failed.is_empty(), "{carrier:?}:\n{}", failed.join("\n"));
    assert_eq!(stage.proxy.client().get("/b").await.text(), "ordinary");
    let metrics = stage.proxy.metrics().await;
    assert!(
        metrics.contains("ficus_refused_total{reason=\"trailer\"} 3\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn frames_that_no_client_means() {
    for carrier in CARRIERS {
        all_come_to_their_end(carrier).await;
    }
}

#[tokio::test]
async fn padding_is_no_part_of_a_body_and_a_goodbye_does_not_cut_it() {
    for carrier in CARRIERS {
        let stage = carrier.stage("").await;
        let padded = [&[255][..], b"abc", &[0; 255]].concat();
        let goodbye = frame(GOAWAY, 0, 0, &[0; 8]);
        let whole = Attack {
            frames: [
                post(&[("content-length", "6")], &[(&padded, PADDED)]),
                goodbye,
                frame(DATA, END_STREAM, 1, b"def"),
            ]
            .concat(),
            ..attack("a padded body around a GOAWAY", Vec::new(), Outcome::Answered(200), 1)
        };
        assert_eq!(outcome(&stage, &whole).await, whole.outcome, "{carrier:?}");
        assert_eq!(stage.legacy.wait_for("/a", 1).await.text(), "abcdef", "{carrier:?}");
    }
}
