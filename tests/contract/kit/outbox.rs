//! Effects are delivered at least once, by one deliverer at a time, and given up in the open.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use handlers::config::OutboxSettings;
use handlers::kit::effects::Realtime;
use handlers::kit::outbox::Deliverer;
use handlers::kit::ports::{PortError, RealtimePort};
use handlers::kit::{Ids, OutboxCounts, Ports};
use test_support::eventually::eventually;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::bench::{Bench, ports};

/// A port that fails as often as it is told and then remembers the keys of what it got.
#[derive(Default)]
struct Scripted {
    failures: AtomicUsize,
    refuses: bool,
    got: Mutex<Vec<String>>,
}

#[async_trait]
impl RealtimePort for Scripted {
    async fn deliver(&self, event: &Realtime, key: &str) -> Result<(), PortError> {
        assert_eq!(event.event, "probe");
        if self.refuses {
            return Err(PortError::Refused {
                service: "soketi",
                status: 401,
            });
        }
        let fails = |left: usize| left.checked_sub(1);
        if self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails)
            .is_ok()
        {
            return Err(PortError::Failed {
                service: "soketi",
                reason: "status 500".to_owned(),
            });
        }
        self.got.lock().await.push(key.to_owned());
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(())
    }
}

const SETTINGS: OutboxSettings = OutboxSettings {
    poll: Duration::from_millis(20),
    batch: 5,
    timeout: Duration::from_secs(5),
    attempts: 3,
    backoff: Duration::from_secs(2),
};

fn deliverer(bench: &Bench, port: &Arc<Scripted>) -> Deliverer {
    let ports = ports(|ports| ports.realtime = Arc::clone(port) as Arc<dyn RealtimePort>);
    Deliverer::new(
        bench.database.pool.clone(),
        bench.clock.clone(),
        Ids::seeded(2),
        ports,
        SETTINGS,
    )
}

async fn round(deliverer: &Deliverer) -> usize {
    deliverer.round(&CancellationToken::new()).await.unwrap()
}

async fn state(bench: &Bench) -> (bool, bool, i32, Option<String>, bool) {
    sqlx::query_as(
        "select delivered_at is not null, abandoned_at is not null, attempts, last_error, payload = '{}' from ficus.outbox",
    )
    .fetch_one(&bench.database.pool)
    .await
    .unwrap()
}

