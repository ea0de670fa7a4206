//! Why somebody who logged in by phone is not let in (auth contract, "Error codes").

use http::StatusCode;

use crate::kit::error::ApiError;

/// Why a token is not accepted; each has the text and the code of the contract.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// No token at all.
    TokenRequired,
    /// Unknown or revoked.
    NotFound,
    /// Too old.
    Expired,
    /// No app user is linked.
    NoAccount,
    /// The app user waits for approval.
    Pending,
    /// The app user is suspended or inactive.
    Suspended,
    /// The app user's chat access was revoked.
    Revoked,
}

impl Refusal {
    /// The text of the contract.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::TokenRequired => "Session token is required",
            Self::NotFound => "Session not found",
            Self::Expired => "Session has expired",
            Self::NoAccount => "No encontramos una cuenta autorizada para este número.",
            Self::Pending => "Tu acceso al chatbot está pendiente de aprobación. Contacta al administrador.",
            Self::Suspended => "Tu cuenta se encuentra suspendida. Contacta al administrador.",
            Self::Revoked => "Tu acceso al chatbot fue revocado por un administrador.",
        }
    }

    /// The code of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TokenRequired | Self::NotFound | Self::Expired => "SESSION_INVALID",
            Self::NoAccount | Self::Pending | Self::Suspended | Self::Revoked => "ACCESS_DENIED",
        }
    }

    /// The answer of most endpoints: 401 for the session, 400 for the access.
    #[must_use]
    pub fn of_reading(self) -> ApiError {
        self.answer(match self {
            Self::TokenRequired | Self::NotFound | Self::Expired => StatusCode::UNAUTHORIZED,
            Self::NoAccount | Self::Pending | Self::Suspended | Self::Revoked => StatusCode::BAD_REQUEST,
        })
    }

    /// The envelope `{"error","code"}`; which status a code has depends on the endpoint.
    #[must_use]
    pub fn answer(self, status: StatusCode) -> ApiError {
        ApiError::coded(status, self.message(), self.code())
    }
}
