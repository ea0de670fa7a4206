//! The head of a request, line by line. Stricter than the server behind it: whatever two servers could read differently is refused
//! (RFC 9112, sections 2.2, 3, 5 and 6; what is only discouraged there counts as an attack here).

use super::line::{is_clean, is_target, token_length, without_spaces};
use super::refusal::Refusal;

/// A method and a version may take so many bytes of the request line beside the target.
const BESIDE_TARGET: usize = 64;
/// More digits make no length that fits.
const MOST_DIGITS: usize = 18;

/// How large a head may be.
#[derive(Debug, Clone, Copy)]
pub struct HeadLimits {
    /// The target, in bytes.
    pub uri_bytes: usize,
    /// The header lines.
    pub headers: usize,
    /// The whole head, in bytes.
    pub head_bytes: usize,
}

/// What a head says of the bytes that follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// The bytes of the head, its last line end included.
    pub(super) length: usize,
    /// How the body is framed.
    pub(super) body: Framing,
    /// Whether the client wants to leave HTTP.
    pub(super) upgrade: bool,
}

/// How a body is framed (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// By its length; none is a length of zero.
    Length(u64),
    /// In chunks.
    Chunked,
}

/// A head being read. It remembers where it stands, so no byte is looked at twice however the bytes arrive.
#[derive(Debug, Default)]
pub(super) struct HeadScan {
    /// Where the line that is not complete begins.
    line: usize,
    /// Up to here that line has no end.
    searched: usize,
    /// An empty line before the request line, which one client in the world still sends after a body (RFC 9112, section 2.2).
    leading: bool,
    /// Whether the request line has been read.
    begun: bool,
    headers: usize,
    http_10: bool,
    length: Option<u64>,
    chunked: bool,
    expects: bool,
    upgrade: bool,
}

impl HeadScan {
    /// Goes on reading; `bytes` begin where the head begins. None when its end has not come yet.
    pub(super) fn scan(&mut self, bytes: &[u8], limits: &HeadLimits) -> Result<Option<Head>, Refusal> {
        loop {
            let rest = bytes.get(self.searched..).unwrap_or_default();
            let Some(found) = memchr::memchr(b'\n', rest) else {
                self.searched = bytes.len();
                self.fits(bytes.len(), limits)?;
                return Ok(None);
            };
            let end = self.searched + found;
            self.fits(end + 1, limits)?;
            let line = bytes.get(self.line..end).unwrap_or_default();
            let Some((b'\r', line)) = line.split_last() else {
                return Err(Refusal::LineEnd);
            };
            self.line = end + 1;
            self.searched = end + 1;
            if !self.begun {
                self.begin(line, limits)?;
            } else if line.is_empty() {
                return self.finish(end + 1).map(Some);
            } else {
                self.header(line, limits)?;
            }
        }
    }

    /// Whether a head of which so many bytes are known can still be within its limits.
    fn fits(&self, known: usize, limits: &HeadLimits) -> Result<(), Refusal> {
        if !self.begun && known - self.line > (limits.uri_bytes + BESIDE_TARGET).min(limits.head_bytes) {
            return Err(Refusal::UriTooLong);
        }
        if known > limits.head_bytes {
            return Err(Refusal::HeadTooLarge);
        }
        Ok(())
    }

    /// The request line (RFC 9112, section 3).
    fn begin(&mut self, line: &[u8], limits: &HeadLimits) -> Result<(), Refusal> {
        if line.is_empty() && !self.leading {
            self.leading = true;
            return Ok(());
        }
        self.begun = true;
        let (method, rest) = line.split_at_checked(token_length(line)).ok_or(Refusal::RequestLine)?;
        let rest = rest.strip_prefix(b" ").filter(|_| !method.is_empty());
        let rest = rest.ok_or(Refusal::RequestLine)?;
        let space = memchr::memchr(b' ', rest).ok_or(Refusal::RequestLine)?;
        let (target, version) = rest.split_at_checked(space).ok_or(Refusal::RequestLine)?;
        self.http_10 = match version {
            b" HTTP/1.1" => false,
            b" HTTP/1.0" => true,
            _ if version.starts_with(b" HTTP/") && memchr::memchr(b' ', &version[1..]).is_none() => {
                return Err(Refusal::Version);
            }
            _ => return Err(Refusal::RequestLine),
        };
        if target.len() > limits.uri_bytes {
            return Err(Refusal::UriTooLong);
        }
        check_target(method, target)
    }

