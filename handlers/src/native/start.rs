//! Putting the native side together.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::{Inner, Native};
use crate::config::Settings;
use crate::kit::calls::CallPolicy;
use crate::kit::database::{Database, PoolLimits};
use crate::kit::outbox::Deliverer;
use crate::kit::ports::NotConfigured;
use crate::kit::ports::brevo::Brevo;
use crate::kit::ports::labsmobile::LabsMobile;
use crate::kit::ports::outside::Outside;
use crate::kit::ports::soketi::Soketi;
use crate::kit::rate_limit::RateLimit;
use crate::kit::touch::later::Later;
use crate::kit::{Context, Ports, Routes, RoutesError, Seams};

/// How long a readiness check waits for the database.
pub(super) const READY_WAIT: Duration = Duration::from_secs(2);
/// How long a dry run may wait for a connection to be opened; its budget is usually shorter.
const DRY_CONNECT_WAIT: Duration = Duration::from_secs(2);
/// Calls without a token that a compatibility switch admits, per client address and minute.
const COMPAT_CALLS: u32 = 120;

/// Why the native side cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database URL is none.
    #[error("DATABASE_URL is not a PostgreSQL URL")]
    DatabaseUrl(#[source] sqlx::Error),
    /// Two routes contradict each other.
    #[error(transparent)]
    Routes(#[from] RoutesError),
    /// No client for outside services can be made.
    #[error("the client for outside services could not be made")]
    Client(#[source] reqwest::Error),
}

pub(super) fn start(settings: Settings, seams: Seams, extra: Vec<Routes>) -> Result<Native, StartError> {
    let table = crate::table(extra)?;
    let database =
        Database::connect(settings.database_url.expose(), pool_limits(&settings)).map_err(StartError::DatabaseUrl)?;
    let ports = match seams.ports {
        Some(ports) => ports,
        None => real_ports(&settings, &database, &seams.clock)?,
    };
    let deliverer = Deliverer::new(
        database.live.clone(),
        seams.clock.clone(),
        seams.ids.clone(),
        ports.clone(),
        settings.outbox,
    );
    let runs = TaskTracker::new();
    // Closed from the start, so that waiting for it means waiting until nothing runs; tasks may still be added.
    runs.close();
    let dry_permits = Arc::new(Semaphore::new(settings.dry_connections as usize));
    let context = Context {
        clock: seams.clock,
        ids: seams.ids,
        settings: Arc::new(settings),
        compat_limit: Arc::new(RateLimit::new(COMPAT_CALLS, Duration::from_secs(60))),
        touches: Later::new(database.live.clone(), runs.clone()),
        database,
        calls: CallPolicy::Make(ports.calls),
        request_id: None,
        dry: None,
    };
    Ok(Native(Arc::new(Inner {
        table,
        context,
        deliverer,
        runs,
        dry_permits,
    })))
}

fn pool_limits(settings: &Settings) -> PoolLimits {
    PoolLimits {
        live: settings.live_connections,
        read: settings.read_connections,
        dry: settings.dry_connections,
        live_wait: settings.live_wait,
        // The permit bounds how many dry runs go on, and each finds a connection of its own: what is waited for here is at most
        // the opening of one, within the budget of the run.
        dry_wait: DRY_CONNECT_WAIT,
        statement_timeout: settings.request_timeout,
    }
}

fn real_ports(settings: &Settings, database: &Database, clock: &crate::kit::Clock) -> Result<Ports, StartError> {
    let client = reqwest::Client::builder()
        .timeout(settings.outbox.timeout)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(StartError::Client)?;
    let pool = &database.live;
    let realtime = settings
        .soketi
        .clone()
        .map(|soketi| Soketi::new(client.clone(), clock.clone(), soketi));
    let sms = LabsMobile::new(client.clone(), pool.clone(), settings.labsmobile.clone());
    Ok(Ports {
        sms: Arc::new(sms.clone()),
        mail: Arc::new(Brevo::new(client, pool.clone(), settings.brevo.clone())),
        realtime: match realtime {
            Some(soketi) => Arc::new(soketi),
            None => Arc::new(NotConfigured),
        },
        push: Arc::new(NotConfigured),
        job: Arc::new(NotConfigured),
        calls: Arc::new(Outside::new(sms)),
    })
}
