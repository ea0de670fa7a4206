//! One migration, step by step. A step does something, looks at what came of it, and says it in one line; what it says, it saw.

use std::time::Duration;

use tokio::time::Instant;

use crate::provision::Progress;

use super::DemoError;
use super::evidence::Sums;
use super::parts::Parts;
use super::visitor::Seen;

/// How long something may take to come true: a flag file is looked at every so often, the store is written in batches.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);
/// Requests of each kind that a step sends.
const REQUESTS: usize = 5;
/// The mistake that legacy is told to make: every list has a changed title in its first row.
const MISTAKE: &str = "GET /api/crm/tickets=wrong-field:title";
/// What that mistake looks like.
const MARK: &str = "(differs)";

pub(super) async fn walk(parts: &mut Parts, progress: &Progress) -> Result<(), DemoError> {
    let mut steps = Steps { progress, number: 0 };
    steps.take("everything is legacy", all_legacy(parts)).await?;
    steps.take("tickets to shadow", to_shadow(parts)).await?;
    steps
        .take("the report shows the difference", difference_found(parts))
        .await?;
    steps.take("the difference is fixed", difference_fixed(parts)).await?;
    steps.take("tickets to native", to_native(parts)).await?;
    steps.take("legacy is killed", legacy_killed(parts)).await?;
    steps.take("legacy is back", legacy_back(parts)).await
}

struct Steps<'p> {
    progress: &'p Progress,
    number: usize,
}

impl Steps<'_> {
    async fn take(&mut self, title: &'static str, step: impl Future<Output = Seen<String>>) -> Result<(), DemoError> {
        self.number += 1;
        let saw = step.await.map_err(|reason| DemoError::Step {
            number: self.number,
            title,
            reason,
        })?;
        self.progress.say(&format!("{}. {title}: {saw}", self.number));
        Ok(())
    }
}

/// Legacy's mistake shows in the answers, so it is legacy that answers.
async fn all_legacy(parts: &mut Parts) -> Seen<String> {
    expect_status(parts, "/", 200).await?;
    parts.legacy.differ(MISTAKE).map_err(|error| error.to_string())?;
    let titles = parts.visitor.titles().await?;
    ensure(titles.iter().any(|title| title.contains(MARK)), || {
        format!("legacy did not answer; titles: {titles:?}")
    })?;
    let sums = parts.evidence.sums().await?;
    ensure(sums == Sums::default(), || format!("something was compared: {sums:?}"))?;
    Ok("a page and the tickets come from the legacy app, mistakes included; nothing is compared".to_owned())
}

/// Users still get legacy's answer; native has been asked as well, and no ticket was opened twice.
async fn to_shadow(parts: &mut Parts) -> Seen<String> {
    parts.flags.tickets("shadow").map_err(|error| error.to_string())?;
    let found = until("a difference in the report", || async {
        let titles = parts.visitor.titles().await?;
        ensure(titles.iter().any(|title| title.contains(MARK)), || {
            "a user got another answer than legacy's".to_owned()
        })?;
        Ok((parts.evidence.sums().await?.mismatched > 0).then_some(()))
    })
    .await;
    if let Err(reason) = found {
        return Err(format!(
            "{reason}; not compared: {:?}",
            parts.evidence.sums().await?.not_compared
        ));
    }
    for number in 0..REQUESTS {
        let title = format!("Shadow {number} {}", uuid::Uuid::new_v4().simple());
        let id = parts.visitor.open_ticket(&title).await?;
        ensure(parts.visitor.title_of(&id).await? == title, || {
            format!("ticket {id} has another title")
        })?;
        let count = parts.visitor.count(&title).await?;
        ensure(count == 1, || {
            format!("a ticket was opened {count} times: the shadow of a write left a row")
        })?;
    }
    Ok(format!(
        "users get legacy's answers; {REQUESTS} tickets were opened once each, their shadows left nothing"
    ))
}

async fn difference_found(parts: &mut Parts) -> Seen<String> {
    let found = until("equal comparisons of writes", || async {
        let sums = parts.evidence.sums().await?;
        Ok((sums.writes_matched >= REQUESTS as u64).then_some(sums))
    })
    .await;
    let sums = match found {
        Ok(sums) => sums,
        Err(reason) => {
            return Err(format!("{reason}; there is {:?}", parts.evidence.sums().await?));
        }
    };
    let path = sums.paths.iter().find(|path| path.contains("title"));
    let path = path.ok_or_else(|| format!("no difference names the title; they name {:?}", sums.paths))?;
    Ok(format!(
        "{} mismatches, at {path}; {} writes were equal",
        sums.mismatched, sums.writes_matched
    ))
}