    fn header(&mut self, line: &[u8], limits: &HeadLimits) -> Result<(), Refusal> {
        self.headers += 1;
        if self.headers > limits.headers {
            return Err(Refusal::TooManyHeaders);
        }
        let (name, value) = split_header(line)?;
        match name.len() {
            6 if name.eq_ignore_ascii_case(b"expect") => self.expectation(value),
            7 if name.eq_ignore_ascii_case(b"upgrade") => {
                self.upgrade = true;
                Ok(())
            }
            14 if is_twin(name, b"content-length") => self.content_length(name, value),
            17 if is_twin(name, b"transfer-encoding") => self.transfer_encoding(name, value),
            _ => Ok(()),
        }
    }

    fn content_length(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
        let digits = without_spaces(value);
        let plain = (1..=MOST_DIGITS).contains(&digits.len())
            && digits.iter().all(u8::is_ascii_digit)
            && (digits.len() == 1 || !digits.starts_with(b"0"));
        if !plain || self.length.is_some() || name.contains(&b'_') {
            return Err(Refusal::ContentLength);
        }
        let length = digits
            .iter()
            .fold(0, |sum: u64, digit| sum * 10 + u64::from(digit - b'0'));
        self.length = Some(length);
        Ok(())
    }

    fn transfer_encoding(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
        if without_spaces(value) != b"chunked" || self.chunked || self.http_10 || name.contains(&b'_') {
            return Err(Refusal::TransferEncoding);
        }
        self.chunked = true;
        Ok(())
    }

    fn expectation(&mut self, value: &[u8]) -> Result<(), Refusal> {
        // A server that gets it in HTTP/1.0 ignores it (RFC 9110, section 10.1.1).
        if self.http_10 {
            return Ok(());
        }
        if self.expects || !without_spaces(value).eq_ignore_ascii_case(b"100-continue") {
            return Err(Refusal::Expectation);
        }
        self.expects = true;
        Ok(())
    }

    fn finish(&self, length: usize) -> Result<Head, Refusal> {
        let body = match (self.length, self.chunked) {
            (Some(_), true) => return Err(Refusal::TwoFramings),
            (None, true) => Framing::Chunked,
            (length, false) => Framing::Length(length.unwrap_or(0)),
        };
        Ok(Head {
            length,
            body,
            upgrade: self.upgrade && !self.http_10,
        })
    }
}

/// Name and value of a header line without its end.
pub(super) fn split_header(line: &[u8]) -> Result<(&[u8], &[u8]), Refusal> {
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        return Err(Refusal::HeaderFold);
    }
    let (name, rest) = line.split_at_checked(token_length(line)).ok_or(Refusal::HeaderName)?;
    let value = rest.strip_prefix(b":").ok_or(Refusal::HeaderName)?;
    if name.is_empty() {
        return Err(Refusal::HeaderName);
    }
    if !is_clean(value) {
        return Err(if value.contains(&b'\r') {
            Refusal::LineEnd
        } else {
            Refusal::HeaderValue
        });
    }
    Ok((name, value))
}

/// Whether a name is this one, also when it is written with underscores: some servers read it so.
fn is_twin(name: &[u8], of: &[u8]) -> bool {
    name.iter().zip(of).all(|(byte, wanted)| match byte {
        b'_' => *wanted == b'-',
        byte => byte.eq_ignore_ascii_case(wanted),
    })
}

/// Which forms of target a method allows (RFC 9112, section 3.2).
fn check_target(method: &[u8], target: &[u8]) -> Result<(), Refusal> {
    if method == b"CONNECT" {
        return Err(Refusal::Connect);
    }
    if target.is_empty() || !is_target(target) {
        return Err(Refusal::RequestLine);
    }
    let absolute = |scheme: &[u8]| {
        target
            .split_at_checked(scheme.len())
            .is_some_and(|(start, rest)| start.eq_ignore_ascii_case(scheme) && !rest.is_empty())
    };
    let allowed = target.starts_with(b"/")
        || target == b"*" && method == b"OPTIONS"
        || absolute(b"http://")
        || absolute(b"https://");
    if allowed { Ok(()) } else { Err(Refusal::Target) }
}
