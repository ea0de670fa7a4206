//! One attempt to log in, whichever route it came by.

use super::{Credentials, LoggedIn, limits, queries, token};
use crate::auth::passwords;
use crate::auth::throttle::Throttle;
use crate::kit::{Inbound, Stop, UnitOfWork as _, Work};

/// How it ended.
pub(super) enum Attempt {
    /// Right.
    Granted(LoggedIn),
    /// Wrong e-mail or password, or a user who may not log in: one answer for all of them.
    Refused,
    /// Tried too often.
    Throttled {
        /// When to come back, in seconds.
        seconds: u64,
    },
    /// Everything is right, and there is no secret to sign a token with.
    NoSecret,
}

/// Checks e-mail and password.
///
/// # Errors
/// A fault of the database.
pub(super) async fn run(work: &mut Work, request: &Inbound, given: &Credentials) -> Result<Attempt, Stop> {
    let email = given.email.as_deref().unwrap_or_default();
    let email = email.trim().to_lowercase();
    let password = given.password.as_deref().unwrap_or_default();
    if email.is_empty() || password.is_empty() {
        return Ok(Attempt::Refused);
    }
    let (now, (throttle, pair)) = (work.now(), limits::of(&email, request.client));
    // A dry run beside legacy is the same attempt once more: it is neither held back nor counted.
    let counts = !work.context().is_dry();
    if counts && let Some(seconds) = throttle.reached(work.db().await?, now).await? {
        return Ok(Attempt::Throttled { seconds });
    }
    let user = matching_user(work, &email, password).await?;
    if counts && let Some(seconds) = throttle.count(work.db().await?, now).await? {
        tracing::warn!("a login was refused because it was tried too often");
        return Ok(Attempt::Throttled { seconds });
    }
    let Some(user) = user else {
        if counts {
            Throttle::tidy(work.db().await?, now).await?;
        }
        return Ok(Attempt::Refused);
    };
    if counts {
        throttle.take_back(work.db().await?, &pair).await?;
    }
    let settings = &work.context().settings.auth;
    Ok(match token::sign(&user, settings, now) {
        Some(token) => Attempt::Granted(LoggedIn::new(token, user)),
        None => Attempt::NoSecret,
    })
}

/// The oldest user of that e-mail whose password fits and who is neither suspended nor inactive.
async fn matching_user(work: &mut Work, email: &str, password: &str) -> Result<Option<queries::UserRow>, Stop> {
    // No stored text has a NUL, and PostgreSQL would refuse the statement.
    let rows = if email.contains('\0') {
        Vec::new()
    } else {
        queries::candidates(work.db().await?, email).await?
    };
    // Nobody else waits for the connection while the hashes are computed.
    work.checkpoint().await?;
    let hashes = rows.iter().map(|row| row.password.clone()).collect();
    let matched = passwords::matching(password.to_owned(), hashes).await?;
    Ok(rows
        .into_iter()
        .zip(matched)
        .find(|(row, matched)| *matched && !matches!(row.status.as_str(), "suspended" | "inactive"))
        .map(|(row, _)| row))
}
