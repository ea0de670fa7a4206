//! Why a request has no answer from behind Ficus. Turned into a response in `layers/rescue.rs`, and nowhere else.

use std::fmt;
use std::time::Duration;

use crate::framing::Refusal;

/// An error that can cross threads.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A failure of one exchange.
#[derive(Debug)]
pub struct ProxyError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Who is at fault.
    pub side: FaultSide,
    /// The cause, for the log.
    pub source: Option<BoxError>,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Ficus itself turns the request away, for a reason that has a counter of its own.
    Refused(Refusal),
    /// The request is malformed in some other way.
    BadRequest(&'static str),
    /// Too many requests are in flight.
    Overloaded {
        /// When to come back.
        retry_after: Duration,
    },
    /// Nothing answers at the address.
    Unreachable,
    /// The answer broke off or was no HTTP.
    BrokenAnswer,
    /// The head of the answer did not come in time.
    Timeout,
    /// The route is native, and native handlers cannot run.
    NativeUnavailable,
    /// The native handler failed and legacy could not be asked instead.
    NativeFailed,
    /// The client is gone.
    ClientGone,
}

/// Who is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultSide {
    /// The client.
    Client,
    /// The legacy app.
    Legacy,
    /// The native handlers.
    Native,
    /// Ficus itself.
    Proxy,
}

impl ProxyError {
    /// A failure without a further cause.
    #[must_use]
    pub const fn new(kind: ErrorKind, side: FaultSide) -> Self {
        Self {
            kind,
            side,
            source: None,
        }
    }

    /// The client's fault.
    #[must_use]
    pub const fn client(kind: ErrorKind) -> Self {
        Self::new(kind, FaultSide::Client)
    }

    /// A request that Ficus turns away.
    #[must_use]
    pub const fn refused(refusal: Refusal) -> Self {
        Self::client(ErrorKind::Refused(refusal))
    }

    /// The refusal that this failure comes from, however deep: a body that goes wrong fails whoever reads it.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        if let ErrorKind::Refused(refusal) = self.kind {
            return Some(refusal);
        }
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            let found = error.downcast_ref::<Refusal>();
            if let Some(refusal) = found.or_else(|| inner.and_then(|inner| inner.downcast_ref())) {
                return Some(*refusal);
            }
            cause = error.source();
        }
        None
    }

    /// Legacy's fault.
    #[must_use]
    pub fn legacy(kind: ErrorKind, source: impl Into<BoxError>) -> Self {
        Self {
            kind,
            side: FaultSide::Legacy,
            source: Some(source.into()),
        }
    }

    /// Native's fault.
    #[must_use]
    pub fn native(kind: ErrorKind, source: impl Into<BoxError>) -> Self {
        Self {
            kind,
            side: FaultSide::Native,
            source: Some(source.into()),
        }
    }
}

impl ErrorKind {
    /// One word for logs and metric labels.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.label(),
            Self::BadRequest(_) => "bad_request",
            Self::Overloaded { .. } => "overloaded",
            Self::Unreachable => "unreachable",
            Self::BrokenAnswer => "broken_answer",
            Self::Timeout => "timeout",
            Self::NativeUnavailable => "native_unavailable",
            Self::NativeFailed => "native_failed",
            Self::ClientGone => "client_gone",
        }
    }

    /// What the client is told.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.message(),
            Self::BadRequest(reason) => reason,
            Self::Overloaded { .. } => "Too many requests at once, try again shortly",
            Self::Unreachable | Self::BrokenAnswer => "The application did not answer",
            Self::Timeout => "The application did not answer in time",
            Self::NativeUnavailable | Self::NativeFailed => "The service is not available",
            Self::ClientGone => "The client closed the connection",
        }
    }
}

impl FaultSide {
    /// One word for logs and metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Legacy => "legacy",
            Self::Native => "native",
            Self::Proxy => "proxy",
        }
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.kind.message(), self.side.as_str())
    }
}

impl std::error::Error for ProxyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}
