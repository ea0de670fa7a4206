//! What is wrong with a request, in the form of every error of the API: `{ "error": …, "remedy": … }`.

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::rollout::RolloutError;
use crate::store::StoreError;

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    error: String,
    remedy: String,
    details: Option<Box<(&'static str, Value)>>,
    retry_after: Option<u64>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, error: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            status,
            error: error.into(),
            remedy: remedy.into(),
            details: None,
            retry_after: None,
        }
    }

    /// With more that a program can use.
    pub(super) fn with(mut self, name: &'static str, details: Value) -> Self {
        self.details = Some(Box::new((name, details)));
        self
    }

    /// With the seconds to wait.
    pub(super) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.error, "remedy": self.remedy });
        if let Some(details) = self.details {
            body[details.0] = details.1;
        }
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"ficus\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<RolloutError> for Problem {
    fn from(error: RolloutError) -> Self {
        let (status, remedy) = status_and_remedy(&error);
        let cause = std::error::Error::source(&error)
            .map(|cause| format!(": {cause}"))
            .unwrap_or_default();
        let problem = Self::new(status, format!("{error}{cause}"), remedy);
        match error {
            RolloutError::WaitingForApproval { id, .. } => problem.with("waiting", json!({ "id": id })),
            _ => problem,
        }
    }
}

fn status_and_remedy(error: &RolloutError) -> (StatusCode, &'static str) {
    use RolloutError as E;
    match error {
        E::Unknown(_) | E::NoVersion(_) => (
            StatusCode::NOT_FOUND,
            "GET /api/flags and GET /api/history list what there is",
        ),
        E::Moved { .. } => (
            StatusCode::PRECONDITION_FAILED,
            "GET /api/flags, look again, and send its ETag in If-Match",
        ),
        E::Frozen { .. } => (
            StatusCode::LOCKED,
            "POST /api/thaw ends the freeze; a rollback and a kill work while it lasts",
        ),
        E::NoReason => (StatusCode::UNPROCESSABLE_ENTITY, "say why in `reason`"),
        E::Refused(_) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "the flags are as they were; ask for something that they allow",
        ),
        E::AlreadyThere(_) | E::Apart(_) | E::Unchanged | E::NoStep { .. } | E::NothingToUndo(_) | E::Edit(_) => {
            (StatusCode::CONFLICT, "GET /api/flags says where it is now")
        }
        E::Broken(_) => (StatusCode::CONFLICT, "mend the flag file; a kill works meanwhile"),
        E::NotWrittenDown(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "the change is in force; look after the store",
        ),
        E::NotPublished(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "GET /api/history says whether it is there; then try again",
        ),
        E::File { .. } | E::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "try again; a kill works meanwhile"),
        E::NoRequest(_) | E::NoSchedule(_) => (
            StatusCode::NOT_FOUND,
            "GET /api/approvals and GET /api/schedules list what there is",
        ),
        E::WaitingForApproval { .. } => (
            StatusCode::ACCEPTED,
            "somebody else sends POST /api/approvals/ID/approve",
        ),
        E::NeedsApproval(_) => (
            StatusCode::CONFLICT,
            "POST /api/promote asks for the approval of a route or group",
        ),
        E::SamePerson(_) => (StatusCode::FORBIDDEN, "ask somebody else with the role"),
        E::RequestClosed { .. } | E::RequestOutdated(_) => {
            (StatusCode::CONFLICT, "GET /api/approvals lists those that wait")
        }
        E::NotReady { .. } => (StatusCode::CONFLICT, "GET /api/gate says what is missing"),
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        RolloutError::from(error).into()
    }
}
