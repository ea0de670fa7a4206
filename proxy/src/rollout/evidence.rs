//! What the store knows of a route or group, in the terms of the gate.

use std::fmt::Write as _;

use flags::{RoutePlan, Snapshot, Stage};
use serde::Serialize;
use serde_json::{Value, json};

use super::gate::{Histogram, Readiness, Seen, Verdict, judge};
use super::{Rollout, RolloutError};
use crate::report::{Class, Difference, Filter, Places, Report, RouteReport};
use crate::store::LatencyBucket;

/// Why there was nothing to compare, when native was at fault; the words of [`crate::shadow::NotCompared`].
const NATIVE_FAILURES: [&str; 3] = ["fault", "panicked", "native fell back"];

/// The readiness of one route.
#[derive(Debug, Clone, Serialize)]
pub struct RouteReadiness {
    /// The route.
    pub route: String,
    /// The verdict and what it rests on.
    #[serde(flatten)]
    pub readiness: Readiness,
}

/// The readiness of a route, or of all members of a group.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence {
    /// The route or group.
    pub target: String,
    /// The stage that it wants to go to.
    pub to: Stage,
    /// The worst of its routes.
    pub verdict: Verdict,
    /// Each of its routes.
    pub routes: Vec<RouteReadiness>,
}

impl Evidence {
    /// What is kept with the audit entry of a step: the verdict for programs, the same in Markdown for people, and whether the step
    /// was made against it.
    #[must_use]
    pub fn kept(&self, forced: bool) -> Value {
        json!({ "forced": forced, "gate": self, "markdown": self.markdown() })
    }

    /// A table of what was judged, in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("## {} to {}: {}\n", self.target, self.to, self.verdict);
        for route in &self.routes {
            let _ = write!(
                text,
                "\n### {}\n\n| criterion | verdict | seen |\n| --- | --- | --- |\n",
                route.route
            );
            for criterion in &route.readiness.criteria {
                let detail = criterion.detail.replace('|', "\\|").replace('\n', " ");
                let _ = writeln!(text, "| {} | {} | {detail} |", criterion.name, criterion.verdict);
            }
        }
        text
    }
}

impl Rollout {
    /// Judges whether a route or group may go to `to`. Nothing has to be shown for going to the shadow.
    ///
    /// # Errors
    /// When the flags or the store cannot be read, or the flags do not know it.
    pub async fn evidence(&self, name: &str, to: Stage) -> Result<Evidence, RolloutError> {
        let text = self.text().await?;
        let snapshot = flags::compile(&text, &self.inventory).map_err(RolloutError::Broken)?;
        let (target, _) = self.find(name).await?;
        let target = target.to_string();
        let report = Report::load(&self.store, &Filter::default(), &Places::of(&snapshot)).await?;
        let latencies = self.store.latencies(0).await?;
        let first = self.store.first_comparisons().await?;
        let members = snapshot
            .plans()
            .iter()
            .filter(|plan| plan.group.as_deref() == Some(&target) || plan.key.to_string() == target);
        let routes: Vec<RouteReadiness> = members
            .map(|plan| {
                let route = plan.key.to_string();
                let seen = report.routes.iter().find(|entry| entry.route == route);
                let mut seen = seen.map_or_else(unseen, seen_of);
                (seen.waivers, seen.expired_waivers) = waivers_of(&report, &route);
                seen.legacy = histogram(&latencies, &route, "legacy");
                seen.native = histogram(&latencies, &route, "native");
                seen.first_ms = first.iter().find(|(name, _)| *name == route).map(|(_, at)| *at);
                seen.required = required(plan, &snapshot);
                RouteReadiness {
                    readiness: judge(&plan.gate, &seen, to, self.now_ms()),
                    route,
                }
            })
            .collect();
        let worst = routes.iter().map(|route| route.readiness.verdict).max();
        Ok(Evidence {
            target,
            to,
            verdict: worst.unwrap_or(Verdict::Inconclusive),
            routes,
        })
    }
}

fn unseen() -> Seen {
    Seen {
        interval: (0.0, 1.0),
        ..Seen::default()
    }
}

fn seen_of(report: &RouteReport) -> Seen {
    let totals = &report.totals;
    let counting = report
        .differences
        .iter()
        .filter(|difference| difference.class == Class::Counts);
    let failures = report
        .reasons
        .iter()
        .filter(|(reason, _)| NATIVE_FAILURES.contains(&reason.as_str()));
    Seen {
        samples: totals.samples,
        matched: totals.matched,
        interval: (totals.interval.low, totals.interval.high),
        statuses: report.statuses.clone(),
        session_breaks: report
            .differences
            .iter()
            .filter(|one| breaks_session(one))
            .map(often)
            .sum(),
        native_failures: failures.map(|(_, count)| count).sum(),
        last_difference_ms: counting.map(|difference| difference.group.last_seen).max(),
        ..Seen::default()
    }
}

/// Whether one side refused what the other answered. A waiver is no excuse. The samples of a group are those of its first exchange.
fn breaks_session(difference: &Difference) -> bool {
    let group = &difference.group;
    let status = |sample: &Option<String>| sample.as_deref()?.trim_matches('"').parse::<u16>().ok();
    let (Some(legacy), Some(native)) = (status(&group.legacy_sample), status(&group.native_sample)) else {
        return false;
    };
    let refuses = |status: u16| matches!(status, 401 | 403);
    let answers = |status: u16| (200..400).contains(&status);
    group.kind == "status" && ((refuses(legacy) && answers(native)) || (answers(legacy) && refuses(native)))
}

fn often(difference: &Difference) -> u64 {
    u64::try_from(difference.group.n).unwrap_or_default()
}

/// The waivers of a route: those that hold, and those that have expired.
fn waivers_of(report: &Report, route: &str) -> (u64, u64) {
    let mine = report.waivers.iter();
    mine.filter(|entry| flags::glob_matches(&entry.waiver.route, route))
        .fold((0, 0), |(hold, expired), entry| match entry.expired {
            true => (hold, expired + 1),
            false => (hold + 1, expired),
        })
}

fn histogram(latencies: &[LatencyBucket], route: &str, side: &str) -> Histogram {
    let mine = latencies
        .iter()
        .filter(|bucket| bucket.route == route && bucket.side == side);
    Histogram::of(mine.map(|bucket| (bucket.bucket, bucket.n)))
}

fn required(plan: &RoutePlan, snapshot: &Snapshot) -> Vec<(flags::RouteKey, Option<Stage>)> {
    let stage_of = |key: &flags::RouteKey| {
        snapshot
            .plans()
            .iter()
            .find(|plan| plan.key == *key)
            .map(|plan| plan.stage)
    };
    plan.requires.iter().map(|key| (key.clone(), stage_of(key))).collect()
}
