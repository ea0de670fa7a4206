//! The bytes of an answer (RFC 9112, sections 4, 6 and 7). Heads that could be read in two ways are looked for one step further on.

use std::mem::MaybeUninit;

use bytes::{Buf as _, Bytes};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use hyper::ext::ReasonPhrase;

use super::Broken;
use crate::exchange::Notable;
use crate::http1::{Chunks, Malformed, Remaining, header_name};

/// Most header lines of an answer.
const MOST_HEADERS: usize = 100;

/// The first line of an answer.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    /// The words of the status, where they are not the usual ones.
    pub(super) reason: Option<ReasonPhrase>,
    pub(super) version: Version,
    /// Which of its headers matter.
    pub(super) notable: Notable,
}

/// A head among the bytes of an answer.
#[derive(Debug)]
pub(super) enum Found {
    /// Another follows to the same request.
    Interim(StatusCode, HeaderMap),
    /// The last one.
    Final(Head),
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
            Err(error) => return Err(Malformed(reason(error)).into()),
        };
    let status = parsed
        .code
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or(Malformed("the status"))?;
    if is_interim(status) {
        // The request may have to be sent once more: its own fields stay.
        let mut headers = HeaderMap::new();
        fields(parsed.headers, bytes, &mut headers)?;
        bytes.advance(length);
        return Ok(Some(Found::Interim(status, headers)));
    }
    headers.clear();
    let notable = fields(parsed.headers, bytes, headers)?;
    let words = parsed.reason.filter(|words| Some(*words) != status.canonical_reason());
    let head = Head {
        status,
        reason: words.and_then(|words| words.as_bytes().try_into().ok()),
        version: match parsed.version {
            Some(1) => Version::HTTP_11,
            _ => Version::HTTP_10,
        },
        notable,
    };
    bytes.advance(length);
    Ok(Some(Found::Final(head)))
}

/// Whether another answer follows to the same request. 101 is the last one: what comes after it is no HTTP.
fn is_interim(status: StatusCode) -> bool {
    status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS
}

fn fields(lines: &[httparse::Header<'_>], bytes: &Bytes, headers: &mut HeaderMap) -> Result<Notable, Malformed> {
    let mut notable = Notable::default();
    for line in lines {
        if is_only_for_us(line) {
            continue;
        }
        let (name, noted) = header_name(line.name.as_bytes()).map_err(|_| Malformed("a header name"))?;
        let value = HeaderValue::from_maybe_shared(bytes.slice_ref(line.value));
        notable = notable.and(noted);
        headers.append(name, value.map_err(|_| Malformed("a header value"))?);
    }
    Ok(notable)
}

/// Whether a field says that the connection lives on, and nothing else: most answers have it, and it is for nobody behind us.
fn is_only_for_us(line: &httparse::Header<'_>) -> bool {
    match line.name.len() {
        10 if line.name.eq_ignore_ascii_case("connection") => line.value.eq_ignore_ascii_case(b"keep-alive"),
        10 => line.name.eq_ignore_ascii_case("keep-alive"),
        _ => false,
    }
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
            && !(self.notable.has(Notable::CONNECTION) && headers.get_all(CONNECTION).iter().any(closes))
    }
}

/// How the body of an answer is framed (RFC 9112, section 6.3).
///
/// # Errors
/// When the length is none.
pub(super) fn remaining(head: &Head, headers: &HeaderMap, bodiless: bool) -> Result<Remaining, Malformed> {
    let none = matches!(
        head.status,
        StatusCode::SWITCHING_PROTOCOLS | StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
    );
    if bodiless || none {
        return Ok(Remaining::Nothing);
    }
    let coding = match head.notable.has(Notable::TRANSFER_ENCODING) {
        true => headers.get(TRANSFER_ENCODING),
        false => None,
    };
    if let Some(coding) = coding {
        return match coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
            true if head.version == Version::HTTP_11 => Ok(Remaining::Chunked(Chunks::default())),
            true => Err(Malformed("chunks in HTTP/1.0")),
            false => Ok(Remaining::UntilClosed),
        };
    }
    let Some(length) = headers.get(CONTENT_LENGTH) else {
        return Ok(Remaining::UntilClosed);
    };
    let digits = length
        .to_str()
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = digits.and_then(|digits| digits.parse().ok());
    length.map(Remaining::Length).ok_or(Malformed("the Content-Length"))
}
