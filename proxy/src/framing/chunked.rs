//! A body in chunks (RFC 9112, section 7.1), to the letter: no extensions, no bare line feeds, no trailer that belongs into the head.

use super::head::split_header;
use super::refusal::Refusal;

/// A size with more hexadecimal digits is nobody's.
const MOST_DIGITS: u8 = 15;
/// Largest trailer section, in bytes.
const TRAILER_BYTES: usize = 8 * 1024;
/// Most fields in it; the server behind gives up at a hundred.
const TRAILER_FIELDS: usize = 64;
/// Fields that frame or route a request, say who asks or change what the head meant (RFC 9110, section 6.5.1).
const HEAD_ONLY: [&[u8]; 14] = [
    b"authorization",
    b"connection",
    b"content-encoding",
    b"content-length",
    b"content-range",
    b"content-type",
    b"cookie",
    b"expect",
    b"host",
    b"proxy-authorization",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
];

/// Where in a chunked body the reader stands.
#[derive(Debug)]
pub(super) enum Chunked {
    /// In the size of a chunk, of which some digits are known.
    Size { size: u64, digits: u8 },
    /// Between the two bytes of the line end after a size.
    SizeEnd { size: u64 },
    /// In the data.
    Data { left: u64 },
    /// Before the two bytes of the line end after the data.
    DataEnd,
    /// Between them.
    DataEndLf,
    /// In the trailer section; the line that is not complete, and what came before it.
    Trailers { line: Vec<u8>, bytes: usize, fields: usize },
}

/// How far a body has been read.
pub(super) enum Progress {
    /// All bytes belong to it, and more will come.
    All,
    /// It ends after so many of them.
    Ended(usize),
}

impl Chunked {
    /// Before the first chunk.
    pub(super) const fn begin() -> Self {
        Self::Size { size: 0, digits: 0 }
    }

    /// Goes on reading. Data is skipped by count, not looked at.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Progress, Refusal> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            if let Self::Data { left } = self {
                let skipped = (bytes.len() - at).min(usize::try_from(*left).unwrap_or(usize::MAX));
                at += skipped;
                *left -= skipped as u64;
                if *left == 0 {
                    *self = Self::DataEnd;
                }
                continue;
            }
            at += 1;
            if self.step(byte)? {
                return Ok(Progress::Ended(at));
            }
        }
        Ok(Progress::All)
    }

    /// One byte of framing; whether it was the last of the body.
    fn step(&mut self, byte: u8) -> Result<bool, Refusal> {
        *self = match self {
            Self::Size { size, digits } => match (hexadecimal(byte), byte, *digits) {
                (Some(value), _, 0..MOST_DIGITS) => Self::Size {
                    size: *size * 16 + u64::from(value),
                    digits: *digits + 1,
                },
                (None, b'\r', 1..) => Self::SizeEnd { size: *size },
                _ => return Err(Refusal::Chunk),
            },
            Self::SizeEnd { size } => match (byte, *size) {
                (b'\n', 0) => Self::Trailers {
                    line: Vec::new(),
                    bytes: 0,
                    fields: 0,
                },
                (b'\n', left) => Self::Data { left },
                _ => return Err(Refusal::Chunk),
            },
            Self::DataEnd if byte == b'\r' => Self::DataEndLf,
            Self::DataEndLf if byte == b'\n' => Self::begin(),
            Self::Trailers { line, bytes, fields } => {
                line.push(byte);
                *bytes += 1;
                *fields += usize::from(byte == b'\n');
                if *bytes > TRAILER_BYTES || *fields > TRAILER_FIELDS {
                    return Err(Refusal::Trailer);
                }
                return trailer(line);
            }
            Self::DataEnd | Self::DataEndLf | Self::Data { .. } => return Err(Refusal::Chunk),
        };
        Ok(false)
    }
}

/// One byte more of a trailer line; whether the empty line is complete, with which the body ends.
fn trailer(line: &mut Vec<u8>) -> Result<bool, Refusal> {
    if line.last() != Some(&b'\n') {
        return Ok(false);
    }
    let field = line.strip_suffix(b"\r\n").ok_or(Refusal::Chunk)?;
    if field.is_empty() {
        return Ok(true);
    }
    let (name, _) = split_header(field)?;
    if belongs_into_head(name) {
        return Err(Refusal::Trailer);
    }
    line.clear();
    Ok(false)
}

/// Whether a field of this name must not come in trailers, whatever the version of HTTP (RFC 9110, section 6.5.1).
pub(crate) fn belongs_into_head(name: &[u8]) -> bool {
    HEAD_ONLY.iter().any(|field| name.eq_ignore_ascii_case(field)) || name.contains(&b'_')
}

fn hexadecimal(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
