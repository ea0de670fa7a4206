//! The native side with the probe endpoint, and a look at everything that a run could leave behind.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use handlers::kit::{Clock, Ids, Ports, Timeout};
use handlers::{DryRun, DryRunLimits, Failure, Native, NotComparable, Seams, Settings};
use http::{Method, Request, Response};
use test_support::database::{Cluster, Database};
use test_support::eventually::eventually;
use time::macros::datetime;

use super::probe;

pub(super) struct Bench {
    pub(super) native: Native,
    pub(super) clock: Clock,
    pub(super) database: Database,
}

/// What a run left behind.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Traces {
    pub(super) rows: i64,
    pub(super) effects: i64,
}

pub(super) const LIMITS: DryRunLimits = DryRunLimits {
    budget: Duration::from_millis(400),
    lock_timeout: Duration::from_millis(60),
    max_answer_bytes: 1_000,
};

impl Bench {
    pub(super) async fn new() -> Self {
        Self::with(&[], Ports::none()).await
    }

    pub(super) async fn with(more: &[(&str, &str)], ports: Ports) -> Self {
        let database = Cluster::shared().await.database().await;
        sqlx::raw_sql(
            "create table probe (id text primary key, parent text references probe deferrable initially deferred)",
        )
        .execute(&database.pool)
        .await
        .unwrap();
        let url = database.url.clone();
        Self::on(database, &url, more, ports).await
    }

    /// On a database that is reached by another URL.
    pub(super) async fn on(database: Database, url: &str, more: &[(&str, &str)], ports: Ports) -> Self {
        let settings = Settings::from_lookup(|name| match name {
            "DATABASE_URL" => Some(url.to_owned()),
            "NEST_AUTH_SECRET" => Some("only-for-tests".to_owned()),
            _ => more
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned()),
        });
        let clock = Clock::fixed(datetime!(2026-11-22 10:00:00 UTC));
        let seams = Seams {
            clock: clock.clone(),
            ids: Ids::seeded(1),
            ports: Some(ports),
        };
        let native = Native::start_with(settings.unwrap(), seams, vec![probe::routes()])
            .await
            .unwrap();
        Self {
            native,
            clock,
            database,
        }
    }

    pub(super) async fn serve(&self, method: Method, target: &str) -> Result<Response<Body>, Failure> {
        self.native.serve(request(method, target)).await
    }

    /// The live run of the probe, with a short deadline.
    pub(super) async fn probe(&self, then: &str) -> Result<Response<Body>, Failure> {
        let mut request = request(Method::POST, &format!("/probe?then={then}"));
        request.extensions_mut().insert(Timeout(Duration::from_millis(400)));
        self.native.serve(request).await
    }

    pub(super) async fn dry(&self, then: &str) -> Result<DryRun, NotComparable> {
        self.dry_run(Method::POST, &format!("/probe?then={then}")).await
    }

    pub(super) async fn dry_run(&self, method: Method, target: &str) -> Result<DryRun, NotComparable> {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .body(Bytes::new())
            .unwrap();
        self.native.dry_run(request, LIMITS).await
    }

    pub(super) async fn traces(&self) -> Traces {
        let count = |statement: &'static str| async move {
            sqlx::query_scalar::<_, i64>(statement)
                .fetch_one(&self.database.pool)
                .await
                .unwrap()
        };
        Traces {
            rows: count("select count(*) from probe").await,
            effects: count("select count(*) from ficus.outbox").await,
        }
    }

    /// Waits until no session of Ficus runs a statement, sits in a transaction or holds a lock on the probe's table.
    pub(super) async fn quiet(&self) {
        let busy = "select (select count(*) from pg_stat_activity
                            where datname = current_database() and application_name in ('ficus', 'ficus-dry') and state <> 'idle')
                         + (select count(*) from pg_locks l join pg_stat_activity a using (pid)
                            where a.datname = current_database() and a.application_name in ('ficus', 'ficus-dry')
                              and l.relation = 'probe'::regclass)";
        eventually("no session of Ficus is busy", || async move {
            let busy: i64 = sqlx::query_scalar(busy).fetch_one(&self.database.pool).await.unwrap();
            (busy == 0).then_some(())
        })
        .await;
    }

    /// Waits until the probe sleeps in a statement.
    pub(super) async fn asleep(&self) {
        let sleeping = "select count(*) from pg_stat_activity
                        where datname = current_database() and query like 'select pg_sleep%' and state = 'active'
                          and application_name in ('ficus', 'ficus-dry')";
        eventually("the probe sleeps in a statement", || async move {
            let sleeping: i64 = sqlx::query_scalar(sleeping)
                .fetch_one(&self.database.pool)
                .await
                .unwrap();
            (sleeping > 0).then_some(())
        })
        .await;
    }
}

pub(super) fn request(method: Method, target: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(target)
        .body(Body::empty())
        .unwrap()
}

/// Ports of which one is given.
pub(super) fn ports(change: impl FnOnce(&mut Ports)) -> Ports {
    let mut ports = Ports::none();
    change(&mut ports);
    ports
}

pub(super) fn shared<T>(value: T) -> Arc<T> {
    Arc::new(value)
}
