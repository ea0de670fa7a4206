//! The bytes of an answer (RFC 9112, sections 4, 6 and 7). Heads that could be read in two ways are looked for one step further on.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use hyper::ext::ReasonPhrase;

use crate::exchange::Notable;
use crate::http1::{Chunks, Lines, Malformed, Remaining, field, has_word, header_name, header_value};

/// What an answer begins with.
const BEGINNING: &[u8] = b"HTTP/1.";
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

/// Reads a head, if it is whole, and takes it off the bytes. Its values stay where they are; nothing is copied. Its fields are put
/// into `headers`, which is empty as long as there is no final one.
///
/// # Errors
/// When the bytes are no HTTP.
pub(super) fn head(bytes: &mut Bytes, headers: &mut HeaderMap) -> Result<Option<Found>, Malformed> {
    // Whether it is none is seen in its first bytes, however long it gets.
    if !BEGINNING.starts_with(bytes.get(..BEGINNING.len()).unwrap_or(bytes)) {
        return Err(Malformed("the version"));
    }
    let mut lines = Lines::of(bytes);
    let Some(first) = lines.next()? else {
        return Ok(None);
    };
    let mut head = status_line(first)?;
    let Some(notable) = fields(&mut lines, bytes, headers)? else {
        headers.clear();
        return Ok(None);
    };
    head.notable = notable;
    let length = lines.taken();
    drop(bytes.split_to(length));
    Ok(Some(match is_interim(head.status) {
        true => Found::Interim(head.status, std::mem::take(headers)),
        false => Found::Final(head),
    }))
}

/// `HTTP/1.1 200 OK`; some say nothing behind the status, not even the space.
fn status_line(line: &[u8]) -> Result<Head, Malformed> {
    let (version, rest) = line
        .split_at_checked(BEGINNING.len() + 1)
        .ok_or(Malformed("the version"))?;
    let version = match version.last() {
        Some(b'1') => Version::HTTP_11,
        Some(b'0') => Version::HTTP_10,
        _ => return Err(Malformed("the version")),
    };
    let rest = rest.strip_prefix(b" ").ok_or(Malformed("the version"))?;
    let (code, words) = rest.split_at_checked(3).ok_or(Malformed("the status"))?;
    let status = StatusCode::from_bytes(code).map_err(|_| Malformed("the status"))?;
    let words = match words {
        [] => words,
        [b' ', words @ ..] => words,
        _ => return Err(Malformed("the status")),
    };
    let usual = status.canonical_reason().unwrap_or_default().as_bytes();
    let reason = (!words.is_empty() && words != usual).then(|| words.try_into());
    Ok(Head {
        status,
        reason: reason.transpose().map_err(|_| Malformed("the words of the status"))?,
        version,
        notable: Notable::default(),
    })
}

/// Whether another answer follows to the same request. 101 is the last one: what comes after it is no HTTP.
fn is_interim(status: StatusCode) -> bool {
    status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS
}

/// What is of note in the fields; none if their end has not come yet.
fn fields(lines: &mut Lines<'_>, bytes: &Bytes, headers: &mut HeaderMap) -> Result<Option<Notable>, Malformed> {
    let mut notable = Notable::default();
    for _ in 0..=MOST_HEADERS {
        let line = match lines.next()? {
            None => return Ok(None),
            Some([]) => return Ok(Some(notable)),
            Some(line) => line,
        };
        let (name, value) = field(line)?;
        let (name, noted) = header_name(name).map_err(|_| Malformed("a header name"))?;
        let value = header_value(value, bytes)?;
        if !is_only_for_us(&name, &value, noted) {
            notable = notable.and(noted);
            headers.append(name, value);
        }
    }
    Err(Malformed("too many headers"))
}

/// Whether a field says that the connection lives on, and nothing else: most answers have it, and it is for nobody behind us.
fn is_only_for_us(name: &HeaderName, value: &HeaderValue, noted: Notable) -> bool {
    if noted.has(Notable::CONNECTION) {
        return value.as_bytes().eq_ignore_ascii_case(b"keep-alive");
    }
    noted.has(Notable::KEPT) && name.as_str() == "keep-alive"
}

impl Head {
    /// Whether the connection may be used again. What HTTP/1.0 says of that is not worth a question.
    pub(super) fn keeps_alive(&self, headers: &HeaderMap) -> bool {
        let closes = |value: &HeaderValue| has_word(value.as_bytes(), b"close");
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