/// From some moment on everything matches, and nothing is added to the mismatches.
async fn difference_fixed(parts: &mut Parts) -> Seen<String> {
    parts.legacy.differ("").map_err(|error| error.to_string())?;
    let before = settled(parts).await?;
    for _ in 0..REQUESTS {
        let titles = parts.visitor.titles().await?;
        ensure(!titles.iter().any(|title| title.contains(MARK)), || {
            "legacy still differs".to_owned()
        })?;
    }
    let after = until("the new comparisons", || async {
        let sums = parts.evidence.sums().await?;
        Ok((sums.matched + sums.mismatched >= before.matched + before.mismatched + REQUESTS as u64).then_some(sums))
    })
    .await?;
    ensure(after.mismatched == before.mismatched, || {
        format!("there are new mismatches: {before:?}, then {after:?}")
    })?;
    Ok(format!(
        "{} more comparisons, all equal",
        after.matched - before.matched
    ))
}

/// Legacy makes its mistake again, and nobody sees it.
async fn to_native(parts: &mut Parts) -> Seen<String> {
    parts.legacy.differ(MISTAKE).map_err(|error| error.to_string())?;
    parts.flags.tickets("native").map_err(|error| error.to_string())?;
    until("an answer without legacy's mistake", || async {
        let titles = parts.visitor.titles().await?;
        Ok((!titles.is_empty() && !titles.iter().any(|title| title.contains(MARK))).then_some(()))
    })
    .await?;
    let title = format!("Native {}", uuid::Uuid::new_v4().simple());
    let id = parts.visitor.open_ticket(&title).await?;
    ensure(parts.visitor.title_of(&id).await? == title, || {
        format!("ticket {id} has another title")
    })?;
    let count = parts.visitor.count(&title).await?;
    ensure(count == 1, || format!("the ticket is there {count} times"))?;
    expect_status(parts, "/", 200).await?;
    Ok("tickets come from Rust, pages still from legacy".to_owned())
}

async fn legacy_killed(parts: &mut Parts) -> Seen<String> {
    parts.legacy.kill().await;
    for path in ["/", "/api/crm/customers"] {
        expect_status(parts, path, 502).await?;
    }
    ensure(!parts.visitor.titles().await?.is_empty(), || {
        "there are no tickets".to_owned()
    })?;
    let title = format!("Alone {}", uuid::Uuid::new_v4().simple());
    parts.visitor.open_ticket(&title).await?;
    let count = parts.visitor.count(&title).await?;
    ensure(count == 1, || format!("the ticket is there {count} times"))?;
    Ok("tickets still answer, the rest is 502".to_owned())
}

async fn legacy_back(parts: &mut Parts) -> Seen<String> {
    parts.legacy.differ("").map_err(|error| error.to_string())?;
    parts.legacy.resume().await.map_err(|error| error.to_string())?;
    expect_status(parts, "/", 200).await?;
    ensure(!parts.visitor.titles().await?.is_empty(), || {
        "there are no tickets".to_owned()
    })?;
    Ok("everything answers, without a restart of Ficus".to_owned())
}

async fn expect_status(parts: &Parts, path: &str, expected: u16) -> Seen<()> {
    let status = parts.visitor.status(path).await?;
    ensure(status == expected, || {
        format!("GET {path} answered {status}, not {expected}")
    })
}

/// The sums when no comparison is on its way to the store any more.
async fn settled(parts: &Parts) -> Seen<Sums> {
    let mut before = parts.evidence.sums().await?;
    let mut since = Instant::now();
    // Longer than a batch waits before it is written.
    let quiet = Duration::from_secs(2);
    let deadline = since + PATIENCE;
    while since.elapsed() < quiet {
        ensure(Instant::now() < deadline, || {
            "comparisons never stopped coming in".to_owned()
        })?;
        tokio::time::sleep(PAUSE).await;
        let sums = parts.evidence.sums().await?;
        if sums != before {
            (before, since) = (sums, Instant::now());
        }
    }
    Ok(before)
}

async fn until<T, F: Future<Output = Seen<Option<T>>>>(what: &str, mut look: impl FnMut() -> F) -> Seen<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look().await? {
            return Ok(seen);
        }
        ensure(Instant::now() < deadline, || {
            format!("{what} did not come in {} s", PATIENCE.as_secs())
        })?;
        tokio::time::sleep(PAUSE).await;
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Seen<()> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
