//! The two doors of an endpoint: how each reads a body and dresses an answer.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::auth::backend;
use crate::kit::error::Envelope;
use crate::kit::extract::json::{self, Json};
use crate::kit::{ApiError, Inbound, Operation, Outcome, Reply, Stop, UnitOfWork};

/// Where a request came in.
#[derive(Clone, Copy)]
pub(super) enum Door {
    /// `/api/chat/otp/…`
    Browser,
    /// `/api/v1/auth/phone/…`
    Backend,
}

impl Door {
    /// The fields of the body. The browser's door takes nothing, malformed text and what JavaScript calls falsy for `{}`.
    ///
    /// # Errors
    /// 400 for any other JSON scalar, and what the backend refuses besides.
    pub(super) fn body(self, request: &Inbound) -> Result<Json, ApiError> {
        match self {
            Self::Backend => backend::body(request),
            Self::Browser => match json::parse(&request.body) {
                Some(Value::Object(fields)) => Ok(Json::from(fields)),
                // A list is an object there, and has none of the fields.
                Some(Value::Array(_)) => Ok(Json::default()),
                Some(scalar) if json::is_truthy(Some(&scalar)) => Err(backend::malformed(&scalar.to_string())),
                _ => Ok(Json::default()),
            },
        }
    }

    /// Declares a body as this door reads it, and its refusal.
    pub(super) fn takes<T: JsonSchema>(self, operation: Operation) -> Operation {
        let operation = match self {
            Self::Browser => operation.takes::<T>(),
            Self::Backend => operation.takes_form::<T>(),
        };
        operation.refuses::<Envelope>(&[StatusCode::BAD_REQUEST])
    }

    /// Declares the answer to a `GET`; the backend says when the caller has it already.
    pub(super) fn shows<T: JsonSchema>(self, operation: Operation) -> Operation {
        let operation = operation.gives::<T>(StatusCode::OK);
        match self {
            Self::Browser => operation,
            Self::Backend => operation.gives_nothing(StatusCode::NOT_MODIFIED),
        }
    }

    /// The status of an answer to a `POST`.
    pub(super) fn made(self) -> StatusCode {
        match self {
            Self::Browser => StatusCode::OK,
            Self::Backend => StatusCode::CREATED,
        }
    }

    /// The answer: 200 in a browser; at the backend `status`.
    ///
    /// # Errors
    /// What ends the run without an answer.
    pub(super) fn answer(
        self,
        unit: &impl UnitOfWork,
        request: &Inbound,
        status: StatusCode,
        answered: Result<impl Serialize, Stop>,
    ) -> Outcome {
        match self {
            Self::Browser => Ok(Reply::ok(&answered?)),
            Self::Backend => backend::answer(unit, request, status, answered),
        }
    }
}
