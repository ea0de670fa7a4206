//! The parity lab (`ficus replay`): a recording of legacy played against the native handlers, entry by entry, on a database in
//! the recorded state. `docs/parity.md` says what is recorded and what equal means.
//!
//! Every entry is a dry run that is rolled back; then legacy's own row changes are applied. So every entry is judged by itself.

mod codes;
mod deviations;
mod effects;
mod error;
mod har;
mod judge;
mod lab;
mod live;
mod outcome;
mod play;
mod render;
mod request;
mod rows;
mod stubs;
mod volatile;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::ReplayError;
pub use outcome::{Outcome, Played, Replay, Tally};
pub use render::{render_html, render_json, render_junit, render_text};

use self::deviations::Deviations;
use self::har::Entry;
use self::lab::{Lab, Template};
use self::play::Player;
use handlers::kit::{Ids, Routes};

use crate::compare::Known;
use crate::glob::matches;
use crate::provision::Progress;
use crate::provision::postgres::{Cluster, Origin};

/// What is replayed, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The recordings; each begins with the seeded state.
    pub files: Vec<PathBuf>,
    /// The recorded schema, as `pg_dump` writes it.
    pub schema: PathBuf,
    /// The rows that the recording began with.
    pub seed: PathBuf,
    /// The rules of deviations on purpose; none without a file.
    pub deviations: Option<PathBuf>,
    /// Only entries of this area.
    pub area: Option<String>,
    /// Only entries whose id or route matches; `*` stands for anything.
    pub only: Option<String>,
    /// With the compatibility switches that the deviations name, as from a page of the app.
    pub compat: bool,
    /// The secret that signed the recorded tokens; without it they are not valid.
    pub secret: Option<String>,
    /// The server for the lab's databases; a throw-away one by default.
    pub database_url: Option<String>,
}

/// Plays everything.
///
/// # Errors
/// When the lab cannot be set up or a recording cannot be read or applied. Differences are part of the result.
pub async fn replay(plan: &Plan, progress: &Progress) -> Result<Replay, ReplayError> {
    replay_with(plan, progress, Vec::new).await
}

/// As [`replay`], with more native endpoints than this binary has: for tests of what endpoints may do.
///
/// # Errors
/// As [`replay`].
pub async fn replay_with(plan: &Plan, progress: &Progress, more: fn() -> Vec<Routes>) -> Result<Replay, ReplayError> {
    let deviations = match &plan.deviations {
        Some(path) => Deviations::read(path)?,
        None => Deviations::default(),
    };
    let recordings = plan
        .files
        .iter()
        .map(|path| har::read(path))
        .collect::<Result<Vec<_>, _>>()?;
    let seed = lab::read(&plan.seed)?;
    let origin = plan.database_url.clone().map_or(Origin::Anywhere, Origin::Url);
    let cluster = Cluster::start(origin, progress).await?;
    progress.say(cluster.description());
    if plan.secret.is_none() && recordings.iter().flatten().any(is_signed) {
        progress.say("the recorded tokens count as invalid: --secret names what signed them");
    }
    let lab = (&cluster, more);
    let played = play_all(plan, lab, &seed, &deviations, &recordings).await;
    cluster.stop().await;
    Ok(Replay { played: played? })
}

/// The page of deviations for people, in Markdown, made from their rules: `docs/deviations.md`.
///
/// # Errors
/// When the rules cannot be read.
pub fn deviations_page(rules: &Path) -> Result<String, ReplayError> {
    Deviations::read(rules).map(|deviations| deviations.page())
}

async fn play_all(
    plan: &Plan,
    (cluster, more): (&Cluster, fn() -> Vec<Routes>),
    seed: &str,
    deviations: &Deviations,
    recordings: &[Vec<Entry>],
) -> Result<Vec<Played>, ReplayError> {
    // Without a secret any will do, as long as nothing in the recording is signed with it.
    let secret = plan.secret.clone().unwrap_or_else(|| Ids::random().uuid().to_string());
    let template = Template::make(cluster, &plan.schema, seed, &secret, more).await?;
    let switches: BTreeSet<String> = if plan.compat {
        deviations.switches().collect()
    } else {
        BTreeSet::new()
    };
    let extra: Vec<_> = more().iter().flat_map(Routes::endpoints).collect();
    let endpoints = handlers::catalogue().into_iter().chain(extra);
    let player = Player::new(deviations, Arc::new(switches), secret, endpoints);
    let mut all = Vec::new();
    let mut outcome = Ok(());
    for (path, entries) in plan.files.iter().zip(recordings) {
        match play_one(plan, &template, &player, seed, path, entries).await {
            Ok(played) => all.extend(played),
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    template.drop().await;
    outcome.map(|()| all)
}

async fn play_one(
    plan: &Plan,
    template: &Template<'_>,
    player: &Player<'_>,
    seed: &str,
    path: &Path,
    entries: &[Entry],
) -> Result<Vec<Played>, ReplayError> {
    let mut lab = template.lab().await?;
    let mut known = Known::nothing().and(seed);
    let mut all = Vec::new();
    for entry in entries {
        for before in &entry.before {
            if before.reset.is_some() {
                lab = anew(template, lab).await?;
            }
            if let Some(sql) = &before.sql {
                lab.run(sql).await?;
                known = known.and(sql);
            }
        }
        if wanted(plan, entry)
            && let Some(played) = player.play((template, &mut lab), entry, known.clone(), path).await?
        {
            all.push(played);
        }
        lab.apply(&entry.id, entry.row_changes()).await?;
        known = known.and(&rows::recorded(entry.row_changes()).to_string());
    }
    template.discard(lab).await;
    Ok(all)
}

fn is_signed(entry: &Entry) -> bool {
    entry.request.as_ref().is_some_and(request::carries_token)
}

async fn anew(template: &Template<'_>, old: Lab) -> Result<Lab, ReplayError> {
    template.discard(old).await;
    template.lab().await
}

fn wanted(plan: &Plan, entry: &Entry) -> bool {
    let Some(request) = &entry.request else {
        return false;
    };
    let route = format!("{} {}", request.method, request.url);
    !entry.state_only
        && plan.area.as_ref().is_none_or(|area| *area == entry.area)
        && plan
            .only
            .as_ref()
            .is_none_or(|only| matches(only, &entry.id) || matches(only, &route))
}
