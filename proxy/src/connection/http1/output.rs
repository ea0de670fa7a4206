//! Answers as they go out. Small ones are one write; the pieces of large ones are written from where they lie.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http_body::{Body as _, Frame};
use tokio::io::AsyncWrite as _;

use super::answer::{self, Framing};
use super::splice::Splice;
use crate::body::Body;
use crate::error::BoxError;
use crate::framing::Socket;
use crate::http1::write_field;
use crate::listen::ClientStream;

/// Pieces up to this size are copied behind what is written before them.
const COPIED: usize = 4 * 1024;
/// So much is gathered before it is written, if it is there at once.
const GATHERED: usize = 16 * 1024;

/// What goes out.
#[derive(Debug)]
pub(super) struct Output {
    socket: Socket<ClientStream>,
    /// Heads, frames of chunks, small pieces.
    text: Vec<u8>,
    /// So much of it has been written.
    written: usize,
    /// Follows it.
    piece: Bytes,
    /// And this follows the piece.
    tail: &'static [u8],
    /// Nothing more comes after what is here.
    fault: Option<Broken>,
    /// The way of what is left of a large body.
    splice: Option<Splice>,
}

/// Why an answer was not sent to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The client takes nothing.
    #[error("the connection failed")]
    Connection(#[from] io::Error),
    /// What was to be sent went wrong.
    #[error("the body of the answer failed")]
    Body(#[source] BoxError),
    /// The body is shorter than the head said.
    #[error("the body of the answer ended early")]
    Short,
    /// The client went away.
    #[error("the client went away")]
    Gone,
}

impl Output {
    pub(super) fn new(socket: Socket<ClientStream>) -> Self {
        Self {
            socket,
            text: Vec::new(),
            written: 0,
            piece: Bytes::new(),
            tail: b"",
            fault: None,
            splice: None,
        }
    }

    /// Where the head of an answer is written to. Everything before it has gone out.
    pub(super) fn text(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Writes the interim answers that wait.
    pub(super) fn poll_interim(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_interim(context)
    }

    /// Sends the body behind the head that is in the text, and everything out. Whenever nothing can be sent, `gone` is asked whether
    /// there is still a client.
    pub(super) fn poll_body(
        &mut self,
        context: &mut Context<'_>,
        body: &mut Body,
        framing: &mut Framing,
        gone: &mut impl FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> Poll<Result<(), Broken>> {
        loop {
            if let Some(splice) = &mut self.splice {
                ready!(splice.poll(context, &self.socket, body, framing, gone))?;
                self.splice.take().into_iter().for_each(Splice::finish);
                continue;
            }
            if self.fault.is_some() || framing.is_over() {
                ready!(self.poll_flush(context))?;
                return Poll::Ready(self.fault.take().map_or(Ok(()), Err));
            }
            if Splice::fits(&self.socket, body, framing) {
                ready!(self.poll_write(context))?;
                self.splice = Splice::begin();
                if self.splice.is_some() {
                    continue;
                }
            }
            // What is there at once goes out at once, head and all.
            let has_room = self.piece.is_empty() && self.tail.is_empty() && self.text.len() < GATHERED;
            if !has_room {
                ready!(self.poll_write(context))?;
                continue;
            }
            match Pin::new(&mut *body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => self.take(frame, body, framing),
                Poll::Ready(Some(Err(error))) => self.fault = Some(Broken::Body(error)),
                Poll::Ready(None) => self.end(framing),
                Poll::Pending => {
                    ready!(self.poll_flush(context))?;
                    ready!(gone(context));
                    return Poll::Ready(Err(Broken::Gone));
                }
            }
        }
    }

    fn take(&mut self, frame: Frame<Bytes>, body: &Body, framing: &mut Framing) {
        match frame.into_data() {
            Ok(data) => self.take_data(data, body.is_end_stream(), framing),
            Err(frame) => {
                if let (Framing::Chunked { trailers }, Some(fields)) = (&*framing, frame.trailers_ref()) {
                    self.text.extend_from_slice(b"0\r\n");
                    for (name, value) in fields.iter().filter(|(name, _)| trailers.contains(name)) {
                        write_field(&mut self.text, name.as_str(), value.as_bytes());
                    }
                    self.text.extend_from_slice(b"\r\n");
                    *framing = Framing::Nothing;
                }
            }
        }
    }

    fn take_data(&mut self, mut data: Bytes, last: bool, framing: &mut Framing) {
        match framing {
            Framing::Length(left) => {
                data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= data.len() as u64;
            }
            Framing::Chunked { .. } if data.is_empty() => return,
            Framing::Chunked { .. } => {
                answer::chunk_size(&mut self.text, data.len());
                self.tail = if last { b"\r\n0\r\n\r\n" } else { b"\r\n" };
                if last {
                    *framing = Framing::Nothing;
                }
            }
            Framing::UntilClosed => {}
            Framing::Nothing => return,
        }
        if data.len() <= COPIED {
            self.text.extend_from_slice(&data);
            self.text.extend_from_slice(std::mem::take(&mut self.tail));
        } else {
            self.piece = data;
        }
    }

    /// The body has nothing more.
    fn end(&mut self, framing: &mut Framing) {
        match std::mem::replace(framing, Framing::Nothing) {
            Framing::Length(1..) => self.fault = Some(Broken::Short),
            Framing::Chunked { .. } => self.text.extend_from_slice(b"0\r\n\r\n"),
            Framing::Length(0) | Framing::UntilClosed | Framing::Nothing => {}
        }
    }

    fn is_written(&self) -> bool {
        self.text.is_empty() && self.piece.is_empty() && self.tail.is_empty()
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.is_written() {
            let text = self.text.get(self.written..).unwrap_or_default();
            let socket = Pin::new(&mut self.socket);
            let count = if self.piece.is_empty() && self.tail.is_empty() {
                ready!(socket.poll_write(context, text))?
            } else {
                let slices = [text, &self.piece, self.tail].map(IoSlice::new);
                ready!(socket.poll_write_vectored(context, &slices))?
            };
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(count);
        }
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, count: usize) {
        let of_text = count.min(self.text.len() - self.written);
        self.written += of_text;
        if self.written == self.text.len() {
            self.text.clear();
            self.written = 0;
        }
        let of_piece = (count - of_text).min(self.piece.len());
        self.piece.advance(of_piece);
        self.tail = self.tail.get(count - of_text - of_piece..).unwrap_or_default();
    }

    /// Everything has been handed to the socket; TLS may still hold some of it.
    pub(super) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_write(context))?;
        Pin::new(&mut self.socket).poll_flush(context)
    }
}
