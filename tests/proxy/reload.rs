//! Flags change under load, rightly and wrongly, and no request notices more than a stage.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use harness::{Client, TestProxy};
use test_support::database::Cluster;
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};

const CLIENTS: usize = 50;
const CHURN: Duration = Duration::from_secs(10);
const BETWEEN_REPLACEMENTS: Duration = Duration::from_millis(5);

/// Names both sides for one route. What no version names is legacy's.
fn flags(stage: &str) -> String {
    format!(
        "version: 1\nroutes:\n  - route: GET /api/health\n    stage: {stage}\n  - route: GET /api/crm/tickets\n    stage: legacy\n"
    )
}

/// Replaces the file 200 times a second: good ones in turn, broken, half-written, deleted, and back.
fn churn(file: &Path, stop: &AtomicBool) -> usize {
    let draft = file.with_extension("draft");
    let replace = |text: &str| {
        std::fs::write(&draft, text).unwrap();
        std::fs::rename(&draft, file).unwrap();
    };
    let (native, legacy) = (flags("native"), flags("legacy"));
    let mut count = 0;
    let mut next = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        match count % 7 {
            0 | 5 => replace(&native),
            1 | 6 => replace(&legacy),
            2 => replace("version: 1\nroutes: [ {route: GET /api/pages, stage: native"),
            // In place and cut off: a reader may see any length of it.
            3 => std::fs::write(file, &native[..native.len() / 2]).unwrap(),
            _ => {
                let _ = std::fs::remove_file(file);
            }
        }
        count += 1;
        next += BETWEEN_REPLACEMENTS;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    replace(&native);
    count
}

#[derive(Default)]
struct Seen {
    legacy: AtomicUsize,
    native: AtomicUsize,
}

/// One client on mixed routes, until told to stop. Any answer that no version allows ends the test.
async fn ask(client: Client, number: usize, stop: Arc<AtomicBool>, seen: Arc<Seen>) {
    let mut turn = number;
    while !stop.load(Ordering::Relaxed) {
        let path = ["/api/health", "/page", "/api/health", "/api/crm/tickets", "/api/pages"][turn % 5];
        turn += 1;
        let answer = client
            .try_send(http::Method::GET, path, "")
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let by_legacy = answer.text() == "legacy";
        assert!(
            by_legacy || path == "/api/health",
            "{path} was answered by native, which no flags name: {}",
            answer.text()
        );
        let side = if by_legacy { &seen.legacy } else { &seen.native };
        side.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_clients_and_two_hundred_replacements_a_second_fail_no_request() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let database = Cluster::shared().await.database().await;
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .flags(&flags("legacy"))
        .spawn()
        .await;
    let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Seen::default()));
    let (file, churn_stop) = (proxy.flag_file(), Arc::clone(&stop));
    let churning = std::thread::spawn(move || churn(&file, &churn_stop));
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(ask(proxy.client(), number, Arc::clone(&stop), Arc::clone(&seen)));
    }
    tokio::select! {
        () = tokio::time::sleep(CHURN) => {}
        ended = clients.join_next() => { ended.unwrap().unwrap(); }
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    let replacements = churning.join().unwrap();
    assert!(
        replacements >= 1_500,
        "only {replacements} replacements: the machine is too slow to show anything"
    );
    let (by_legacy, by_native) = (seen.legacy.load(Ordering::Relaxed), seen.native.load(Ordering::Relaxed));
    assert!(by_legacy > 1_000, "only {by_legacy} answers of legacy");
    assert!(
        by_native > 10,
        "native answered {by_native} times: the flags were hardly ever followed"
    );
    proxy
        .until("the last version is in force", "/api/health", |answer| {
            answer.text() != "legacy"
        })
        .await;
}

#[tokio::test]
async fn a_broken_file_changes_nothing_and_is_counted() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let database = Cluster::shared().await.database().await;
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .flags(&flags("native"))
        .spawn()
        .await;
    proxy
        .until("native answers", "/api/health", |answer| answer.text() != "legacy")
        .await;
    proxy.set_flags("version: 1\nroutes:\n  - route: GET /api/health\n    stage: nativ\n");
    let page = Client::of_origin(proxy.admin());
    eventually("the failure shows", || async {
        page.get("/").await.text().contains("nativ").then_some(())
    })
    .await;
    assert_ne!(proxy.client().get("/api/health").await.text(), "legacy");
    std::fs::remove_file(proxy.flag_file()).unwrap();
    proxy.set_flags(&flags("legacy"));
    proxy
        .until("the next good file is followed", "/api/health", |answer| {
            answer.text() == "legacy"
        })
        .await;
}
