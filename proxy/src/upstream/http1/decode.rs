//! The bytes of an answer (RFC 9112, sections 4, 6 and 7). Heads that could be read in two ways are looked for one step further on.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use hyper::ext::ReasonPhrase;

use crate::exchange::Notable;
use crate::http1::{Chunks, Lines, Malformed, Remaining, has_word, header_name, header_value};

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

/// Reads a head, if it is whole, and takes it off the bytes. Its values stay where they are; nothing is copied. The fields of the
/// last head take the place of what is in `headers`.
///
/// # Errors
/// When the bytes are no HTTP.
pub(super) fn head(bytes: &mut Bytes, headers: &mut HeaderMap) -> Result<Option<Found>, Malformed> {
    let Some(length) = length_of_head(bytes)? else {
        return Ok(None);
    };
    let whole = bytes.split_to(length);
    let mut lines = Lines::of(&whole);
    let mut head = status_line(lines.next()?.unwrap_or_default())?;
    if is_interim(head.status) {
        // The request may have to be sent once more: its own fields stay.
        let mut headers = HeaderMap::new();
        fields(&mut lines, &whole, &mut headers)?;
        return Ok(Some(Found::Interim(head.status, headers)));
    }
    headers.clear();
    head.notable = fields(&mut lines, &whole, headers)?;
    Ok(Some(Found::Final(head)))
}

/// The bytes of a head, once its last line is there. Whether it is none is seen in its first line, however long it gets.
fn length_of_head(bytes: &[u8]) -> Result<Option<usize>, Malformed> {
    let mut lines = Lines::of(bytes);
    let begun = bytes.get(..BEGINNING.len()).unwrap_or(bytes);
    if !BEGINNING.starts_with(begun) {
        return Err(Malformed("the version"));
    }
    while let Some(line) = lines.next()? {
        if line.is_empty() {
            return Ok(Some(lines.taken()));
        }
    }
    Ok(None)
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

fn fields(lines: &mut Lines<'_>, bytes: &Bytes, headers: &mut HeaderMap) -> Result<Notable, Malformed> {
    let mut notable = Notable::default();
    let mut count = 0;
    while let Some(line) = lines.next()?.filter(|line| !line.is_empty()) {
        count += 1;
        if count > MOST_HEADERS {
            return Err(Malformed("too many headers"));
        }
        let colon = memchr::memchr(b':', line).ok_or(Malformed("a header"))?;
        let (name, value) = line.split_at_checked(colon).ok_or(Malformed("a header"))?;
        let (name, noted) = header_name(name).map_err(|_| Malformed("a header name"))?;
        let value = header_value(value.get(1..).unwrap_or_default(), bytes)?;
        if is_only_for_us(&name, &value, noted) {
            continue;
        }
        notable = notable.and(noted);
        headers.append(name, value);
    }
    Ok(notable)
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
