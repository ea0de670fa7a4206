//! Undoing the content encoding of legacy's answer. The client's `Accept-Encoding` goes to legacy unchanged, because a shadow
//! must not change what the client gets; so the copy is decoded here instead.

use std::io::Read;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, HeaderMap};

use super::reason::NotCompared;

/// Encodings applied on top of each other, at most.
const MOST_LAYERS: usize = 2;

/// Working memory of the Brotli decoder, in bytes.
const BROTLI_BUFFER: usize = 4_096;

/// The body without its encodings, at most `cap` bytes (a few kilobytes can decode to gigabytes).
pub(crate) fn decoded(headers: &HeaderMap, body: Bytes, cap: usize) -> Result<Bytes, NotCompared> {
    let mut encodings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        let text = value.to_str().map_err(|_| NotCompared::Encoding)?.to_ascii_lowercase();
        encodings.extend(
            text.split(',')
                .map(|word| word.trim().to_owned())
                .filter(|word| !word.is_empty() && word != "identity"),
        );
    }
    // An answer without a body (to HEAD, or 304) still names its encoding.
    if encodings.is_empty() || body.is_empty() {
        return Ok(body);
    }
    if encodings.len() > MOST_LAYERS {
        return Err(NotCompared::Encoding);
    }
    encodings
        .iter()
        .rev()
        .try_fold(body, |body, encoding| undo(encoding, &body, cap))
}

fn undo(encoding: &str, body: &[u8], cap: usize) -> Result<Bytes, NotCompared> {
    match encoding {
        "gzip" | "x-gzip" => limited(flate2::read::MultiGzDecoder::new(body), cap),
        // RFC 9110, section 8.4.1.2: deflate means the zlib format; some senders leave its frame out.
        "deflate" if body[0] & 0x0f == 8 => limited(flate2::read::ZlibDecoder::new(body), cap),
        "deflate" => limited(flate2::read::DeflateDecoder::new(body), cap),
        "br" => limited(brotli_decompressor::Decompressor::new(body, BROTLI_BUFFER), cap),
        _ => Err(NotCompared::Encoding),
    }
}

fn limited(reader: impl Read, cap: usize) -> Result<Bytes, NotCompared> {
    let mut plain = Vec::new();
    let most = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
    reader
        .take(most)
        .read_to_end(&mut plain)
        .map_err(|_| NotCompared::Encoding)?;
    if plain.len() > cap {
        Err(NotCompared::BodyTooLarge)
    } else {
        Ok(plain.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use bytes::Bytes;
    use http::HeaderMap;
    use http::header::{CONTENT_ENCODING, HeaderValue};

    use super::super::reason::NotCompared;
    use super::decoded;

    fn run(encoding: &'static str, body: Vec<u8>, cap: usize) -> Result<Bytes, NotCompared> {
        let headers: HeaderMap = [(CONTENT_ENCODING, HeaderValue::from_static(encoding))]
            .into_iter()
            .collect();
        decoded(&headers, body.into(), cap)
    }

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).expect("write");
        encoder.finish().expect("finish")
    }

    #[test]
    fn gzip_and_deflate_are_undone_and_bombs_and_rubbish_are_not_followed() {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(b"{\"a\":1}").expect("write");
        assert_eq!(
            run("gzip", gzip(b"{\"a\":1}"), 100),
            Ok(Bytes::from_static(b"{\"a\":1}"))
        );
        assert_eq!(
            run("deflate", zlib.finish().expect("finish"), 100),
            Ok(Bytes::from_static(b"{\"a\":1}"))
        );
        assert_eq!(run("identity", b"x".to_vec(), 100), Ok(Bytes::from_static(b"x")));
        assert_eq!(
            run("gzip", gzip(&vec![0; 100_000]), 1_000),
            Err(NotCompared::BodyTooLarge)
        );
        assert_eq!(run("gzip", b"not gzip".to_vec(), 100), Err(NotCompared::Encoding));
        assert_eq!(run("br", vec![0xff; 30], 100), Err(NotCompared::Encoding));
        assert_eq!(run("zstd", b"x".to_vec(), 100), Err(NotCompared::Encoding));
    }

    #[test]
    fn brotli_is_undone() {
        // An uncompressed meta-block of five bytes, then an empty last one (RFC 7932, section 9.2).
        let stream = [0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03];
        assert_eq!(run("br", stream.to_vec(), 100), Ok(Bytes::from_static(b"hello")));
    }
}
