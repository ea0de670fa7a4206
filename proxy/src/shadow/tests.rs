//! The worker as the layer uses it: scripted sides, a real store in memory.

mod judging;
mod never_silent;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use flags::{Inventory, RouteKey};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Asked, Candidate, Control, DryRunFailure, DryRunResult, Exchange, Limits, NativeAnswer, NotCompared, Pending,
    RunLimits, Shadow, now_ms,
};
use crate::store::{Record, Recorder, RecorderTask, Store};

type Script = Box<dyn Fn(Request<Bytes>) -> BoxFuture<'static, DryRunResult> + Send + Sync>;

struct Scripted(Script);

impl Candidate for Scripted {
    fn dry_run(&self, request: Request<Bytes>, _: RunLimits) -> BoxFuture<'static, DryRunResult> {
        (self.0)(request)
    }
}

struct Again(Mutex<Vec<&'static str>>);

impl Control for Again {
    fn ask(&self, _: Request<Bytes>, _: Duration) -> BoxFuture<'static, Asked> {
        let next = self.0.lock().expect("lock").pop();
        async move { next.map(json_answer) }.boxed()
    }
}

fn json_answer(body: &'static str) -> Response<Bytes> {
    Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .body(Bytes::from_static(body.as_bytes()))
        .expect("response")
}

fn native(body: &'static str) -> Option<Arc<dyn Candidate>> {
    scripted(move |_| {
        let answer = NativeAnswer {
            response: json_answer(body),
            effects: vec![json!({"kind": "sms", "phone": "+51911111101"})],
            took: Duration::from_millis(1),
        };
        async move { Ok(answer) }.boxed()
    })
}

fn scripted(
    script: impl Fn(Request<Bytes>) -> BoxFuture<'static, DryRunResult> + Send + Sync + 'static,
) -> Option<Arc<dyn Candidate>> {
    Some(Arc::new(Scripted(Box::new(script))))
}

struct Bench {
    shadow: Shadow,
    task: RecorderTask,
    store: Store,
}

async fn bench(candidate: Option<Arc<dyn Candidate>>, control: Option<Arc<dyn Control>>, limits: Limits) -> Bench {
    let store = Store::open("sqlite::memory:").await.expect("store");
    let (recorder, task) = Recorder::new(store.clone(), Duration::from_secs(86_400), now_ms);
    Bench {
        shadow: Shadow::new(candidate, control, recorder, limits, Handle::current()),
        task,
        store,
    }
}

impl Bench {
    async fn write(&self, exchange: Exchange) -> Option<Pending> {
        let lane = self.shadow.enter(&exchange.request, Some(exchange.request.body()));
        self.shadow.run_write(exchange, lane).await
    }

    /// Lets everything finish and reads what was stored: `(outcome, n)` and `(reason, n)`.
    async fn results(self) -> (Vec<String>, Vec<String>, Store) {
        self.shadow.drain().await;
        assert_eq!(
            (self.shadow.in_hand(), self.shadow.held_bytes()),
            (0, 0),
            "everything is given back"
        );
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        self.task.run(shutdown).await;
        let outcomes = self
            .store
            .counts(0)
            .await
            .expect("counts")
            .into_iter()
            .map(|row| format!("{} {}", row.outcome, row.n))
            .collect();
        let reasons = self
            .store
            .not_compared(0)
            .await
            .expect("reasons")
            .into_iter()
            .map(|row| format!("{} {}", row.reason, row.n))
            .collect();
        (outcomes, reasons, self.store)
    }
}

fn exchange(route: &str, body: &'static str) -> Exchange {
    let key: RouteKey = route.parse().expect("route");
    let text = format!("version: 1\nroutes:\n  - route: {route}\n    stage: shadow\n    sample: 100%\n");
    let snapshot = flags::compile(&text, &Inventory::new([key.clone()])).expect("flags");
    let path = format!("{}?page=1", key.pattern);
    let request = Request::builder()
        .method(key.method)
        .uri(path)
        .header("authorization", "Bearer s3cr3t-s3cr3t")
        .body(Bytes::from_static(body.as_bytes()))
        .expect("request");
    Exchange {
        plan: Arc::clone(&snapshot.plans()[0]),
        flag_version: Arc::from("0000000000ff"),
        client: None,
        request,
    }
}

