//! What the admin listener can see of the process.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use flags::{Flags, KillSet, RouteKey, Stage};
use tokio::time::Instant;

use super::operator::{Operator, Secured};
use crate::admin::Api;
use crate::backend::circuit::{CircuitView, Circuits};
use crate::backend::native::NativeBackend;
use crate::config::Config;
use crate::console::{FlagsView, LegacyView, NativeView, RouteView, StatusView};
use crate::core::Common;
use crate::flag_database::SourceHealth;
use crate::metrics::{Metrics, Totals};
use crate::record::{Source, Tap};
use crate::report::{Filter, Places, Report};
use crate::rollout::RolloutAccount;
use crate::store::{Recorder, Store};

/// How long a page waits for the store.
const STORE_PATIENCE: Duration = Duration::from_secs(2);

/// The parts of the process that probes, metrics and pages look at.
#[derive(Debug, Clone)]
pub struct Facets {
    started: Instant,
    config: Arc<Config>,
    flags: Arc<Flags>,
    native: NativeBackend,
    circuits: Circuits,
    metrics: Metrics,
    recorder: Recorder,
    store: Store,
    operator: Operator,
    secured: Secured,
    rollout: RolloutAccount,
    tap: Tap,
    source: Option<SourceHealth>,
    api: Api,
}

impl Facets {
    pub(super) fn new(
        common: &Common,
        store: Store,
        recorder: Recorder,
        secured: Secured,
        operator: Operator,
        api: Api,
    ) -> Self {
        Self {
            started: Instant::now(),
            config: Arc::clone(&common.config),
            flags: Arc::clone(&common.flags),
            native: common.native.clone(),
            circuits: common.circuits.clone(),
            metrics: common.metrics.clone(),
            tap: common.tap.clone(),
            recorder,
            store,
            secured,
            operator,
            source: None,
            api,
            rollout: RolloutAccount::default(),
        }
    }

    /// With what moves routes by itself.
    #[must_use]
    pub(super) fn with_rollout(mut self, rollout: RolloutAccount) -> Self {
        self.rollout = rollout;
        self
    }

    /// With flags that come from a database.
    pub(super) fn with_source(mut self, source: Option<SourceHealth>) -> Self {
        self.source = source;
        self
    }

    /// Why the process should get no traffic, if so.
    ///
    /// # Errors
    /// With the reason.
    pub async fn ready(&self) -> Result<(), String> {
        if self.operator.is_stopping() {
            return Err("draining".to_owned());
        }
        match &self.native {
            NativeBackend::On { native, .. } => native.ready().await,
            NativeBackend::Off { .. } => Ok(()),
        }
    }

    /// The metrics in the text format of Prometheus.
    #[must_use]
    pub fn metrics_text(&self) -> String {
        let mut text = crate::metrics::render(&self.metrics.totals(), &self.flags.status());
        if let Some(source) = &self.source {
            crate::metrics::render_flag_source(&mut text, source.view());
        }
        crate::metrics::render_circuits(&mut text, &self.circuits);
        crate::metrics::render_listeners(&mut text, &self.metrics);
        crate::metrics::render_certificates(&mut text, &self.secured.statuses());
        crate::metrics::render_upgrades(&mut text, self.operator.failed_upgrades(), self.operator.reloads());
        crate::metrics::render_shadow(&mut text, &self.recorder);
        crate::metrics::render_rollout(&mut text, &self.rollout);
        crate::metrics::render_record(&mut text, self.tap.totals());
        self.api.render_metrics(&mut text);
        text
    }

    /// The admin API of this process.
    pub(crate) fn api(&self) -> Api {
        self.api.clone()
    }

    /// The names under which the admin listener answers, beside `localhost` and addresses.
    pub(crate) fn admin_hosts(&self) -> Arc<[String]> {
        self.config.admin.hosts.clone().into()
    }

    /// What a recording is taken from.
    pub(crate) fn recording(&self) -> Source {
        Source {
            tap: self.tap.clone(),
            stopping: self.operator.stopping(),
        }
    }

