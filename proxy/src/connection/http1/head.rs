//! A request head, taken apart. It has passed the reader of the connection, which knows its limits and refuses every doubt
//! ([`crate::framing`]); what is left to do is to find the pieces.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HeaderName, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, Method, Request, Uri, Version};

use crate::body::Body;
use crate::exchange::Notable;
use crate::http1::{self, Chunks, Lines, Malformed, Remaining, has_word, header_name, header_value};

/// Room for the headers of most requests, with those that are added on the way.
const HEADERS: usize = 24;

/// What a head says of its message and its connection.
#[derive(Debug)]
pub(super) struct Head {
    /// What follows the head.
    pub(super) body: Remaining,
    /// Whether it is of HTTP/1.0.
    pub(super) http_10: bool,
    /// Whether another request may follow on the connection.
    pub(super) keeps_alive: bool,
    /// Whether the client waits for a word before it sends the body (RFC 9110, section 10.1.1).
    pub(super) expects: bool,
    /// Whether it wants to leave HTTP.
    pub(super) upgrade: bool,
    /// Whether it takes trailers.
    pub(super) trailers: bool,
    /// Which of its headers some step acts on.
    pub(super) notable: Notable,
    /// The head as it came.
    pub(super) raw: Bytes,
}

impl Head {
    /// Before the first line.
    pub(super) fn begin() -> Self {
        Self {
            body: Remaining::Nothing,
            http_10: false,
            keeps_alive: true,
            expects: false,
            upgrade: false,
            trailers: false,
            notable: Notable::default(),
            raw: Bytes::new(),
        }
    }
}

/// Takes a head off the bytes, if it is whole; the request is what it says then. The values stay where they are; nothing is copied.
///
/// # Errors
/// When it is none. The reader lets pass what is no address for `http`: bytes beyond ASCII in a target, for one.
pub(super) fn take(bytes: &mut Bytes, request: &mut Request<Body>) -> Result<Option<Head>, Malformed> {
    let mut lines = Lines::of(bytes);
    let Some(mut first) = lines.next()? else {
        return Ok(None);
    };
    if first.is_empty() {
        // One empty line before a request is passed over (RFC 9112, section 2.2).
        match lines.next()? {
            Some(line) => first = line,
            None => return Ok(None),
        }
    }
    let mut head = Head::begin();
    request_line(first, bytes, &mut head, request)?;
    let headers = request.headers_mut();
    headers.clear();
    headers.reserve(HEADERS);
    loop {
        match lines.next()? {
            None => return Ok(None),
            Some([]) => break,
            Some(line) => field(line, bytes, &mut head, headers)?,
        }
    }
    let length = lines.taken();
    *request.body_mut() = Body::Empty;
    request.extensions_mut().clear();
    head.raw = bytes.split_to(length);
    Ok(Some(head))
}

fn request_line(line: &[u8], bytes: &Bytes, head: &mut Head, request: &mut Request<Body>) -> Result<(), Malformed> {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next()) else {
        return Err(Malformed("a request line"));
    };
    *request.method_mut() = Method::from_bytes(method).map_err(|_| Malformed("a method"))?;
    *request.uri_mut() = Uri::from_maybe_shared(bytes.slice_ref(target)).map_err(|_| Malformed("a target"))?;
    head.http_10 = version == b"HTTP/1.0";
    head.keeps_alive = !head.http_10;
    *request.version_mut() = if head.http_10 {
        Version::HTTP_10
    } else {
        Version::HTTP_11
    };
    Ok(())
}

fn field(line: &[u8], bytes: &Bytes, head: &mut Head, headers: &mut HeaderMap) -> Result<(), Malformed> {
    let (name, value) = http1::field(line)?;
    let (name, noted) = header_name(name).map_err(|_| Malformed("a header name"))?;
    head.notable = head.notable.and(noted);
    let value = header_value(value, bytes)?;
    note(&name, value.as_bytes(), head)?;
    // The limit of the configuration may be larger than that of the map.
    headers
        .try_append(name, value)
        .map_err(|_| Malformed("too many headers"))?;
    Ok(())
}