fn legacy(status: u16, body: &'static str) -> Response<Full<Bytes>> {
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .expect("response")
}

async fn read_once(bench: &Bench, status: u16, body: &'static str) {
    let pending = bench
        .shadow
        .begin_read(exchange("GET /api/things", ""))
        .expect("shadowed");
    let sent = pending
        .copy(legacy(status, body))
        .into_body()
        .collect()
        .await
        .expect("body")
        .to_bytes();
    assert_eq!(sent, body, "the client gets legacy's bytes");
    while bench.shadow.in_hand() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn equal_reads_match_and_different_ones_leave_a_redacted_sample() {
    let bench = bench(native(r#"{"a":1,"email":"ana@example.com"}"#), None, Limits::default()).await;
    read_once(&bench, 200, r#"{"email":"ana@example.com","a":1.0}"#).await;
    read_once(&bench, 200, r#"{"a":2,"email":"luis@example.com"}"#).await;
    read_once(&bench, 503, "{}").await;
    let (outcomes, reasons, store) = bench.results().await;
    assert_eq!(outcomes, ["legacy failed 1", "match 1", "mismatch 1"]);
    assert_eq!(reasons, Vec::<String>::new());
    let groups = store.groups(0).await.expect("groups");
    assert_eq!(
        groups
            .iter()
            .map(|group| group.path_template.as_str())
            .collect::<std::collections::BTreeSet<_>>(),
        ["$.a", "$.email"].into()
    );
    let mut samples = Vec::new();
    for group in &groups {
        samples.extend(store.samples(&group.group_key).await.expect("samples"));
    }
    assert_eq!(samples.len(), 2);
    assert_eq!(
        samples[0].id, samples[1].id,
        "one exchange, shown for both of its causes"
    );
    let everything = format!("{groups:?}{samples:?}");
    for secret in ["ana@example.com", "luis@example.com", "s3cr3t", "911111101"] {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
    assert!(samples[0].reproducer.contains("/api/things?page=1"));
}

#[tokio::test]
async fn a_mismatch_that_goes_away_is_transient_and_one_that_stays_is_not() {
    let control = |bodies: &[&'static str]| Some(Arc::new(Again(Mutex::new(bodies.to_vec()))) as Arc<dyn Control>);
    // Answered from the last to the first.
    for (why, again, expected) in [
        ("equal now", &[r#"{"a":1}"#][..], "transient 1"),
        ("still different", &[r#"{"a":2}"#, r#"{"a":2}"#], "mismatch 1"),
        ("equal at last", &[r#"{"a":1}"#, r#"{"a":3}"#], "transient 1"),
        (
            "legacy differs from itself",
            &[r#"{"a":3}"#, r#"{"a":4}"#],
            "transient 1",
        ),
        ("legacy cannot be asked", &[], "mismatch 1"),
    ] {
        let bench = bench(native(r#"{"a":1}"#), control(again), Limits::default()).await;
        read_once(&bench, 200, r#"{"a":2}"#).await;
        let (outcomes, _, _) = bench.results().await;
        assert_eq!(outcomes, [expected], "{why}");
    }
}

#[tokio::test]
async fn what_moves_beside_a_real_difference_does_not_hide_it() {
    let control = Again(Mutex::new(vec![r#"{"a":2,"n":9}"#, r#"{"a":2,"n":8}"#]));
    let bench = bench(native(r#"{"a":1,"n":1}"#), Some(Arc::new(control)), Limits::default()).await;
    read_once(&bench, 200, r#"{"a":2,"n":7}"#).await;
    let (outcomes, _, store) = bench.results().await;
    assert_eq!(outcomes, ["mismatch 1"]);
    let groups = store.groups(0).await.expect("groups");
    let paths: Vec<_> = groups.iter().map(|group| group.path_template.as_str()).collect();
    assert_eq!(paths, ["$.a"]);
}

#[tokio::test]
async fn writes_of_the_same_thing_at_the_same_time_prove_nothing_by_differing() {
    let bench = bench(native(r#"{"count":1}"#), None, Limits::default()).await;
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let pending = bench.write(exchange("POST /api/things", "{}")).await;
        waiting.push(pending.expect("a dry run"));
    }
    for (pending, body) in waiting.into_iter().zip([r#"{"count":1}"#, r#"{"count":2}"#]) {
        pending
            .copy(legacy(200, body))
            .into_body()
            .collect()
            .await
            .expect("body");
    }
    let (outcomes, reasons, _) = bench.results().await;
    assert_eq!(
        (outcomes, reasons),
        (vec!["match 1".to_owned()], vec!["raced 1".to_owned()])
    );
}

#[tokio::test]
async fn an_id_that_legacy_itself_changes_each_time_is_no_mismatch() {
    let counter = AtomicUsize::new(0);
    let candidate = scripted(move |_| {
        let body = if counter.fetch_add(1, Ordering::Relaxed) == 0 {
            r#"{"guest":"a1a1a1a1a1a1a1a1a1a1"}"#
        } else {
            r#"{"guest":"b2b2b2b2b2b2b2b2b2b2"}"#
        };
        async move {
            Ok(NativeAnswer {
                response: json_answer(body),
                effects: Vec::new(),
                took: Duration::ZERO,
            })
        }
        .boxed()
    });
    let control = Arc::new(Again(Mutex::new(vec![r#"{"guest":"d4d4d4d4d4d4d4d4d4d4"}"#])));
    let bench = bench(candidate, Some(control), Limits::default()).await;
    read_once(&bench, 200, r#"{"guest":"c3c3c3c3c3c3c3c3c3c3"}"#).await;
    let (outcomes, _, _) = bench.results().await;
    assert_eq!(outcomes, ["match 1"]);
}

#[tokio::test]
async fn a_write_runs_dry_before_legacy_and_its_breakdown_counts() {
    for (why, candidate, expected) in [
        ("equal", native(r#"{"id":"aaaa1111bbbb2222cccc"}"#), ["match 1"]),
        (
            "panic",
            scripted(|_| async { panic!("the handler broke") }.boxed()),
            ["mismatch 1"],
        ),
        (
            "fault",
            scripted(|_| async { Err(DryRunFailure::Broken("fault".to_owned())) }.boxed()),
            ["mismatch 1"],
        ),
    ] {
        let bench = bench(candidate, None, Limits::default()).await;
        let pending = bench.write(exchange("POST /api/things", "{}")).await.expect("shadowed");
        pending
            .copy(legacy(200, r#"{"id":"dddd3333eeee4444ffff"}"#))
            .into_body()
            .collect()
            .await
            .expect("body");
        let (outcomes, reasons, _) = bench.results().await;
        assert_eq!(
            (outcomes.as_slice(), reasons.len()),
            (expected.map(str::to_owned).as_slice(), 0),
            "{why}"
        );
    }
}

/// Tells when the future of a dry run is gone, which is when its transaction rolls back.
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn hanging(gone: &Arc<AtomicBool>) -> Option<Arc<dyn Candidate>> {
    let gone = Arc::clone(gone);
    scripted(move |_| {
        let guard = Gone(Arc::clone(&gone));
        async move {
            let _guard = guard;
            futures_util::future::pending::<DryRunResult>().await
        }
        .boxed()
    })
}

#[tokio::test]
async fn a_hanging_write_costs_its_budget_and_no_more() {
    let gone = Arc::new(AtomicBool::new(false));
    let bench = bench(hanging(&gone), None, Limits::default()).await;
    let started = Instant::now();
    let pending = bench.write(exchange("POST /api/things", "{}")).await.expect("shadowed");
    // The budget is 50 ms; the rest is room for a busy machine.
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    pending
        .copy(legacy(200, "{}"))
        .into_body()
        .collect()
        .await
        .expect("body");
    let (_, reasons, _) = bench.results().await;
    assert!(gone.load(Ordering::SeqCst), "the dry run was aborted");
    assert_eq!(reasons, ["budget spent 1"]);
}

#[tokio::test]
async fn a_client_that_goes_away_aborts_the_dry_run_and_is_counted() {
    let gone = Arc::new(AtomicBool::new(false));
    let bench = bench(hanging(&gone), None, Limits::default()).await;
    let mut write = Box::pin(bench.write(exchange("POST /api/things", "{}")));
    assert!(futures_util::poll!(write.as_mut()).is_pending());
    drop(write);
    let read = bench
        .shadow
        .begin_read(exchange("GET /api/things", ""))
        .expect("shadowed");
    drop(read.copy(legacy(200, "{}")));
    drop(
        bench
            .shadow
            .begin_read(exchange("GET /api/things", ""))
            .expect("shadowed"),
    );
    let (outcomes, reasons, _) = bench.results().await;
    assert!(gone.load(Ordering::SeqCst), "the dry run was aborted");
    assert_eq!(outcomes, Vec::<String>::new());
    assert_eq!(reasons, ["client gone 2", "client gone 1"]);
}

#[tokio::test]
async fn every_bound_drops_with_its_reason_and_never_harms_the_answer() {
    let limits = Limits {
        answer_bytes: 10,
        memory_bytes: 1_000,
        ..Limits::default()
    };
    let bench = bench(native("{}"), None, limits).await;
    read_once(&bench, 200, r#"{"long":"longer than ten bytes"}"#).await;
    let pending = bench
        .shadow
        .begin_read(exchange("GET /api/things", ""))
        .expect("shadowed");
    let stream = Response::builder()
        .header(CONTENT_TYPE, "text/event-stream")
        .body(Full::new(Bytes::from_static(b"data: 1\n\n")))
        .expect("response");
    assert_eq!(
        pending
            .copy(stream)
            .into_body()
            .collect()
            .await
            .expect("body")
            .to_bytes(),
        "data: 1\n\n"
    );
    bench
        .shadow
        .begin_read(exchange("GET /api/things", ""))
        .expect("shadowed")
        .give_up(NotCompared::LegacyUnreachable);
    let (_, reasons, _) = bench.results().await;
    assert_eq!(reasons, ["body too large 1", "legacy unreachable 1", "streamed 1"]);

    let full = self::bench(
        native("{}"),
        None,
        Limits {
            queue: 0,
            ..Limits::default()
        },
    )
    .await;
    assert!(full.shadow.begin_read(exchange("GET /api/things", "")).is_none());
    assert_eq!(full.results().await.1, ["queue full 1"]);
    let none = self::bench(None, None, Limits::default()).await;
    assert!(none.write(exchange("POST /api/things", "")).await.is_none());
    assert_eq!(none.results().await.1, ["no handler 1"]);
}

#[tokio::test]
async fn a_request_body_is_held_up_to_the_cap_and_replayed_as_it_came() {
    let bench = bench(
        None,
        None,
        Limits {
            request_bytes: 8,
            ..Limits::default()
        },
    )
    .await;
    for (text, whole) in [("", true), ("12345678", true), ("123456789", false)] {
        let body = Full::new(Bytes::from_static(text.as_bytes()));
        let held = bench.shadow.hold(body).await.expect("body");
        assert_eq!(held.whole.is_ok(), whole, "{text}");
        assert_eq!(
            http_body::Body::size_hint(&held.body).exact(),
            Some(u64::try_from(text.len()).expect("length"))
        );
        assert_eq!(held.body.collect().await.expect("body").to_bytes(), text);
    }
    let unsized_body = http_body_util::StreamBody::new(futures_util::stream::iter(
        ["1234", "5678", "9abc"]
            .map(|part| Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::from_static(part.as_bytes())))),
    ));
    let held = bench.shadow.hold(unsized_body).await.expect("body");
    assert_eq!(held.whole, Err(NotCompared::BodyTooLarge));
    assert_eq!(held.body.collect().await.expect("body").to_bytes(), "123456789abc");
    bench.shadow.shared.recorder.record(Record::NotCompared {
        route: Arc::from("x"),
        reason: "y".into(),
        at_ms: 0,
    });
    bench.results().await;
}
