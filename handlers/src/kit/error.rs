//! Refusals in the envelopes of the legacy system.

use std::fmt;

use http::{HeaderName, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::reply::Reply;

/// The body of a refusal by the Next.js routes.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Bare {
    /// What is wrong, for a person.
    pub error: String,
}

/// The body of a typed backend exception.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// What is wrong, for a person.
    pub message: String,
    /// The name of the status.
    pub error: String,
    /// The status again.
    pub status_code: u16,
}

/// The body of an unexpected backend failure, which has no name of the status.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unexpected {
    /// The status again.
    pub status_code: u16,
    /// What is wrong, for a person.
    pub message: String,
}

/// The body of a refusal by the chat login.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Coded {
    /// What is wrong, for a person.
    pub error: String,
    /// What is wrong, for a program.
    pub code: String,
}

impl Unexpected {
    /// The body for a status.
    #[must_use]
    pub fn new(status: StatusCode, message: &str) -> Self {
        Self {
            status_code: status.as_u16(),
            message: message.to_owned(),
        }
    }
}

/// A refusal that is part of the contract: its literal text is written where it is found.
///
/// It is an answer like any other (writes made before it are committed) unless [`ApiError::rolled_back`] is said.
#[derive(Debug)]
pub struct ApiError {
    /// The status of the answer.
    pub status: StatusCode,
    /// The whole JSON body.
    pub body: Value,
    /// Headers besides the content type.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What caused it, for the log only; never sent.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// Whether the writes of this unit of work are undone.
    pub rollback: bool,
}

impl ApiError {
    /// The bare envelope of the Next.js routes: `{"error": text}`.
    #[must_use]
    pub fn bare(status: StatusCode, text: &str) -> Self {
        Self::of(status, &Bare { error: text.to_owned() })
    }

    /// The envelope of typed backend exceptions (E1 in the contract): `{"message", "error": <status name>, "statusCode"}`.
    #[must_use]
    pub fn envelope(status: StatusCode, message: &str) -> Self {
        let name = status.canonical_reason().unwrap_or("Error");
        let envelope = Envelope {
            message: message.to_owned(),
            error: name.to_owned(),
            status_code: status.as_u16(),
        };
        Self::of(status, &envelope)
    }

    /// The envelope of unexpected backend failures (E500 in the contract).
    #[must_use]
    pub fn internal() -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::of(status, &Unexpected::new(status, "Internal server error"))
    }

    /// `{"error": text, "code": code}`, used by the chat login.
    #[must_use]
    pub fn coded(status: StatusCode, text: &str, code: &str) -> Self {
        let coded = Coded {
            error: text.to_owned(),
            code: code.to_owned(),
        };
        Self::of(status, &coded)
    }

    /// Any body that is declared as a type.
    #[must_use]
    pub fn of(status: StatusCode, body: &impl Serialize) -> Self {
        Self::with_body(status, serde_json::to_value(body).unwrap_or_default())
    }

    /// Any other body.
    #[must_use]
    pub fn with_body(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            body,
            headers: Vec::new(),
            source: None,
            rollback: false,
        }
    }

    /// Undoes the writes of this unit of work.
    #[must_use]
    pub fn rolled_back(mut self) -> Self {
        self.rollback = true;
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "refused with status {}", self.status.as_u16())
    }
}

impl std::error::Error for ApiError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<ApiError> for Reply {
    fn from(error: ApiError) -> Self {
        let rollback = error.rollback;
        let mut reply = Self::json(error.status, &error.body);
        reply.headers_mut().extend(error.headers);
        if rollback { reply.rollback() } else { reply }
    }
}

impl axum::response::IntoResponse for ApiError {
    fn into_response(self) -> axum::response::Response {
        Reply::from(self).into_response()
    }
}