/// What a field says of the message and the connection.
fn note(name: &HeaderName, value: &[u8], head: &mut Head) -> Result<(), Malformed> {
    let http_10 = head.http_10;
    match *name {
        CONNECTION => match http_10 {
            true => head.keeps_alive |= has_word(value, b"keep-alive"),
            false => head.keeps_alive &= !has_word(value, b"close"),
        },
        CONTENT_LENGTH => {
            let length = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
            head.body = match length.ok_or(Malformed("a length"))? {
                0 => Remaining::Nothing,
                length => Remaining::Length(length),
            };
        }
        EXPECT => head.expects = !http_10,
        TE => head.trailers = has_word(value, b"trailers"),
        TRANSFER_ENCODING => head.body = Remaining::Chunked(Chunks::default()),
        UPGRADE => head.upgrade = !http_10,
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::framing::streams;

    fn taken(text: &str) -> (Head, Request<Body>, Bytes) {
        let mut bytes = Bytes::copy_from_slice(text.as_bytes());
        let mut request = Request::default();
        let head = take(&mut bytes, &mut request).unwrap().unwrap();
        (head, request, bytes)
    }

    #[test]
    fn a_head_is_taken_apart_and_what_follows_stays() {
        let (head, request, rest) =
            taken("\r\nPUT /a?b=c HTTP/1.1\r\nHost:a.test\r\nX-A: \t1 2\t \r\nx-a:\r\nContent-Length: 3\r\n\r\nabc");
        assert_eq!(rest, "abc");
        assert_eq!(
            (request.method(), request.uri().to_string().as_str()),
            (&Method::PUT, "/a?b=c")
        );
        let headers = request.headers();
        assert_eq!(headers["host"], "a.test");
        assert_eq!(headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1 2", ""]);
        assert!(matches!(head.body, Remaining::Length(3)));
        assert!(head.keeps_alive && !head.expects && !head.upgrade && !head.trailers);
    }

    #[test]
    fn half_a_head_waits() {
        let whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for end in 0..whole.len() {
            let mut bytes = Bytes::copy_from_slice(&whole.as_bytes()[..end]);
            assert!(take(&mut bytes, &mut Request::default()).unwrap().is_none());
            assert_eq!(bytes.len(), end);
        }
    }

    #[test]
    fn a_connection_lives_on_as_its_version_and_its_client_say() {
        for (version, connection, lives) in [
            ("1.1", "", true),
            ("1.1", "connection: x, Close\r\n", false),
            ("1.0", "", false),
            ("1.0", "connection: Keep-Alive\r\n", true),
        ] {
            let (head, ..) = taken(&format!("GET / HTTP/{version}\r\n{connection}\r\n"));
            assert_eq!(head.keeps_alive, lives, "{version} {connection}");
        }
    }

    #[test]
    fn wishes_are_those_of_http_1_1() {
        let wishes = "expect: 100-continue\r\nupgrade: websocket\r\nte: Trailers\r\ntransfer-encoding: chunked\r\n";
        let (head, ..) = taken(&format!("POST / HTTP/1.1\r\n{wishes}\r\n"));
        assert!(head.expects && head.upgrade && head.trailers && matches!(head.body, Remaining::Chunked(_)));
        let (head, ..) = taken("POST / HTTP/1.0\r\nexpect: 100-continue\r\nupgrade: websocket\r\n\r\n");
        assert!(!head.expects && !head.upgrade);
    }

    #[test]
    fn a_target_that_is_no_address_is_no_head() {
        let mut bytes = Bytes::from_static(b"GET http:// HTTP/1.1\r\n\r\n");
        assert_eq!(
            take(&mut bytes, &mut Request::default()).unwrap_err(),
            Malformed("a target")
        );
    }
    /// Name and value of every line, as another parser has them.
    fn lines(raw: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut lines = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut lines);
        assert!(request.parse(raw).unwrap().is_complete());
        let lines = request.headers.iter();
        lines
            .map(|line| (line.name.to_ascii_lowercase(), line.value.to_vec()))
            .collect()
    }

    proptest! {
        #[test]
        fn whatever_passes_the_reader_is_read_as_by_another_parser(stream in streams::stream()) {
            let mut bytes = Bytes::from(streams::passed(&stream));
            let mut request = Request::default();
            while let Some(head) = take(&mut bytes, &mut request).unwrap() {
                let mut ours: Vec<_> = request.headers().iter()
                    .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
                    .collect();
                let mut theirs = lines(&head.raw);
                // The order of different names says nothing.
                ours.sort_by(|one, other| one.0.cmp(&other.0));
                theirs.sort_by(|one, other| one.0.cmp(&other.0));
                prop_assert_eq!(ours, theirs);
                let mut body = head.body;
                while !body.is_over() && body.take(&mut bytes).unwrap().is_some() {}
                if head.upgrade || !body.is_over() {
                    break;
                }
            }
        }
    }
}
