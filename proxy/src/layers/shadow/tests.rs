//! The layer around a scripted legacy: what the client and legacy see.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use flags::{Inventory, Reason, RouteKey, Shadowing, Side, Stage};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::Layer as _;

use super::ShadowLayer;
use crate::body::Body;
use crate::error::{BoxError, ProxyError};
use crate::exchange::{Answered, Exchange, Notable, PathVerdict, RequestFacts, RequestId, Routed, Step};
use crate::shadow::{Candidate, DryRunResult, Limits, NativeAnswer, RunLimits, Shadow, now_ms};
use crate::store::{Recorder, RecorderTask, Store};

type Log = Arc<Mutex<Vec<String>>>;

/// Legacy: writes down what it was asked, and answers.
struct Legacy(Log, Rc<RefCell<Option<&'static str>>>);

impl Step for Legacy {
    async fn call(&self, exchange: &mut Exchange) -> Answered {
        let body = std::mem::take(&mut exchange.request)
            .into_body()
            .collect()
            .await
            .map_err(|error| ProxyError::legacy(crate::error::ErrorKind::BrokenAnswer, error))?;
        self.0
            .lock()
            .expect("log")
            .push(format!("legacy {}", String::from_utf8_lossy(&body.to_bytes())));
        let body = self.1.borrow_mut().take().unwrap_or(r#"{"ok":true}"#);
        Ok(Response::builder()
            .status(201)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::full(body))
            .expect("response"))
    }
}

struct Native(Log);

impl Candidate for Native {
    fn dry_run(&self, request: Request<Bytes>, _: RunLimits) -> BoxFuture<'static, DryRunResult> {
        let has_facts = request.extensions().get::<RequestFacts>().is_some();
        self.0.lock().expect("log").push(format!(
            "native {} {has_facts}",
            String::from_utf8_lossy(request.body())
        ));
        let response = Response::builder()
            .status(201)
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from_static(br#"{"ok":true}"#))
            .expect("response");
        async move {
            Ok(NativeAnswer {
                response,
                effects: Vec::new(),
                took: Duration::ZERO,
            })
        }
        .boxed()
    }
}

fn exchange(method: Method, body: &'static str, shadowing: Shadowing) -> Exchange {
    let key: RouteKey = format!("{method} /api/things").parse().expect("route");
    let text = format!("version: 1\nroutes:\n  - route: {key}\n    stage: shadow\n");
    let snapshot = flags::compile(&text, &Inventory::new([key])).expect("flags");
    let client = [127, 0, 0, 1].into();
    Exchange {
        request: Request::builder()
            .method(method)
            .uri("/api/things")
            .body(Body::full(body))
            .expect("request"),
        facts: RequestFacts {
            id: RequestId::none(),
            peer: client,
            peer_text: HeaderValue::from_static("127.0.0.1"),
            client,
            scheme: "http",
            started: Instant::now(),
            answered: None,
            path: PathVerdict::Canonical,
            notable: Notable::default(),
        },
        interim: None,
        routed: Some(Routed {
            plan: Some(Arc::clone(&snapshot.plans()[0])),
            serve: Side::Legacy,
            shadowing,
            reason: Reason::Stage(Stage::Shadow),
            version: HeaderValue::from_static("0123456789ab"),
            fallback: None,
        }),
        said: Vec::new(),
    }
}

async fn setup(limits: Limits) -> (Log, Store, RecorderTask, Shadow) {
    let store = Store::open("sqlite::memory:").await.expect("store");
    let (recorder, task) = Recorder::new(store.clone(), Duration::from_secs(60), now_ms);
    let log = Log::default();
    let shadow = Shadow::new(
        Some(Arc::new(Native(Arc::clone(&log)))),
        None,
        recorder,
        limits,
        Handle::current(),
    );
    (log, store, task, shadow)
}

async fn finish(shadow: Shadow, task: RecorderTask) {
    shadow.drain().await;
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    task.run(shutdown).await;
}

#[tokio::test]
async fn a_write_runs_dry_before_legacy_and_legacy_gets_the_same_body() {
    let (log, store, task, shadow) = setup(Limits::default()).await;
    let step = ShadowLayer::new(shadow.clone()).layer(Legacy(Arc::clone(&log), Rc::default()));
    let answer = step
        .call(&mut exchange(Method::POST, r#"{"title":"x"}"#, Shadowing::Native))
        .await
        .expect("answer");
    assert_eq!(answer.status(), 201);
    assert_eq!(
        answer.into_body().collect().await.expect("body").to_bytes(),
        r#"{"ok":true}"#
    );
    assert_eq!(
        *log.lock().expect("log"),
        [r#"native {"title":"x"} true"#, r#"legacy {"title":"x"}"#]
    );
    finish(shadow, task).await;
    let counts = store.counts(0).await.expect("counts");
    assert_eq!(
        (counts[0].outcome.as_str(), counts[0].status, counts[0].n),
        ("match", 201, 1)
    );
}

#[tokio::test]
async fn what_is_not_shadowed_passes_and_is_counted_only_where_the_route_is_shadowed() {
    let (log, store, task, shadow) = setup(Limits {
        request_bytes: 4,
        ..Limits::default()
    })
    .await;
    let step = ShadowLayer::new(shadow.clone()).layer(Legacy(Arc::clone(&log), Rc::default()));
    for (body, shadowing) in [
        ("12345", Shadowing::Native),
        ("1", Shadowing::SampledOut),
        ("2", Shadowing::Off),
    ] {
        step.call(&mut exchange(Method::POST, body, shadowing))
            .await
            .expect("answer");
    }
    assert_eq!(*log.lock().expect("log"), ["legacy 12345", "legacy 1", "legacy 2"]);
    finish(shadow, task).await;
    let reasons: Vec<_> = store
        .not_compared(0)
        .await
        .expect("reasons")
        .into_iter()
        .map(|row| (row.reason, row.n))
        .collect();
    assert_eq!(
        reasons,
        [("body too large".to_owned(), 1), ("sampled out".to_owned(), 1)]
    );
}

#[tokio::test]
async fn a_request_that_breaks_off_or_changes_its_protocol_is_counted() {
    let (log, store, task, shadow) = setup(Limits::default()).await;
    let step = ShadowLayer::new(shadow.clone()).layer(Legacy(Arc::clone(&log), Rc::default()));
    let mut upgrade = exchange(Method::GET, "", Shadowing::Native);
    let headers = upgrade.request.headers_mut();
    headers.insert("connection", "Upgrade".parse().expect("value"));
    headers.insert("upgrade", "websocket".parse().expect("value"));
    step.call(&mut upgrade).await.expect("answer");

    let broken = || {
        let mut request = exchange(Method::POST, "", Shadowing::Native);
        let parts = futures_util::stream::iter([Err::<http_body::Frame<Bytes>, BoxError>("gone".into())]);
        *request.request.body_mut() = Body::wrapped(http_body_util::StreamBody::new(parts));
        request
    };
    assert!(step.call(&mut broken()).await.is_err());

    let mut stalled = exchange(Method::POST, "", Shadowing::Native);
    let parts = futures_util::stream::pending::<Result<http_body::Frame<Bytes>, BoxError>>();
    *stalled.request.body_mut() = Body::wrapped(http_body_util::StreamBody::new(parts));
    {
        let mut call = Box::pin(step.call(&mut stalled));
        assert!(futures_util::poll!(call.as_mut()).is_pending());
    }
    finish(shadow, task).await;
    let mut reasons: Vec<_> = store
        .not_compared(0)
        .await
        .expect("reasons")
        .into_iter()
        .map(|row| (row.reason, row.n))
        .collect();
    reasons.sort_unstable();
    assert_eq!(reasons, [("client gone".to_owned(), 2), ("streamed".to_owned(), 1)]);
}

#[tokio::test]
async fn a_read_is_compared_after_the_client_has_its_answer() {
    let (log, store, task, shadow) = setup(Limits::default()).await;
    let step = ShadowLayer::new(shadow.clone())
        .layer(Legacy(Arc::clone(&log), Rc::new(RefCell::new(Some(r#"{"ok":false}"#)))));
    let answer = step
        .call(&mut exchange(Method::GET, "", Shadowing::Native))
        .await
        .expect("answer");
    assert_eq!(
        answer.into_body().collect().await.expect("body").to_bytes(),
        r#"{"ok":false}"#
    );
    finish(shadow, task).await;
    let groups = store.groups(0).await.expect("groups");
    assert_eq!(
        (
            groups[0].path_template.as_str(),
            groups[0].legacy_sample.as_deref(),
            groups[0].native_sample.as_deref()
        ),
        ("$.ok", Some("false"), Some("true"))
    );
}
