//! The running native side: takes requests, finds their endpoint, runs it live or dry.

mod answer;
mod dry;
mod guarded;
mod live;
mod start;

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::FutureExt as _;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Limited};
use sqlx::PgPool;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use start::StartError;

use crate::auth::identity::{self, Identity};
use crate::config::Settings;
use crate::kit::outbox::Deliverer;
use crate::kit::table::{Found, Table};
use crate::kit::{
    CommitState, Context, DryRun, DryRunLimits, Failure, FailureKind, Fault, FaultKind, Inbound, NotComparable,
    OutboxCounts, RequestId, Routes, Seams, Task, Timeout,
};

/// The native side. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Native(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    table: Table,
    context: Context,
    deliverer: Deliverer,
    /// Owns every run, so that a caller who goes away leaves nothing half done.
    runs: TaskTracker,
    dry_permits: Arc<Semaphore>,
}

impl Native {
    /// Starts with the routes of [`crate::routes`]. Connects lazily: it starts while the database is down.
    ///
    /// # Errors
    /// When the settings cannot work or two routes contradict each other.
    #[expect(
        clippy::unused_async,
        reason = "starting may come to wait for something; callers should not have to change"
    )]
    pub async fn start(settings: Settings, seams: Seams) -> Result<Self, StartError> {
        start::start(settings, seams, Vec::new())
    }

    /// Starts with more routes, for tests of the kit.
    ///
    /// # Errors
    /// As [`Native::start`].
    #[expect(clippy::unused_async, reason = "as `start`")]
    pub async fn start_with(settings: Settings, seams: Seams, extra: Vec<Routes>) -> Result<Self, StartError> {
        start::start(settings, seams, extra)
    }

    /// Answers a request for real.
    ///
    /// A run that writes goes on when the caller goes away, up to its deadline: legacy does the same, and a write torn by
    /// a closed browser tab helps nobody. A run that reads ends with its caller.
    ///
    /// # Errors
    /// When there is no answer; [`Failure::may_fall_back`] says whether another side may give one.
    pub async fn serve(&self, request: Request<Body>) -> Result<Response<Body>, Failure> {
        let head_only = request.method() == Method::HEAD;
        let (parts, body) = request.into_parts();
        let (route, path) = match self.0.table.find(&parts.method, parts.uri.path()) {
            Found::Route(route, path) => (route.clone(), path),
            Found::OtherMethods(methods) => {
                return Ok(self.0.dress(
                    answer::unknown_method(&parts.method, &parts.uri, &methods),
                    parts.uri.path(),
                    head_only,
                ));
            }
            Found::Nothing => {
                let reply = answer::nothing(&parts.method, &parts.uri);
                return Ok(self.0.dress(reply, parts.uri.path(), head_only));
            }
        };
        let timeout = parts
            .extensions
            .get::<Timeout>()
            .map_or(self.0.context.settings.request_timeout, |timeout| timeout.0);
        let whole = tokio::time::timeout(
            timeout,
            Limited::new(body, self.0.context.settings.max_body_bytes).collect(),
        )
        .await;
        let body = match whole {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                return Ok(self.0.dress(answer::too_large(), parts.uri.path(), head_only));
            }
            Ok(Err(_)) => return Err(not_begun(FailureKind::Fault, "the request body broke off")),
            Err(_) => {
                return Err(not_begun(FailureKind::Timeout, "the request body was too slow"));
            }
        };
        let target = parts.uri.path().to_owned();
        let context = self.0.context_for(&parts.extensions);
        let inbound = Inbound::new(parts, body, path);
        let reply = live::run(&self.0, route, context, inbound, timeout).await?;
        Ok(self.0.dress(reply, &target, head_only))
    }

    /// Runs a request without consequences: its transaction is always rolled back, its effects are returned.
    ///
    /// Dropping the future gives the run up: its statement is cancelled and its transaction rolled back.
    ///
    /// # Errors
    /// When there is nothing to compare with, and why.
    pub async fn dry_run(&self, request: Request<Bytes>, limits: DryRunLimits) -> Result<DryRun, NotComparable> {
        dry::run(&self.0, request, limits).await
    }

    /// Who a request comes from, as far as a signature alone proves it. Touches no database; see [`Identity`].
    #[must_use]
    pub fn identify(&self, headers: &http::HeaderMap) -> Option<Identity> {
        let context = &self.0.context;
        identity::identify(headers, &context.settings, context.clock.now())
    }

    /// How long a run may last at most that was given this much time: a commit that has begun is waited for.
    #[must_use]
    pub fn longest_run(&self, timeout: Option<std::time::Duration>) -> std::time::Duration {
        let settings = &self.0.context.settings;
        let allowed = timeout.unwrap_or(settings.request_timeout);
        // Once for the body, once for the handler, and then the commit.
        allowed.saturating_mul(2).saturating_add(settings.commit_timeout)
    }

    /// The work that goes on beside the requests. The application spawns and owns it.
    #[must_use]
    pub fn tasks(&self, shutdown: CancellationToken) -> Vec<Task> {
        let runs = self.0.runs.clone();
        let ended = shutdown.clone();
        vec![
            Task {
                name: "outbox-deliverer",
                future: self.0.deliverer.clone().run(shutdown).boxed(),
            },
            Task {
                name: "native-runs",
                future: async move {
                    ended.cancelled().await;
                    runs.wait().await;
                }
                .boxed(),
            },
        ]
    }

    /// Whether the database answers and has Ficus's own tables.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub async fn ready(&self) -> Result<(), String> {
        let outbox = sqlx::query_scalar::<_, bool>("select to_regclass('ficus.outbox') is not null");
        let waited = tokio::time::timeout(start::READY_WAIT, outbox.fetch_one(&self.0.context.database.spare)).await;
        match waited {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("the database lacks the table ficus.outbox: run the migrations".to_owned()),
            Ok(Err(error)) => Err(Fault::from(error).to_string()),
            Err(_) => Err("the database does not answer".to_owned()),
        }
    }

    /// What the outbox has done so far.
    #[must_use]
    pub fn outbox_counts(&self) -> OutboxCounts {
        self.0.deliverer.counts()
    }

    /// Waits until no run and no touch is going on. For tests and for a drain.
    pub async fn idle(&self) {
        self.0.runs.wait().await;
    }

    /// The pool of live runs, for migrations and tests.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.0.context.database.live
    }
}

impl Inner {
    fn context_for(&self, extensions: &http::Extensions) -> Context {
        let mut context = self.context.clone();
        context.request_id = extensions.get::<RequestId>().map(|id| id.0.clone());
        context
    }
}

fn not_begun(kind: FailureKind, message: &str) -> Failure {
    let fault = Fault::new(FaultKind::State, message);
    Failure {
        kind,
        commit: CommitState::NotBegun,
        called: None,
        source: Some(fault),
    }
}
