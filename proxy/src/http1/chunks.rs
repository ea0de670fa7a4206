//! A body in chunks (RFC 9112, section 7.1). Extensions are skipped, as any recipient may; everything else is to the letter.

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::Frame;

use super::Malformed;

/// A size with more hexadecimal digits is nobody's.
const MOST_DIGITS: u8 = 15;
/// What may stand beside sizes and data, in all chunks of a body together.
const MOST_EXTENSIONS: u64 = 16 * 1024;
/// Largest trailer section, in bytes.
const MOST_TRAILERS: usize = 16 * 1024;
/// Most fields in it.
const MOST_FIELDS: usize = 64;

/// Where in a chunked body the reader stands.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    place: Place,
    extensions: u64,
}

#[derive(Debug)]
enum Place {
    /// In the size of a chunk, of which some digits are known.
    Size {
        size: u64,
        digits: u8,
    },
    /// Behind a size, up to the end of the line.
    Extension {
        size: u64,
    },
    /// Between the two bytes of that end.
    SizeEnd {
        size: u64,
    },
    Data {
        left: u64,
    },
    /// Before and between the two bytes behind the data.
    DataEnd,
    DataEndLf,
    /// In the trailer section.
    Trailers(Vec<u8>),
    Over,
}

impl Default for Place {
    fn default() -> Self {
        Self::Size { size: 0, digits: 0 }
    }
}

impl Chunks {
    /// Whether the last chunk and the trailers have been read.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.place, Place::Over)
    }

    /// Takes the next piece off the bytes; none when they are used up first.
    ///
    /// # Errors
    /// When they are no chunks.
    pub(crate) fn take(&mut self, bytes: &mut Bytes) -> Result<Option<Frame<Bytes>>, Malformed> {
        while let Some(byte) = bytes.first().copied() {
            match &mut self.place {
                Place::Over => return Ok(None),
                Place::Data { left } => {
                    let count = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left -= count as u64;
                    if *left == 0 {
                        self.place = Place::DataEnd;
                    }
                    return Ok(Some(Frame::data(bytes.split_to(count))));
                }
                Place::Trailers(section) => {
                    section.push(byte);
                    bytes.advance(1);
                    if let Some(trailers) = trailers(section)? {
                        self.place = Place::Over;
                        return Ok(Some(Frame::trailers(trailers)).filter(|frame| !is_empty(frame)));
                    }
                }
                _ => {
                    bytes.advance(1);
                    self.step(byte)?;
                }
            }
        }
        Ok(None)
    }

    /// One byte that is no data.
    fn step(&mut self, byte: u8) -> Result<(), Malformed> {
        self.place = match (&self.place, byte) {
            (Place::Size { size, digits }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if *digits < MOST_DIGITS => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                Place::Size {
                    size: size * 16 + u64::from(digit),
                    digits: digits + 1,
                }
            }
            (Place::Size { size, digits: 1.. } | Place::Extension { size }, b'\r') => Place::SizeEnd { size: *size },
            (Place::Size { size, digits: 1.. }, b';' | b' ' | b'\t') => Place::Extension { size: *size },
            (Place::Extension { size }, byte) if byte != b'\n' && self.extensions < MOST_EXTENSIONS => {
                self.extensions += 1;
                Place::Extension { size: *size }
            }
            (Place::SizeEnd { size: 0 }, b'\n') => Place::Trailers(Vec::new()),
            (Place::SizeEnd { size }, b'\n') => Place::Data { left: *size },
            (Place::DataEnd, b'\r') => Place::DataEndLf,
            (Place::DataEndLf, b'\n') => Place::default(),
            _ => return Err(Malformed("the chunks")),
        };
        Ok(())
    }
}

fn is_empty(frame: &Frame<Bytes>) -> bool {
    frame.trailers_ref().is_some_and(HeaderMap::is_empty)
}

/// The trailer section, when its last line has come.
fn trailers(section: &[u8]) -> Result<Option<HeaderMap>, Malformed> {
    if section == b"\r\n" {
        return Ok(Some(HeaderMap::new()));
    }
    if section.len() > MOST_TRAILERS {
        return Err(Malformed("too many trailers"));
    }
    if !section.ends_with(b"\r\n\r\n") {
        return Ok(None);
    }
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let parsed = httparse::parse_headers(section, &mut fields).map_err(|_| Malformed("the trailers"))?;
    let httparse::Status::Complete((_, fields)) = parsed else {
        return Err(Malformed("the trailers"));
    };
    let mut trailers = HeaderMap::with_capacity(fields.len());
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| Malformed("the trailers"))?;
        trailers.append(
            name,
            HeaderValue::from_bytes(field.value).map_err(|_| Malformed("the trailers"))?,
        );
    }
    Ok(Some(trailers))
}
