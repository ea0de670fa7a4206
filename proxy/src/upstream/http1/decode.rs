//! The bytes of an answer (RFC 9112, sections 4, 6 and 7). Heads that could be read in two ways are looked for one step further on.

use std::mem::MaybeUninit;

use bytes::{Buf as _, Bytes};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use http_body::{Frame, SizeHint};
use hyper::ext::ReasonPhrase;

use super::Broken;
use super::chunks::Chunks;

/// Most header lines of an answer.
const MOST_HEADERS: usize = 100;

/// The first line of an answer.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    /// The words of the status, where they are not the usual ones.
    pub(super) reason: Option<ReasonPhrase>,
    pub(super) version: Version,
}

/// A head among the bytes of an answer.
#[derive(Debug)]
pub(super) enum Found {
    /// Another follows to the same request.
    Interim(StatusCode, HeaderMap),
    /// The last one.
    Final(Head),
}

/// What is left of the body of an answer.
#[derive(Debug)]
pub(super) enum Remaining {
    /// Nothing.
    Nothing,
    /// So many bytes.
    Length(u64),
    /// Chunks, until one of them is the last.
    Chunked(Chunks),
    /// All that comes.
    UntilClosed,
}

/// Reads a head, if it is whole, and takes it off the bytes. Its values stay where they are; nothing is copied. The fields of the
/// last head take the place of what is in `headers`.
///
/// # Errors
/// When the bytes are no HTTP.
pub(super) fn head(bytes: &mut Bytes, headers: &mut HeaderMap) -> Result<Option<Found>, Broken> {
    let mut lines = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut parsed = httparse::Response::new(&mut []);
    let length =
        match httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut parsed, bytes, &mut lines) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(Broken::Malformed(reason(error))),
        };
    let status = parsed
        .code
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or(Broken::Malformed("the status"))?;
    if is_interim(status) {
        // The request may have to be sent once more: its own fields stay.
        let mut headers = HeaderMap::new();
        fields(parsed.headers, bytes, &mut headers)?;
        bytes.advance(length);
        return Ok(Some(Found::Interim(status, headers)));
    }
    headers.clear();
    fields(parsed.headers, bytes, headers)?;
    let words = parsed.reason.filter(|words| Some(*words) != status.canonical_reason());
    let head = Head {
        status,
        reason: words.and_then(|words| words.as_bytes().try_into().ok()),
        version: match parsed.version {
            Some(1) => Version::HTTP_11,
            _ => Version::HTTP_10,
        },
    };
    bytes.advance(length);
    Ok(Some(Found::Final(head)))
}

/// Whether another answer follows to the same request. 101 is the last one: what comes after it is no HTTP.
fn is_interim(status: StatusCode) -> bool {
    status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS
}

fn fields(lines: &[httparse::Header<'_>], bytes: &Bytes, headers: &mut HeaderMap) -> Result<(), Broken> {
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| Broken::Malformed("a header name"))?;
        let value = HeaderValue::from_maybe_shared(bytes.slice_ref(line.value));
        headers.append(name, value.map_err(|_| Broken::Malformed("a header value"))?);
    }
    Ok(())
}

/// What the parser missed.
fn reason(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::HeaderName => "a header name",
        httparse::Error::HeaderValue => "a header value",
        httparse::Error::NewLine => "a line end",
        httparse::Error::Status => "the status",
        httparse::Error::Token => "a token",
        httparse::Error::TooManyHeaders => "too many headers",
        httparse::Error::Version => "the version",
    }
}

impl Head {
    /// Whether the connection may be used again. What HTTP/1.0 says of that is not worth a question.
    pub(super) fn keeps_alive(&self, headers: &HeaderMap) -> bool {
        let closes = |value: &HeaderValue| {
            let words = value.as_bytes().split(|byte| *byte == b',');
            words
                .into_iter()
                .any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"))
        };
        self.version == Version::HTTP_11
            && self.status != StatusCode::SWITCHING_PROTOCOLS
            && !headers.get_all(CONNECTION).iter().any(closes)
    }
}

impl Remaining {
    /// How the body of an answer is framed (RFC 9112, section 6.3).
    ///
    /// # Errors
    /// When the length is none.
    pub(super) fn of(head: &Head, headers: &HeaderMap, bodiless: bool) -> Result<Self, Broken> {
        let none = matches!(
            head.status,
            StatusCode::SWITCHING_PROTOCOLS | StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        );
        if bodiless || none {
            return Ok(Self::Nothing);
        }
        if let Some(coding) = headers.get(TRANSFER_ENCODING) {
            return match coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
                true if head.version == Version::HTTP_11 => Ok(Self::Chunked(Chunks::default())),
                true => Err(Broken::Malformed("chunks in HTTP/1.0")),
                false => Ok(Self::UntilClosed),
            };
        }
        let Some(length) = headers.get(CONTENT_LENGTH) else {
            return Ok(Self::UntilClosed);
        };
        let digits = length
            .to_str()
            .ok()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let length = digits.and_then(|digits| digits.parse().ok());
        length.map(Self::Length).ok_or(Broken::Malformed("the Content-Length"))
    }

    /// Whether nothing is left.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Nothing | Self::Length(0) => true,
            Self::Length(_) | Self::UntilClosed => false,
            Self::Chunked(chunks) => chunks.is_over(),
        }
    }

    /// How many bytes are known to be left.
    pub(super) fn known(&self) -> usize {
        match self {
            Self::Length(left) => usize::try_from(*left).unwrap_or(usize::MAX),
            Self::Nothing | Self::Chunked(_) | Self::UntilClosed => 0,
        }
    }

    /// As `http_body` has it.
    pub(super) fn size_hint(&self) -> SizeHint {
        match self {
            Self::Nothing => SizeHint::with_exact(0),
            Self::Length(left) => SizeHint::with_exact(*left),
            Self::Chunked(_) | Self::UntilClosed => SizeHint::default(),
        }
    }

    /// All that is left, when it is all there and nothing else is.
    pub(super) fn whole(&mut self, bytes: &mut Bytes) -> Option<Bytes> {
        match self {
            Self::Length(left) if *left == bytes.len() as u64 => {
                *self = Self::Nothing;
                Some(std::mem::take(bytes))
            }
            _ => None,
        }
    }

    /// Takes the next piece of the body off the bytes; none when there is none in them.
    ///
    /// # Errors
    /// When the bytes are no chunks.
    pub(super) fn take(&mut self, bytes: &mut Bytes) -> Result<Option<Frame<Bytes>>, Broken> {
        match self {
            _ if bytes.is_empty() => Ok(None),
            Self::Nothing => Ok(None),
            Self::Length(left) => {
                let count = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= count as u64;
                Ok(Some(Frame::data(bytes.split_to(count))).filter(|_| count > 0))
            }
            Self::Chunked(chunks) => chunks.take(bytes),
            Self::UntilClosed => Ok(Some(Frame::data(std::mem::take(bytes)))),
        }
    }
}
