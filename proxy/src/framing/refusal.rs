//! Why Ficus turns a request away: one word for the counter, one status and one sentence for the client.

use std::fmt;

use http::StatusCode;

/// A reason to turn a request away. Every one is counted by its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The request line is not `method target version` with single spaces (RFC 9112, section 3).
    RequestLine,
    /// Neither HTTP/1.1 nor HTTP/1.0.
    Version,
    /// A form of target that the method does not allow (RFC 9112, section 3.2).
    Target,
    /// `CONNECT`: Ficus is no forward proxy.
    Connect,
    /// A line that ends without a carriage return, or a stray one.
    LineEnd,
    /// A header line that goes on in the next one (RFC 9112, section 5.2).
    HeaderFold,
    /// A field name that is empty or no token, or a space before the colon (RFC 9112, section 5.1).
    HeaderName,
    /// A control character in a value.
    HeaderValue,
    /// `Content-Length` that is no plain number, or more than one.
    ContentLength,
    /// `Transfer-Encoding` that is not exactly `chunked`, given twice, or part of an HTTP/1.0 request.
    TransferEncoding,
    /// Both framings at once (RFC 9112, section 6.1).
    TwoFramings,
    /// A chunk that is not framed to the letter (RFC 9112, section 7.1).
    Chunk,
    /// A trailer field that would change what was asked (RFC 9110, section 6.5.1).
    Trailer,
    /// An expectation other than `100-continue` (RFC 9110, section 10.1.1).
    Expectation,
    /// An upgrade that is not complete.
    Upgrade,
    /// `Host` is missing, doubled or malformed (RFC 9112, section 3.2).
    Host,
    /// A host that this origin does not serve.
    UnknownHost,
    /// A host that has another certificate here than the one of this connection (RFC 9110, section 15.5.20).
    Misdirected,
    /// The path has no canonical form.
    Path,
    /// The target is longer than allowed.
    UriTooLong,
    /// The head is larger than allowed.
    HeadTooLarge,
    /// More header lines than allowed.
    TooManyHeaders,
    /// The body is larger than allowed.
    BodyTooLarge,
    /// The head did not come in time.
    SlowHead,
    /// The body came too slowly.
    SlowBody,
    /// The client took its answer too slowly.
    SlowReader,
    /// Too many connections from one address.
    Connections,
    /// Too many requests in flight.
    Overloaded,
    /// A server action where there are no pages.
    ServerAction,
}

impl Refusal {
    /// The label of its counter.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::RequestLine => "request_line",
            Self::Version => "version",
            Self::Target => "target",
            Self::Connect => "connect",
            Self::LineEnd => "line_end",
            Self::HeaderFold => "header_fold",
            Self::HeaderName => "header_name",
            Self::HeaderValue => "header_value",
            Self::ContentLength => "content_length",
            Self::TransferEncoding => "transfer_encoding",
            Self::TwoFramings => "two_framings",
            Self::Chunk => "chunk",
            Self::Trailer => "trailer",
            Self::Expectation => "expectation",
            Self::Upgrade => "upgrade",
            Self::Host => "host",
            Self::UnknownHost => "unknown_host",
            Self::Misdirected => "misdirected",
            Self::Path => "path",
            Self::UriTooLong => "uri_too_long",
            Self::HeadTooLarge => "head_too_large",
            Self::TooManyHeaders => "too_many_headers",
            Self::BodyTooLarge => "body_too_large",
            Self::SlowHead => "slow_head",
            Self::SlowBody => "slow_body",
            Self::SlowReader => "slow_reader",
            Self::Connections => "connections",
            Self::Overloaded => "overloaded",
            Self::ServerAction => "server_action",
        }
    }

    /// What the client is told.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::RequestLine => "The request line is malformed",
            Self::Version => "The HTTP version is not supported on this connection",
            Self::Target => "The method does not allow this form of target",
            Self::Connect => "CONNECT is not supported",
            Self::LineEnd => "Every line must end with CR LF",
            Self::HeaderFold => "A header line must not go on in the next one",
            Self::HeaderName => "A header has no proper name",
            Self::HeaderValue => "A header has a control character in it",
            Self::ContentLength => "There must be one Content-Length, and it must be a plain number",
            Self::TransferEncoding => "Transfer-Encoding must be exactly `chunked`, once, in HTTP/1.1",
            Self::TwoFramings => "Content-Length and Transfer-Encoding exclude each other",
            Self::Chunk => "The chunked body is malformed",
            Self::Trailer => "A trailer has a field that belongs into the head",
            Self::Expectation => "Only the expectation `100-continue` is supported",
            Self::Upgrade => "The upgrade is not complete",
            Self::Host => "There must be one well-formed Host",
            Self::UnknownHost => "This host is not served here",
            Self::Misdirected => "This host is served here, but not on a connection that was made for another name",
            Self::Path => "The path cannot be read",
            Self::UriTooLong => "The address is too long",
            Self::HeadTooLarge => "The head of the request is too large",
            Self::TooManyHeaders => "The request has too many headers",
            Self::BodyTooLarge => "The request body is too large",
            Self::SlowHead => "The head of the request did not come in time",
            Self::SlowBody => "The request body came too slowly",
            Self::SlowReader => "The answer was read too slowly",
            Self::Connections => "Too many connections from this address",
            Self::Overloaded => "Too many requests at once, try again shortly",
            Self::ServerAction => "There are no server actions under this path",
        }
    }

    /// The status that says so.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadTooLarge | Self::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowHead | Self::SlowBody | Self::SlowReader => StatusCode::REQUEST_TIMEOUT,
            Self::Expectation => StatusCode::EXPECTATION_FAILED,
            Self::UnknownHost | Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::Connections | Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::ServerAction => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether the connection ends with the answer: what follows on it may not be what the client thinks it is.
    #[must_use]
    pub const fn closes(self) -> bool {
        !matches!(self, Self::UnknownHost | Self::Misdirected | Self::Overloaded)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.message())
    }
}

impl std::error::Error for Refusal {}
