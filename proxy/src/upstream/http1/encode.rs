//! A request as bytes (RFC 9112, sections 3 and 6).

use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRAILER, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, Request};
use http_body::Body as _;

use super::Broken;
use crate::body::Body;
use crate::http1::write_field;
use crate::upstream::headers::Forwarded;

/// What of a request has not been written yet.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// Nothing.
    Nothing,
    /// A body whose length has been announced.
    Length {
        /// The body.
        body: Body,
        /// What is missing of the length.
        left: u64,
    },
    /// A body of unknown length.
    Chunked {
        /// The body.
        body: Body,
        /// The names of the trailers that the head has announced; no others are written.
        announced: Vec<HeaderName>,
    },
}

/// How the body of a request is framed.
enum Framing {
    Bodiless,
    Length(u64),
    Chunked,
}

/// Writes the head, and the body when it is in hand; another body is taken from the request.
pub(super) fn request(request: &mut Request<Body>, forwarded: Option<Forwarded<'_>>, output: &mut Vec<u8>) -> Outgoing {
    output.clear();
    let framing = framing(request);
    head(request, &framing, forwarded, output);
    match framing {
        Framing::Bodiless => Outgoing::Nothing,
        Framing::Length(left) => match request.body_mut() {
            Body::Full(bytes) => {
                output.extend_from_slice(bytes);
                Outgoing::Nothing
            }
            body => Outgoing::Length {
                body: std::mem::take(body),
                left,
            },
        },
        Framing::Chunked => Outgoing::Chunked {
            announced: announced_trailers(request.headers()),
            body: std::mem::take(request.body_mut()),
        },
    }
}

/// The announced length holds, unless the body is there and says otherwise or the head asks for chunks.
fn framing(request: &Request<Body>) -> Framing {
    let headers = request.headers();
    match request.body() {
        body if body.is_end_stream() => Framing::Bodiless,
        Body::Full(bytes) => Framing::Length(bytes.len() as u64),
        _ if headers.contains_key(TRANSFER_ENCODING) => Framing::Chunked,
        body => announced(headers)
            .or_else(|| body.size_hint().exact())
            .map_or(Framing::Chunked, Framing::Length),
    }
}

/// What may follow the body (RFC 9110, section 6.6.2). Whatever is not announced stays behind: whoever reads the head decides by it.
fn announced_trailers(headers: &HeaderMap) -> Vec<HeaderName> {
    let lists = headers.get_all(TRAILER).iter().filter_map(|list| list.to_str().ok());
    let names = lists.flat_map(|list| list.split(',')).map(str::trim);
    names.filter_map(|name| name.parse().ok()).collect()
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn head(request: &Request<Body>, framing: &Framing, forwarded: Option<Forwarded<'_>>, output: &mut Vec<u8>) {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    for part in [request.method().as_str(), " ", target, " HTTP/1.1\r\n"] {
        output.extend_from_slice(part.as_bytes());
    }
    let (mut announced, mut host) = (false, None);
    for (name, value) in request.headers() {
        if *name == CONTENT_LENGTH {
            announced = true;
            continue;
        }
        if *name == HOST {
            host = Some(value);
        }
        // After a failed attempt on a connection of another kind it may stand there, too.
        if *name != TRANSFER_ENCODING && !(forwarded.is_some() && Forwarded::says(name)) {
            write_field(output, name.as_str(), value.as_bytes());
        }
    }
    for (name, value) in forwarded.into_iter().flat_map(|forwarded| forwarded.fields(host)) {
        write_field(output, name.as_str(), value);
    }
    match framing {
        // A length of nothing was said on purpose.
        Framing::Bodiless if announced => write_field(output, "content-length", b"0"),
        Framing::Bodiless => {}
        // Writing to memory cannot fail.
        Framing::Length(length) => write!(output, "content-length: {length}\r\n").unwrap_or_default(),
        Framing::Chunked => write_field(output, "transfer-encoding", b"chunked"),
    }
    output.extend_from_slice(b"\r\n");
}

impl Outgoing {
    /// Whether everything has been encoded.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// Appends what the body gives at once, up to `most` bytes; says whether it may give more at once.
    pub(super) fn poll_encode(
        &mut self,
        context: &mut Context<'_>,
        output: &mut Vec<u8>,
        most: usize,
    ) -> Result<bool, Broken> {
        while output.len() < most {
            let body = match self {
                Self::Nothing => return Ok(false),
                Self::Length { body, .. } | Self::Chunked { body, .. } => body,
            };
            match Pin::new(body).poll_frame(context) {
                Poll::Pending => return Ok(false),
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => self.append(&data, output)?,
                    Err(frame) => self.end(frame.into_trailers().ok().as_ref(), output)?,
                },
                Poll::Ready(Some(Err(error))) => return Err(Broken::RequestBody(error)),
                Poll::Ready(None) => self.end(None, output)?,
            }
        }
        Ok(true)
    }

    fn append(&mut self, data: &Bytes, output: &mut Vec<u8>) -> Result<(), Broken> {
        match self {
            Self::Length { left, .. } => {
                *left = left.checked_sub(data.len() as u64).ok_or_else(wrong_length)?;
                output.extend_from_slice(data);
                if *left == 0 {
                    *self = Self::Nothing;
                }
            }
            Self::Chunked { .. } if !data.is_empty() => {
                write!(output, "{:x}\r\n", data.len()).unwrap_or_default();
                output.extend_from_slice(data);
                output.extend_from_slice(b"\r\n");
            }
            Self::Chunked { .. } | Self::Nothing => {}
        }
        Ok(())
    }

    fn end(&mut self, trailers: Option<&HeaderMap>, output: &mut Vec<u8>) -> Result<(), Broken> {
        match std::mem::replace(self, Self::Nothing) {
            Self::Length { left: 1.., .. } => return Err(wrong_length()),
            Self::Chunked { announced, .. } => {
                output.extend_from_slice(b"0\r\n");
                for (name, value) in trailers.into_iter().flatten() {
                    if announced.contains(name) {
                        write_field(output, name.as_str(), value.as_bytes());
                    }
                }
                output.extend_from_slice(b"\r\n");
            }
            Self::Length { .. } | Self::Nothing => {}
        }
        Ok(())
    }
}

fn wrong_length() -> Broken {
    Broken::RequestBody("the body has another length than its head said".into())
}
