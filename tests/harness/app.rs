//! The native handlers in process: fixed clock, seeded ids, a database of their own, and effects that are kept, not sent.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use bytes::Bytes;
use handlers::kit::{ClientAddress, Clock, Compat, Ids, Ports, RequestId};
use handlers::{Native, Seams, Settings};
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt as _;
use serde_json::Value;
use sqlx::PgPool;
use test_support::database::{Cluster, Database};
use time::macros::datetime;

use crate::builders::{Agent, Tenant};
use crate::client::{Answer, Client};

/// The secret that tokens in tests are signed with.
pub(crate) const TOKEN_SECRET: &str = "only-for-tests";
/// When every test begins.
const BEGINNING: time::OffsetDateTime = datetime!(2025-06-15 10:00 UTC);
/// The seed of every test's ids.
const SEED: u64 = 1;

/// The handlers on a database of their own. Clones are the same one.
#[derive(Clone, Debug)]
pub struct TestApp(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    native: Native,
    clock: Clock,
    database: Arc<Database>,
    settings: Vec<(String, String)>,
    switches: Mutex<BTreeSet<String>>,
}

/// An effect that a handler announced and that waits in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// `sms`, `mail`, …
    pub kind: String,
    /// What would be sent.
    pub payload: Value,
}

/// A busy machine is no failure of what is tested.
const PATIENT: &[(&str, &str)] = &[
    ("FICUS_DATABASE_WAIT_MS", "10000"),
    ("FICUS_REQUEST_TIMEOUT_MS", "60000"),
];

impl TestApp {
    /// A new application on a new database.
    ///
    /// # Panics
    /// When there is no PostgreSQL, or the handlers do not start.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// The same with more settings, by the names of their environment variables.
    ///
    /// # Panics
    /// As [`TestApp::new`].
    pub async fn with(more: &[(&str, &str)]) -> Self {
        let database = Arc::new(Cluster::shared().await.database().await);
        Self::on(
            database,
            owned(more),
            Clock::fixed(BEGINNING),
            SEED,
            Some(Ports::none()),
        )
        .await
    }

    /// The same with the real ways out: messages and mail go over HTTP to where the settings say.
    ///
    /// # Panics
    /// As [`TestApp::new`].
    pub async fn with_services(more: &[(&str, &str)]) -> Self {
        let database = Arc::new(Cluster::shared().await.database().await);
        Self::on(database, owned(more), Clock::fixed(BEGINNING), SEED, None).await
    }

    /// Another process, as it were, on the same database, with the same clock and services and ids of its own.
    ///
    /// # Panics
    /// As [`TestApp::new`].
    pub async fn replica(&self) -> Self {
        let (database, settings) = (Arc::clone(&self.0.database), self.0.settings.clone());
        Self::on(database, settings, self.0.clock.clone(), SEED + 1, None).await
    }

    async fn on(
        database: Arc<Database>,
        more: Vec<(String, String)>,
        clock: Clock,
        seed: u64,
        ports: Option<Ports>,
    ) -> Self {
        let lookup = |name: &str| match name {
            "DATABASE_URL" => Some(database.url.clone()),
            "NEST_AUTH_SECRET" => Some(TOKEN_SECRET.to_owned()),
            _ => {
                let patient = PATIENT.iter().map(|(key, value)| (*key, *value));
                let more = more.iter().map(|(key, value)| (key.as_str(), value.as_str()));
                more.chain(patient)
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| value.to_owned())
            }
        };
        let settings = Settings::from_lookup(lookup).expect("the settings of the tests are right");
        let seams = Seams {
            clock: clock.clone(),
            ids: Ids::seeded(seed),
            ports,
        };
        let native = Native::start(settings, seams).await.expect("the handlers start");
        Self(Arc::new(Inner {
            native,
            clock,
            database,
            settings: more,
            switches: Mutex::default(),
        }))
    }

    /// From now on every request has this compatibility switch on.
    pub fn switch_on(&self, switch: &str) {
        lock(&self.0.switches).insert(switch.to_owned());
    }

    /// The clock of the handlers; only the test moves it.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The database, to arrange rows and to look at them.
    pub fn pool(&self) -> &PgPool {
        &self.0.database.pool
    }

    /// Where the database is, with the password: for a proxy on the same one.
    pub fn database_url(&self) -> String {
        self.0.database.url.clone()
    }

    /// The handlers themselves.
    pub fn native(&self) -> &Native {
        &self.0.native
    }

    /// A caller without any credentials.
    pub fn client(&self) -> Client {
        Client::in_process(self)
    }

    /// Begins a tenant.
    pub fn tenant(&self, name: &str) -> Tenant<'_> {
        Tenant::new(self, name)
    }

    /// Begins a user of a tenant.
    pub fn agent(&self, tenant: &str) -> Agent<'_> {
        Agent::new(self, tenant)
    }

    /// The effects that were announced so far, in order.
    ///
    /// # Panics
    /// When the outbox cannot be read.
    pub async fn effects(&self) -> Vec<Effect> {
        let rows: Vec<(String, Value)> = sqlx::query_as("select kind, payload from ficus.outbox order by id")
            .fetch_all(self.pool())
            .await
            .expect("the outbox can be read");
        rows.into_iter()
            .map(|(kind, payload)| Effect { kind, payload })
            .collect()
    }

    pub(crate) async fn serve(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, String> {
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().map_err(|error| format!("{path} is no path: {error}"))?;
        *request.headers_mut() = headers;
        let extensions = request.extensions_mut();
        extensions.insert(RequestId("test-request".to_owned()));
        extensions.insert(ClientAddress(IpAddr::from([192, 0, 2, 1])));
        extensions.insert(Compat(Arc::new(lock(&self.0.switches).clone())));
        let response = self
            .0
            .native
            .serve(request)
            .await
            .map_err(|failure| format!("{failure:?}"))?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }
}

fn owned(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    settings.iter().map(own).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
