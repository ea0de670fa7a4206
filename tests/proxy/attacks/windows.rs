//! 5.3.15: clients that ask for much and let little of it go: no window at all, and one that is opened byte by byte.

use std::time::Duration;

use test_support::eventually::eventually;
use test_support::legacy::Answer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

use super::carrier::{CARRIERS, Stage};
use super::frames::{HEADERS, PREFACE, PSEUDO, SETTINGS, WHOLE, WINDOW_UPDATE, block, frame};

/// Nothing here waits so long unless it has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// Far oftener than the limits below, so that a drip which put one of them off would put it off for ever.
const DRIP: Duration = Duration::from_millis(5);
const LIMITS: &str = "http2: { stall_timeout: 200ms, idle_timeout: 200ms }";

/// Asks with a window of nothing, then opens it with `drops`, one after the other, until the proxy ends the connection.
async fn held_open(stage: &Stage, drops: &[u8]) {
    let (mut reader, mut writer) = tokio::io::split(stage.connect().await);
    // SETTINGS_INITIAL_WINDOW_SIZE of zero (RFC 9113, section 6.5.2).
    let preface = &PREFACE[..PREFACE.len() - 9];
    let none = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let request = frame(HEADERS, WHOLE, 1, &block(&PSEUDO));
    writer.write_all(&[preface, &none, &request].concat()).await.unwrap();
    let dripping = async {
        while writer.write_all(drops).await.is_ok() {
            sleep(DRIP).await;
        }
        std::future::pending::<()>().await;
    };
    let ending = async {
        let mut taken = [0; 4096];
        while reader.read(&mut taken).await.is_ok_and(|read| read > 0) {}
    };
    let ended = timeout(PATIENCE, async {
        tokio::select! {
            () = dripping => {}
            () = ending => {}
        }
    });
    assert!(ended.await.is_ok(), "the client holds its connection");
}

fn drop_of_one_byte() -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1])
}

#[tokio::test]
async fn a_large_answer_that_is_not_taken_is_cut_off_however_the_window_drips() {
    for carrier in CARRIERS {
        let stage = carrier.stage(LIMITS).await;
        stage.legacy.on("GET", "/a", Answer::Zeros(10_000_000));
        for (count, drops) in [(1, Vec::new()), (2, drop_of_one_byte())] {
            held_open(&stage, &drops).await;
            eventually("the stall is counted", || async {
                (stage.refused("http2_stalled").await == count).then_some(())
            })
            .await;
        }
        assert_eq!(stage.proxy.client().get("/b").await.text(), "ordinary");
    }
}

/// The last piece of an answer is in the hands of the library, which does not say when it is taken: the limit for a connection
/// without requests ends it.
#[tokio::test]
async fn what_is_left_of_a_small_answer_does_not_hold_a_connection() {
    for carrier in CARRIERS {
        let stage = carrier.stage(LIMITS).await;
        stage.legacy.on("GET", "/a", Answer::Zeros(10_000));
        held_open(&stage, &drop_of_one_byte()).await;
        held_open(&stage, &[]).await;
        assert_eq!(stage.proxy.client().get("/b").await.text(), "ordinary");
    }
}
