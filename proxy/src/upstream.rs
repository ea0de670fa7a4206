//! The legacy app as an upstream: its addresses, their connections and health, one set per core and no locks.
//!
//! An HTTP/1.1 connection is handed back by the body of the answer when its last byte has been read, so no task runs per
//! request. A connection that is closed, busy or older than its idle limit is never used again.

mod addresses;
mod body;
mod budget;
mod connect;
mod endpoint;
mod headers;
mod health;
mod http1;
mod lease;
mod origin;
mod retry;
mod send;
mod side_client;
mod slots;
mod stream;
mod tls;

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use addresses::{Addresses, Finding, Member};
use budget::RetryBudget;
use connect::Connector;
use tls::TlsSettings;

use crate::config::{Config, Protocol};
use crate::metrics::CoreMetrics;
use crate::tasks::LocalTasks;

pub use body::{AnswerBody, Patience};
pub use endpoint::EndpointLimits;
pub(crate) use headers::is_kept_from_upstream;
pub use headers::{Forwarded, Passing, forwardable_request, forwardable_response};
pub use health::HealthRules;
pub use lease::{Lease, Source};
pub use origin::{Origin, OriginError, Place};
pub use retry::{Failed, may_retry};
pub use send::{Call, Head};
pub use side_client::SideClient;
pub use tls::{TlsError, TlsRules};

/// Retries that each process may make in a second however quiet it is.
const RETRIES_PER_SECOND: u32 = 10;

/// What all cores need to reach the upstream, read and checked once at the start.
#[derive(Debug, Clone)]
pub struct UpstreamPlan {
    origins: Vec<Origin>,
    tls: Option<TlsSettings>,
    http2: bool,
    limits: EndpointLimits,
    health: HealthRules,
    connect: Duration,
    resolve_every: Duration,
    retry_percent: u8,
    retries_per_second: u32,
}

/// The upstream on one core.
pub struct Upstream {
    addresses: Addresses,
    health: HealthRules,
    budget: RetryBudget,
}

impl UpstreamPlan {
    /// What a configuration says about the upstream. Limits are for the process and divided among its cores.
    ///
    /// # Errors
    /// When a file for TLS cannot be used.
    pub fn of(config: &Config) -> Result<Self, TlsError> {
        let legacy = &config.legacy;
        let http2 = legacy.protocol == Protocol::Http2;
        let origins: Vec<_> = std::iter::once(&legacy.url).chain(&legacy.replicas).cloned().collect();
        let secure = origins.iter().any(|origin| origin.secure);
        let share = |all: usize| all.div_ceil(config.cores.max(1));
        Ok(Self {
            tls: secure.then(|| tls::settings(&legacy.tls.rules(), http2)).transpose()?,
            origins,
            http2,
            limits: EndpointLimits {
                idle_timeout: config.timeouts.legacy_idle,
                max_idle: config.limits.idle_connections,
                max_in_flight: share(legacy.max_connections),
                max_pending: share(legacy.max_pending),
                pending_timeout: legacy.pending_timeout.0,
            },
            health: legacy.health.rules(),
            connect: config.timeouts.connect,
            resolve_every: legacy.resolve_every.0,
            retry_percent: legacy.retry_percent,
            retries_per_second: RETRIES_PER_SECOND.div_ceil(u32::try_from(config.cores.max(1)).unwrap_or(1)),
        })
    }
}

impl Upstream {
    /// The upstream of one core; `tasks` drive its connections and end with the core.
    #[must_use]
    pub fn new(plan: &UpstreamPlan, tasks: LocalTasks) -> Rc<Self> {
        let members = plan.origins.iter().map(|origin| Member {
            origin: origin.clone(),
            connector: Rc::new(Connector {
                host: match &origin.place {
                    Place::Host { host, .. } => host.clone(),
                    Place::Unix(_) => String::new(),
                },
                tls: plan.tls.clone().filter(|_| origin.secure),
                limit: plan.connect,
            }),
        });
        let finding = Finding {
            every: plan.resolve_every,
            limit: plan.connect,
        };
        Rc::new(Self {
            addresses: Addresses::new(members.collect(), plan.http2, plan.limits, finding, tasks),
            health: plan.health,
            budget: RetryBudget::new(plan.retry_percent, plan.retries_per_second),
        })
    }

    /// What is to be done every second: closes idle connections, fills the retry budget and, when it is time, looks host names
    /// up again.
    pub async fn tick(&self, metrics: &CoreMetrics) {
        self.addresses.sweep();
        self.budget.tick();
        if self.addresses.outdated()
            && let Err(error) = self.addresses.find().await
        {
            tracing::warn!(%error, "the addresses of legacy cannot be looked up; those known stay in use");
            metrics.upstream("resolve_failed");
        }
        let (known, out) = self.addresses.count();
        metrics.upstream_addresses(known, out);
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Upstream")
            .field("addresses", &self.addresses.count())
            .finish_non_exhaustive()
    }
}
