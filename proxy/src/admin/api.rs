//! The admin API: what the command line can do to a rollout, for programs and for people who are not on the machine.
//!
//! Everybody shows a token and may do what its role allows. Every change goes through [`Rollout`], as on the command line and for
//! the guard, so it is checked, written down and can be taken back in the same way. `docs/operations/admin-api.md` is its manual.

mod access;
mod approve;
mod body;
mod change;
mod document;
mod jwks;
mod kill;
mod lockout;
mod look;
mod operation;
mod problem;
mod testers;
mod tokens;

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use flags::{Flags, KillSet};

use crate::config::Config;
use crate::overrides::OverrideKey;
use crate::rollout::Rollout;
use crate::store::Store;

use self::lockout::Lockout;
use self::problem::Problem;
use self::tokens::{Refusal, Verifier};

pub use document::document;
pub(crate) use tokens::check_secret_file;
pub use tokens::{LONGEST, Role, SecretError, mint};

/// What the API works on.
#[derive(Debug, Clone)]
pub(crate) struct Api(Arc<Desk>);

#[derive(Debug)]
struct Desk {
    verifier: Option<Verifier>,
    lockout: Lockout,
    counters: Counters,
    rollout: Option<Arc<Rollout>>,
    flags: Arc<Flags>,
    store: Store,
    kill_file: Option<PathBuf>,
    /// What was killed here; it holds even where the kill file cannot be written.
    killed: Mutex<KillSet>,
    override_key: Option<OverrideKey>,
}

/// What was refused.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    refused: [AtomicU64; Refusal::ALL.len()],
    locked_out: AtomicU64,
    forbidden: AtomicU64,
}

impl Api {
    /// An API over these flags. `rollout` is none where there is no place to write flags to.
    pub(crate) fn new(config: &Config, flags: Arc<Flags>, store: Store, rollout: Option<Arc<Rollout>>) -> Self {
        let source = config.flags.as_ref();
        Self(Arc::new(Desk {
            verifier: config.admin.auth.as_ref().map(Verifier::new),
            lockout: Lockout::default(),
            counters: Counters::default(),
            rollout,
            flags,
            store,
            kill_file: source.map(|source| crate::kill_file::path_beside(source.local_file())),
            killed: Mutex::default(),
            override_key: config.overrides.key.clone(),
        }))
    }

    /// Its counters, in the text format of Prometheus.
    pub(crate) fn render_metrics(&self, text: &mut String) {
        let counters = &self.0.counters;
        let refused = Refusal::ALL.into_iter().zip(&counters.refused);
        let refused: Vec<_> = refused
            .map(|(refusal, count)| (refusal.as_str(), load(count)))
            .collect();
        crate::metrics::render_admin_api(text, &refused, load(&counters.locked_out), load(&counters.forbidden));
    }

    fn rollout(&self) -> Result<&Rollout, Problem> {
        self.0.rollout.as_deref().ok_or_else(|| {
            Problem::new(
                axum::http::StatusCode::CONFLICT,
                "there is no place to write flags to",
                "start Ficus with `flags: flags.yaml` in ficus.yaml",
            )
        })
    }
}

/// Its routes, each behind its role.
pub(super) fn router(api: &Api) -> Router {
    let mut router = Router::new().route("/api/openapi.json", get(|| async { axum::Json(document()) }));
    for operation in operation::all() {
        router = router.merge(access::guarded(operation, api));
    }
    router.with_state(api.clone())
}

fn load(count: &AtomicU64) -> u64 {
    count.load(std::sync::atomic::Ordering::Relaxed)
}
