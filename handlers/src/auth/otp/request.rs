//! Asking for a code: `POST /api/chat/otp/request` and `POST /api/v1/auth/phone/request`.
//!
//! The code is made in three steps, so that neither the row of the phone nor a connection is held while anything takes long: its
//! place is taken (which decides between requests made at the same time), its hash is computed, the message is sent.
//! Quirk kept: `lastActiveAt` of a known phone moves on refused requests too.

mod queries;
mod sms;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use self::queries::NewCode;
use super::admission;
use super::answer::refusal;
use super::door::Door;
use super::input::PhoneOfTenant;
use crate::auth::passwords;
use crate::domain::phone::Phone;
use crate::kit::error::Coded;
use crate::kit::extract::chat_session::{self, PhoneUser, Refusal, ensure_access};
use crate::kit::extract::home_tenant;
use crate::kit::extract::json::Json;
use crate::kit::ports::labsmobile;
use crate::kit::wire::iso::{Iso, stored};
use crate::kit::{Callers, Inbound, Operation, Outcome, Stop, UnitOfWork as _, Work};

/// The switch in the flag file under which a message that could not be sent is answered as if it were, as legacy does.
const FAILURE_IS_SUCCESS: &str = "otp-sms-failure-ignored";
/// How long a code can be used.
const LIFETIME: Duration = Duration::minutes(5);
/// The least time between two codes of one phone.
const INTERVAL: Duration = Duration::seconds(60);

const RATE_LIMITED: &str = "OTP recently sent. Please wait before requesting again.";
const NO_CONFIG: &str = "LabsMobile configuration is missing. Please configure SMS credentials in system settings.";

pub(super) fn operation(door: Door) -> Operation {
    let operation = Operation::new("Send a code to a phone").callers(Callers::Anybody);
    let operation = door.takes::<PhoneOfTenant>(operation).takes::<Wording>();
    operation
        .gives::<CodeSent>(door.made())
        .refuses::<Coded>(&[StatusCode::BAD_REQUEST, StatusCode::TOO_MANY_REQUESTS])
        .header("retry-after", admission::SECONDS_TO_WAIT)
}

/// How the message is worded.
#[derive(JsonSchema)]
struct Wording {
    /// The language of the message; Spanish unless it is `en`.
    language: Option<String>,
}

impl Wording {
    fn read(body: &Json) -> Self {
        Self {
            language: body.text("language").map(str::to_owned),
        }
    }
}

/// A code is on its way.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeSent {
    #[schemars(extend("const" = true))]
    success: bool,
    /// To be sent back with the code.
    verification_id: String,
    expires_at: Iso,
    normalized_phone: String,
    country_code: Option<String>,
}

pub(super) async fn from_browser(work: &mut Work, request: &Inbound) -> Outcome {
    run(Door::Browser, work, request).await
}

pub(super) async fn at_backend(work: &mut Work, request: &Inbound) -> Outcome {
    run(Door::Backend, work, request).await
}

async fn run(door: Door, work: &mut Work, request: &Inbound) -> Outcome {
    let answered = match door.body(request) {
        Ok(body) => send_code(work, request, &body).await,
        Err(refusal) => Err(refusal.into()),
    };
    door.answer(work, request, StatusCode::CREATED, answered)
}

/// A code whose place is taken.
struct Reserved {
    id: String,
    tenant: String,
    public_id: String,
    expires_at: OffsetDateTime,
}

async fn send_code(work: &mut Work, request: &Inbound, body: &Json) -> Result<CodeSent, Stop> {
    let given = PhoneOfTenant::read(body);
    let phone = given
        .phone()
        .map_err(|error| refusal(&error.to_string(), "INVALID_PHONE"))?;
    let reserved = reserve(work, request, &phone, given.tenant()).await?;
    let ids = work.context().ids.clone();
    let code = (100_000 + ids.below(900_000)).to_string();
    let hash = passwords::hash(code.clone(), &ids).await?;
    queries::set_hash(work.db().await?, &reserved.id, &hash).await?;
    work.checkpoint().await?;
    let text = sms::text(&code, Wording::read(body).language.as_deref());
    if let Err(reason) = sms::send(work, &phone.normalized, text).await? {
        if request.compat(FAILURE_IS_SUCCESS) {
            tracing::warn!(
                switch = FAILURE_IS_SUCCESS,
                "a code could not be sent and the answer says it was"
            );
        } else {
            queries::delete(work.db().await?, &reserved.id).await?;
            admission::message_failed(work, &phone.normalized, &reserved.tenant).await?;
            return Err(refusal(&reason, "SMS_DELIVERY_FAILED").into());
        }
    }
    Ok(CodeSent {
        success: true,
        verification_id: reserved.public_id,
        expires_at: Iso(reserved.expires_at),
        normalized_phone: phone.normalized,
        country_code: phone.country_code,
    })
}

/// Takes the place of a new code, or refuses. Requests of one phone go one after the other from the change of its row on.
async fn reserve(work: &mut Work, request: &Inbound, phone: &Phone, named: Option<&str>) -> Result<Reserved, Stop> {
    let _turn = admission::turn().await?;
    admission::question(work, request).await?;
    let tenant = home_tenant::resolve(work, named).await?;
    admission::phone_is_free(work, &phone.normalized, &tenant).await?;
    let mut phone_user = active_phone_user(work, phone, &tenant).await?;
    ensure_access(work, &mut phone_user)
        .await?
        .map_err(|refusal| refusal.answer(StatusCode::BAD_REQUEST))?;
    // Read only now: whoever waited for the row must not judge by the time before.
    let now = work.now();
    let last = queries::newest(work.db().await?, &phone_user.id).await?;
    if last.is_some_and(|last| now - last.assume_utc() < INTERVAL) {
        return Err(refusal(RATE_LIMITED, "RATE_LIMITED").into());
    }
    let settings = work.context().settings.labsmobile.clone();
    if !labsmobile::is_configured(work.db().await?, &settings).await? {
        return Err(refusal(NO_CONFIG, "CONFIG_NOT_FOUND").into());
    }
    admission::message(work, &phone.normalized, &tenant).await?;
    let ids = work.context().ids.clone();
    let reserved = Reserved {
        id: ids.timed(now),
        public_id: ids.hex::<18>(),
        expires_at: now + LIFETIME,
        tenant,
    };
    let db = work.db().await?;
    // Guesses must not be spread over several codes.
    queries::delete_all(db, &phone_user.id).await?;
    let code = NewCode {
        id: &reserved.id,
        public_id: &reserved.public_id,
        phone_user: &phone_user.id,
        expires_at: stored(reserved.expires_at),
        now: stored(now),
    };
    queries::insert(db, &code).await?;
    work.checkpoint().await?;
    Ok(reserved)
}

/// The phone user, who was active just now; made only for an app user who waits for a phone.
async fn active_phone_user(work: &mut Work, phone: &Phone, tenant: &str) -> Result<PhoneUser, Stop> {
    let now = stored(work.now());
    if let Some(known) = queries::activate(work.db().await?, phone, tenant, now).await? {
        return Ok(known);
    }
    if !chat_session::user_of_phone(work, &phone.normalized, tenant).await? {
        // Another request may have made and linked the row between the two looks.
        let made = queries::activate(work.db().await?, phone, tenant, now).await?;
        return Ok(made.ok_or_else(|| Refusal::NoAccount.answer(StatusCode::BAD_REQUEST))?);
    }
    let id = work.context().ids.timed(work.now());
    Ok(queries::upsert(work.db().await?, &id, phone, tenant, now).await?)
}
