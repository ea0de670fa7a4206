//! How often codes may be asked for, beside the minute between two codes of one phone.
//!
//! One address: so many questions about phones, whatever phones they are, because each tells whether a number is known. One
//! phone: so many text messages, because each costs money and disturbs somebody.

use std::net::IpAddr;
use std::sync::LazyLock;

use http::StatusCode;
use http::header::RETRY_AFTER;
use time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::auth::throttle::{Limit, Throttle, network};
use crate::kit::{ApiError, Fault, FaultKind, Inbound, Stop, UnitOfWork as _, Work};

const ADDRESS_WINDOW: Duration = Duration::minutes(15);
/// High, because many people can share one address.
const MOST_OF_ADDRESS: i32 = 300;
const PHONE_WINDOW: Duration = Duration::hours(1);
const MOST_OF_PHONE: i32 = 10;

/// How many codes this process asks the database about at once. Attempts with one phone wait for each other's row; without this they
/// would wait holding all connections.
const AT_ONCE: usize = 8;

static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(AT_ONCE));

/// Waits for a turn, as long as the request may take.
///
/// # Errors
/// A fault, which happens only while the process ends.
pub(super) async fn turn() -> Result<SemaphorePermit<'static>, Stop> {
    let ending = |_| Fault::new(FaultKind::State, "no more codes are asked for");
    Ok(TURNS.acquire().await.map_err(ending)?)
}

/// Counts a question of this address.
///
/// # Errors
/// 429 when it was one too many, or a fault of the database.
pub(super) async fn question(work: &mut Work, request: &Inbound) -> Result<(), Stop> {
    // A dry run beside legacy is the same question once more.
    if work.context().is_dry() {
        return Ok(());
    }
    let now = work.now();
    let throttle = address(request.client);
    let waits = throttle.count(work.db().await?, now).await?;
    if waits.is_some() {
        Throttle::tidy(work.db().await?, now).await?;
    }
    // Counted for good, and no other question of this address waits for the rest of this one.
    work.checkpoint().await?;
    waits.map_or(Ok(()), |seconds| Err(too_many(seconds).into()))
}

/// Whether this phone has had its messages.
///
/// # Errors
/// 429 when it has, or a fault of the database.
pub(super) async fn phone_is_free(work: &mut Work, phone: &str, tenant: &str) -> Result<(), Stop> {
    let now = work.now();
    let waits = if work.context().is_dry() {
        None
    } else {
        of_phone(phone, tenant).reached(work.db().await?, now).await?
    };
    waits.map_or(Ok(()), |seconds| Err(too_many(seconds).into()))
}

/// Counts a message to this phone.
///
/// # Errors
/// A fault of the database.
pub(super) async fn message(work: &mut Work, phone: &str, tenant: &str) -> Result<(), Stop> {
    if !work.context().is_dry() {
        let now = work.now();
        of_phone(phone, tenant).count(work.db().await?, now).await?;
    }
    Ok(())
}

/// Takes the count of a message back that was not sent.
///
/// # Errors
/// A fault of the database.
pub(super) async fn message_failed(work: &mut Work, phone: &str, tenant: &str) -> Result<(), Stop> {
    if !work.context().is_dry() {
        of_phone(phone, tenant).take_back(work.db().await?, "").await?;
    }
    Ok(())
}

fn address(client: Option<IpAddr>) -> Throttle {
    let address = client.map(network).unwrap_or_default();
    Throttle::new(vec![Limit::new(
        "otp address",
        &[&address],
        MOST_OF_ADDRESS,
        ADDRESS_WINDOW,
    )])
}

fn of_phone(phone: &str, tenant: &str) -> Throttle {
    Throttle::new(vec![Limit::new(
        "otp phone",
        &[phone, tenant],
        MOST_OF_PHONE,
        PHONE_WINDOW,
    )])
}

/// What the header `retry-after` of a 429 says.
pub(super) const SECONDS_TO_WAIT: &str = "Seconds to wait before trying again.";

fn too_many(seconds: u64) -> ApiError {
    let text = "Too many requests. Please try again later.";
    let mut refusal = ApiError::coded(StatusCode::TOO_MANY_REQUESTS, text, "RATE_LIMITED");
    refusal.headers.push((RETRY_AFTER, seconds.into()));
    refusal
}
