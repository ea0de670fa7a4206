//! The head of an upstream's answer, looked at for the same doubts as a request: one that could be read in two ways is not passed
//! on, and its connection is not used again (RFC 9112, section 6.3).

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Response, StatusCode, Version};

use crate::exchange::Notable;

/// What is doubtful in an answer with these headers of note, if so.
#[must_use]
pub fn doubt_in_answer(head: &Response<()>, notable: Notable) -> Option<&'static str> {
    if !notable.has(Notable::CONTENT_LENGTH) && !notable.has(Notable::TRANSFER_ENCODING) {
        return None;
    }
    let headers = head.headers();
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let length = lengths.next();
    if lengths.next().is_some() {
        return Some("the answer has more than one Content-Length");
    }
    let plain = |value: &[u8]| !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    if length.is_some_and(|length| !plain(length.as_bytes())) {
        return Some("the answer's Content-Length is no plain number");
    }
    // HTTP/2 has frames of its own.
    let chunked = notable.has(Notable::TRANSFER_ENCODING);
    if chunked && head.version() <= Version::HTTP_11 {
        let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
        if let Some(coding) = codings.next() {
            if length.is_some() {
                return Some("the answer has both Content-Length and Transfer-Encoding");
            }
            if codings.next().is_some() || !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
                return Some("the answer's Transfer-Encoding is not `chunked`");
            }
        }
    }
    let declares_body = length.is_some_and(|length| length != "0") || chunked;
    if head.status() == StatusCode::NO_CONTENT && declares_body {
        return Some("the answer is 204 and has a body");
    }
    None
}
