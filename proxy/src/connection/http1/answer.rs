//! The head of an answer as bytes, and how its body follows (RFC 9112, sections 4, 6 and 7).

use std::cell::RefCell;
use std::io::Write as _;

use http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderName, TRAILER, TRANSFER_ENCODING};
use http::{HeaderValue, Response, StatusCode};
use http_body::Body as _;
use hyper::ext::ReasonPhrase;
use time::OffsetDateTime;

use crate::body::Body;
use crate::http1::{has_word, write_field};

/// What an answer has to know of its request.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Whether it was `HEAD`.
    pub(super) bodiless: bool,
    /// Whether it was HTTP/1.0.
    pub(super) http_10: bool,
    /// Whether the client takes trailers.
    pub(super) trailers: bool,
    /// Whether another request may follow.
    pub(super) keeps_alive: bool,
}

/// What is to come of a body.
#[derive(Debug)]
pub(super) enum Framing {
    /// Nothing.
    Nothing,
    /// So many bytes.
    Length(u64),
    /// Chunks, and then trailers of these names.
    Chunked {
        /// Those that the head announces and the client takes.
        trailers: Vec<HeaderName>,
    },
    /// Whatever comes before the connection ends.
    UntilClosed,
}

impl Framing {
    /// Whether all of it has been handed over.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Nothing | Self::Length(0))
    }
}

/// What the fields of an answer say of its framing.
#[derive(Debug, Default)]
struct Said {
    length: Option<u64>,
    date: bool,
    keep_alive: bool,
    close: bool,
    trailers: Vec<HeaderName>,
}

/// Writes the head of an answer, with what Ficus itself says in place of what the answer says under the same names. Says how its body
/// follows, and whether another request may.
pub(super) fn encode(
    response: &Response<Body>,
    own: &[(HeaderName, HeaderValue)],
    asked: &Asked,
    text: &mut Vec<u8>,
) -> (Framing, bool) {
    status_line(response, asked, text);
    let size = Size::of(response, asked);
    let mut said = Said::default();
    for (name, value) in response.headers() {
        if !own.iter().any(|(ours, _)| ours == name) {
            said.field(name, value, asked, &size, text);
        }
    }
    for (name, value) in own {
        write_field(text, name.as_str(), value.as_bytes());
    }
    let framing = framing(&size, asked, &mut said, text);
    let keeps_alive = asked.keeps_alive && !said.close && !matches!(framing, Framing::UntilClosed);
    match (asked.http_10, keeps_alive) {
        (true, true) if !said.keep_alive => text.extend_from_slice(b"connection: keep-alive\r\n"),
        (false, false) if !said.close => text.extend_from_slice(b"connection: close\r\n"),
        _ => {}
    }
    if !said.date {
        date(text);
    }
    text.extend_from_slice(b"\r\n");
    (framing, keeps_alive)
}

fn status_line(response: &Response<Body>, asked: &Asked, text: &mut Vec<u8>) {
    let status = response.status();
    let reason = response.extensions().get::<ReasonPhrase>();
    if status == StatusCode::OK && reason.is_none() && !asked.http_10 {
        text.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
        return;
    }
    let version: &[u8] = if asked.http_10 { b"HTTP/1.0 " } else { b"HTTP/1.1 " };
    let usual = || status.canonical_reason().unwrap_or_default().as_bytes();
    let reason = reason.map_or_else(usual, ReasonPhrase::as_bytes);
    for part in [version, status.as_str().as_bytes(), b" ", reason, b"\r\n"] {
        text.extend_from_slice(part);
    }
}