async fn many(bench: &Bench, count: i32) {
    sqlx::query(
        r#"insert into ficus.outbox (id, idempotency_key, kind, payload, created_at, due_at, attempts)
           select gen_random_uuid(), 'key-' || n, 'realtime', '{"channels":["c"],"event":"probe","data":1}', $1, $1, 0
           from generate_series(1, $2) n"#,
    )
    .bind(bench.clock.now())
    .bind(count)
    .execute(&bench.database.pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_delivery_that_fails_is_tried_again_after_a_wait_and_then_wiped() {
    let bench = Bench::new().await;
    bench.probe("").await.unwrap();
    let port = Arc::new(Scripted {
        failures: AtomicUsize::new(2),
        ..Scripted::default()
    });
    let deliverer = deliverer(&bench, &port);
    assert_eq!(round(&deliverer).await, 1);
    assert_eq!(round(&deliverer).await, 0, "it waits");
    assert_eq!(
        state(&bench).await,
        (false, false, 1, Some("soketi failed: status 500".to_owned()), false)
    );
    bench.clock.advance(Duration::from_secs(2));
    assert_eq!(round(&deliverer).await, 1);
    bench.clock.advance(Duration::from_secs(4));
    assert_eq!(round(&deliverer).await, 1);
    assert_eq!(state(&bench).await, (true, false, 3, None, true));
    assert_eq!(
        deliverer.counts(),
        OutboxCounts {
            delivered: 1,
            retried: 2,
            ..OutboxCounts::default()
        }
    );
    assert_eq!(port.got.lock().await.len(), 1);
}

#[tokio::test]
async fn too_many_failures_and_a_refusal_are_given_up_and_counted() {
    let bench = Bench::new().await;
    bench.probe("").await.unwrap();
    let failing = deliverer(
        &bench,
        &Arc::new(Scripted {
            failures: AtomicUsize::new(99),
            ..Scripted::default()
        }),
    );
    for _ in 0..5 {
        round(&failing).await;
        bench.clock.advance(Duration::from_secs(600));
    }
    assert_eq!(
        failing.counts(),
        OutboxCounts {
            retried: 2,
            abandoned: 1,
            ..OutboxCounts::default()
        }
    );
    let (delivered, abandoned, attempts, ..) = state(&bench).await;
    assert_eq!((delivered, abandoned, attempts), (false, true, 3));

    let bench = Bench::new().await;
    bench.probe("").await.unwrap();
    let refused = deliverer(
        &bench,
        &Arc::new(Scripted {
            refuses: true,
            ..Scripted::default()
        }),
    );
    round(&refused).await;
    assert_eq!(
        refused.counts(),
        OutboxCounts {
            abandoned: 1,
            ..OutboxCounts::default()
        }
    );
}

#[tokio::test]
async fn without_a_service_an_effect_waits_and_is_never_given_up() {
    let bench = Bench::new().await;
    bench.probe("").await.unwrap();
    let none = Deliverer::new(
        bench.database.pool.clone(),
        bench.clock.clone(),
        Ids::seeded(2),
        Ports::none(),
        SETTINGS,
    );
    for _ in 0..9 {
        assert_eq!(round(&none).await, 1);
        bench.clock.advance(Duration::from_secs(300));
    }
    assert_eq!(
        none.counts(),
        OutboxCounts {
            unconfigured: 9,
            ..OutboxCounts::default()
        }
    );
    assert_eq!(
        state(&bench).await,
        (false, false, 0, Some("realtime is not configured".to_owned()), false)
    );
}

#[tokio::test]
async fn two_deliverers_share_the_table_and_deliver_everything_once() {
    let bench = Bench::new().await;
    many(&bench, 60).await;
    let port = Arc::new(Scripted::default());
    let (one, two) = (deliverer(&bench, &port), deliverer(&bench, &port));
    let all = |deliverer: Deliverer| async move { while round(&deliverer).await > 0 {} };
    tokio::join!(all(one.clone()), all(two.clone()));
    let mut got = port.got.lock().await.clone();
    got.sort();
    let before = got.len();
    got.dedup();
    assert_eq!((before, got.len()), (60, 60));
    assert!(
        one.counts().delivered > 0 && two.counts().delivered > 0,
        "both took part"
    );
}

#[tokio::test]
async fn what_a_dead_deliverer_held_is_taken_up_when_its_claim_runs_out() {
    let bench = Bench::new().await;
    many(&bench, 1).await;
    sqlx::query("update ficus.outbox set attempts = 1, locked_until = $1")
        .bind(bench.clock.now() + Duration::from_secs(30))
        .execute(&bench.database.pool)
        .await
        .unwrap();
    let port = Arc::new(Scripted::default());
    let deliverer = deliverer(&bench, &port);
    assert_eq!(round(&deliverer).await, 0);
    bench.clock.advance(Duration::from_secs(30));
    assert_eq!(round(&deliverer).await, 1);
    assert_eq!(port.got.lock().await.as_slice(), ["key-1"]);
}

#[tokio::test]
async fn the_task_delivers_after_a_commit_and_ends_at_shutdown() {
    let port = Arc::new(Scripted::default());
    let ports = ports(|ports| ports.realtime = Arc::clone(&port) as Arc<dyn RealtimePort>);
    // Polling alone would take longer than the test waits.
    let bench = Bench::with(&[("FICUS_OUTBOX_POLL_MS", "600000")], ports).await;
    let shutdown = CancellationToken::new();
    let tasks: Vec<_> = bench
        .native
        .tasks(shutdown.clone())
        .into_iter()
        .map(|task| tokio::spawn(task.future))
        .collect();
    bench.probe("").await.unwrap();
    eventually("the effect is delivered", || async {
        (!port.got.lock().await.is_empty()).then_some(())
    })
    .await;
    shutdown.cancel();
    for task in tasks {
        tokio::time::timeout(Duration::from_secs(5), task)
            .await
            .expect("tasks end at shutdown")
            .unwrap();
    }
}