    /// Everything that the status page shows.
    pub async fn view(&self) -> StatusView {
        let totals = self.metrics.totals();
        StatusView {
            uptime: self.started.elapsed(),
            flags: self.flags_view(),
            native: self.native_view(),
            legacy: self.legacy_view(&totals),
            routes: self.route_views(&totals).await,
            unflagged: totals.routes.get("unmatched").map_or(0, |route| route.legacy.answers()),
            draining: self.operator.is_stopping(),
            certificates: self.secured.problems(),
            notices: self.notices(),
        }
    }

    /// What asks for a person: forgotten routes, and steps that wait for a second one.
    fn notices(&self) -> Vec<String> {
        let news = self.rollout.news();
        let forgotten = news.forgotten.iter();
        let forgotten = forgotten.map(|one| format!("{} is at {}, and {}", one.target, one.state, one.why));
        let waiting = news.waiting.iter().map(|request| {
            let (id, target) = (request.id, &request.target);
            let (from, to, by) = (&request.from_state, &request.to_state, &request.requested_by);
            format!("{target}: {from} → {to}, asked for by {by}, waits for approval: `ficus approve {id}`")
        });
        forgotten.chain(waiting).collect()
    }

    fn flags_view(&self) -> FlagsView {
        let status = self.flags.status();
        FlagsView {
            version: status.version,
            file: match (&self.source, &self.config.flags) {
                (Some(source), _) => Some(source.view().told()),
                (None, flags) => flags.as_ref().map(|flags| flags.local_file().display().to_string()),
            },
            loaded: status.loaded,
            failed: status.failed,
            killed: status.killed,
            killed_names: KillSet {
                everything: false,
                ..status.kill
            }
            .to_text()
            .lines()
            .map(str::to_owned)
            .collect(),
            kill_unknown: status.kill_unknown,
            problem: status.last_failure.map(|problems| problems.to_string()),
        }
    }

    fn native_view(&self) -> NativeView {
        match &self.native {
            NativeBackend::On { .. } => NativeView::On {
                handlers: handlers::catalogue().len(),
            },
            NativeBackend::Off { reason } => NativeView::Off {
                reason: reason.to_string(),
            },
        }
    }

    fn legacy_view(&self, totals: &Totals) -> LegacyView {
        LegacyView {
            url: self.config.legacy.url.to_string(),
            reachable: totals.legacy_reachable,
            detail: totals.legacy_trouble.clone(),
        }
    }

    /// The parity report of this process's store.
    ///
    /// # Errors
    /// With the reason why there is none: the store is away or slow.
    pub async fn report(&self, filter: &Filter) -> Result<Report, String> {
        let places = Places::of(&self.flags.load());
        match tokio::time::timeout(STORE_PATIENCE, Report::load(&self.store, filter, &places)).await {
            Ok(report) => report.map_err(|error| error.to_string()),
            Err(_) => Err("the store takes too long".to_owned()),
        }
    }

    async fn route_views(&self, totals: &Totals) -> Vec<RouteView> {
        let snapshot = self.flags.load();
        let report = self.report(&Filter::default()).await.ok();
        let circuits: HashMap<RouteKey, CircuitView> = self.circuits.view().into_iter().collect();
        let rows = snapshot.plans().iter().map(|plan| {
            let route = plan.key.to_string();
            let counts = totals.routes.get(&route);
            let mut view = RouteView {
                phase: plan.phase,
                stage: plan.stage.to_string(),
                share: plan
                    .canary
                    .as_ref()
                    .filter(|_| plan.stage == Stage::Canary)
                    .map(|canary| canary.share.to_string()),
                killed: snapshot.kills(plan),
                skipped: circuits.get(&plan.key).is_some_and(|circuit| circuit.open),
                legacy: counts.map_or(0, |counts| counts.legacy.answers()),
                native: counts.map_or(0, |counts| counts.native.answers()),
                route,
                ..RouteView::default()
            };
            let compared = report
                .as_ref()
                .and_then(|report| report.routes.iter().find(|entry| entry.route == view.route));
            if let Some(compared) = compared {
                view.compared = compared.totals.samples;
                view.matched = compared.totals.matched;
                view.last_difference = compared.differences.first().map(|difference| difference.group.place());
            }
            view
        });
        rows.collect()
    }
}