/// Whether an answer to anything but `HEAD` has a body (RFC 9110, section 6.4.1).
fn has_body(status: StatusCode) -> bool {
    !status.is_informational() && !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// What is known of the size of an answer before its fields are looked at.
#[derive(Debug, Clone, Copy)]
enum Size {
    /// Its status has no body, and no length either.
    Never,
    /// It answers `HEAD`, with the length that a `GET` would have got, if that is known.
    Elsewhere(Option<u64>),
    /// So much.
    Exactly(u64),
    /// What its fields say; else nobody knows.
    Unknown,
}

impl Size {
    fn of(response: &Response<Body>, asked: &Asked) -> Self {
        let body = response.body();
        if !has_body(response.status()) {
            return Self::Never;
        }
        match (asked.bodiless, body.is_end_stream()) {
            // Of a body that is not there nothing is known.
            (true, true) => Self::Elsewhere(None),
            (true, false) => Self::Elsewhere(body.size_hint().exact()),
            (false, true) => Self::Exactly(0),
            (false, false) => body.size_hint().exact().map_or(Self::Unknown, Self::Exactly),
        }
    }
}

impl Said {
    /// Takes in one field, and writes it unless something else takes its place.
    fn field(&mut self, name: &HeaderName, value: &HeaderValue, asked: &Asked, size: &Size, text: &mut Vec<u8>) {
        match *name {
            CONTENT_LENGTH => return self.length(value, size, text),
            // How the body is framed on this connection is said below.
            TRANSFER_ENCODING => return,
            TRAILER => {
                if asked.http_10 || !matches!(size, Size::Unknown) {
                    return;
                }
                if asked.trailers {
                    let names = value.to_str().unwrap_or_default().split(',');
                    self.trailers.extend(names.filter_map(|name| name.trim().parse().ok()));
                }
            }
            CONNECTION => {
                self.close |= has_word(value.as_bytes(), b"close");
                self.keep_alive |= has_word(value.as_bytes(), b"keep-alive");
            }
            DATE => self.date = true,
            _ => {}
        }
        write_field(text, name.as_str(), value.as_bytes());
    }

    /// The length that was said, in its place; what is there goes before what was said.
    fn length(&mut self, value: &HeaderValue, size: &Size, text: &mut Vec<u8>) {
        let said = value.to_str().ok().and_then(|digits| digits.parse::<u64>().ok());
        let length = match size {
            Size::Never => None,
            Size::Exactly(length) => Some(*length),
            Size::Elsewhere(_) | Size::Unknown => said,
        };
        if let Some(length) = length.filter(|_| self.length.is_none()) {
            self.length = Some(length);
            if said == Some(length) {
                write_field(text, "content-length", value.as_bytes());
            } else {
                length_line(text, length);
            }
        }
    }
}

/// How the body is framed: by the length that was said, or that is known, else in chunks. Writes the field that says so, unless that
/// has been done.
fn framing(size: &Size, asked: &Asked, said: &mut Said, text: &mut Vec<u8>) -> Framing {
    let known = match size {
        Size::Never => return Framing::Nothing,
        Size::Exactly(length) => Some(*length),
        Size::Elsewhere(length) => *length,
        Size::Unknown => None,
    };
    if let (None, Some(length)) = (said.length, known) {
        length_line(text, length);
    }
    match (asked.bodiless, said.length.or(known)) {
        (true, _) => Framing::Nothing,
        (false, Some(length)) => Framing::Length(length),
        (false, None) if asked.http_10 => Framing::UntilClosed,
        (false, None) => {
            write_field(text, "transfer-encoding", b"chunked");
            Framing::Chunked {
                trailers: std::mem::take(&mut said.trailers),
            }
        }
    }
}

fn length_line(text: &mut Vec<u8>, length: u64) {
    // Writing to memory cannot fail.
    write!(text, "content-length: {length}\r\n").unwrap_or_default();
}

/// The line before the data of a chunk.
pub(super) fn chunk_size(text: &mut Vec<u8>, size: usize) {
    // Writing to memory cannot fail.
    write!(text, "{size:x}\r\n").unwrap_or_default();
}

/// An origin with a clock says when it has answered (RFC 9110, section 6.6.1); legacy mostly has done so itself.
fn date(text: &mut Vec<u8>) {
    thread_local! {
        /// The second that was written last, and how.
        static LAST: RefCell<(i64, String)> = const { RefCell::new((0, String::new())) };
    }
    let now = OffsetDateTime::now_utc();
    let second = now.unix_timestamp();
    LAST.with_borrow_mut(|(last, written)| {
        if *last != second || written.is_empty() {
            *written = httpdate::fmt_http_date(now.into());
            *last = second;
        }
        write_field(text, "date", written.as_bytes());
    });
}

#[cfg(test)]
mod tests;
