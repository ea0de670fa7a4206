//! The client's socket, watched: what is read from it has been followed by the reader, and a refused request never reaches the
//! server behind.
//!
//! Heads that arrive whole stay where they were read to. Only what has to wait (half a head, what follows a request that wants to
//! leave HTTP) is held here. In place of a refused request the server gets a small one of ours, in its turn, so the refusal takes the
//! way of every answer: after the answers before it, with a request id, counted, in the log.

mod interim;
mod stream;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::alarm::Alarm;
use super::held::Held;
use super::link::Link;
use super::reader::{Reader, Verdict};
use super::refusal::Refusal;

/// Stands for a refused request. Its answer ends the connection.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";
/// So long after its last answer a connection is put to sleep: longer than the pauses of a client that is busy.
const AWAKE: Duration = Duration::from_millis(500);
/// What is read at once of bytes that have to wait.
const PIECE: usize = 4 * 1024;
/// What may wait behind a request that wants to leave HTTP.
const BEHIND_UPGRADE: usize = 64 * 1024;
/// A client that is still sending when its connection ends is listened to for so long, or it might never see its answer: the
/// kernel resets a connection that is closed with bytes unread.
pub(crate) const LINGER: Duration = Duration::from_secs(2);
/// And for so many bytes.
const LINGER_BYTES: usize = 1024 * 1024;

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct ClientPatience {
    /// For a head, from its first byte.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// For a body to keep us waiting, all waits together, beside what its size allows.
    pub body: Duration,
    /// A body may keep us waiting one second more for each of these bytes, and so may a reader.
    pub bytes_per_second: u32,
    /// For a client to take more of its answer.
    pub write: Duration,
}

/// A watched connection.
#[derive(Debug)]
pub struct Guarded<S> {
    io: S,
    reader: Reader,
    link: Arc<Link>,
    patience: ClientPatience,
    held: Held,
    ending: Option<Ending>,
    reading: Alarm,
    writing: Alarm,
    /// Bytes of the body since its head.
    body_bytes: u64,
    written: u64,
    /// Interim answers of which a part may have been written.
    interim: Bytes,
    linger: Option<(Pin<Box<Sleep>>, usize)>,
    /// Whether a server has waited for a request for so long that it may go.
    drowsy: bool,
}

/// Why nothing more is read.
#[derive(Debug, Clone, Copy)]
enum Ending {
    /// So much of the stand-in has been handed on.
    StandIn(usize),
    /// A body went wrong.
    Body(Refusal),
    /// The client has said all it has to say, or too little for too long.
    Silence,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guarded<S> {
    pub(super) fn new(io: S, reader: Reader, patience: ClientPatience, link: Arc<Link>) -> Self {
        Self {
            io,
            reader,
            link,
            patience,
            held: Held::default(),
            ending: None,
            reading: Alarm::default(),
            writing: Alarm::default(),
            body_bytes: 0,
            written: 0,
            interim: Bytes::new(),
            linger: None,
            drowsy: false,
        }
    }

    /// What is watched.
    pub(super) fn io(&self) -> &S {
        &self.io
    }

    /// One attempt to hand something on. Ready with whether that is all for now.
    fn step(&mut self, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<bool>> {
        if self.held.give(out) {
            return Poll::Ready(Ok(true));
        }
        match self.ending {
            Some(Ending::StandIn(at)) => return self.stand_in(at, context, out).map(|()| Ok(true)),
            Some(Ending::Body(refusal)) => {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, refusal)));
            }
            Some(Ending::Silence) => return Poll::Ready(Ok(true)),
            None => {}
        }
        if self.reader.is_undecided() {
            match self.link.decision(self.reader.heads(), context) {
                None => return self.behind_upgrade(context),
                Some(left_http) => {
                    self.reader.decide(left_http);
                    self.follow_held();
                    return Poll::Ready(Ok(false));
                }
            }
        }
        if self.held.is_empty() {
            self.read_through(context, out)
        } else {
            self.read_more_of_head(context)
        }
    }

    /// Reads straight into the server's buffer and looks at it there.
    fn read_through(&mut self, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<bool>> {
        let before = out.filled().len();
        if Pin::new(&mut self.io).poll_read(context, out)?.is_pending() {
            return self.waiting(true, context).map(Ok);
        }
        let bytes = out.filled().get(before..).unwrap_or_default();
        if bytes.is_empty() {
            self.ending = Some(Ending::Silence);
            return Poll::Ready(Ok(true));
        }
        let heads = self.reader.heads();
        let step = self.reader.read(bytes);
        if step.verdict.is_none() {
            self.held
                .bytes
                .extend_from_slice(bytes.get(step.passed..).unwrap_or_default());
        }
        out.set_filled(before + step.passed);
        self.passed(heads, step.passed);
        self.judge(step.verdict);
        Poll::Ready(Ok(step.passed > 0))
    }

    /// Reads on where half a head waits.
    fn read_more_of_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        match self.read_held(context)? {
            Poll::Pending => return self.waiting(true, context).map(Ok),
            Poll::Ready(0) => {
                self.ending = Some(Ending::Silence);
                return Poll::Ready(Ok(true));
            }
            Poll::Ready(_) => {}
        }
        self.follow_held();
        Poll::Ready(Ok(false))
    }

    fn read_held(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut piece = [0; PIECE];
        let mut piece = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.io).poll_read(context, &mut piece))?;
        self.held.compact();
        self.held.bytes.extend_from_slice(piece.filled());
        Poll::Ready(Ok(piece.filled().len()))
    }

    fn follow_held(&mut self) {
        let heads = self.reader.heads();
        let step = self.reader.read(self.held.waiting());
        self.held.release(step.passed);
        if step.verdict.is_some() {
            self.held.drop_waiting();
        }
        self.passed(heads, step.passed);
        self.judge(step.verdict);
    }

    fn passed(&mut self, heads: u64, count: usize) {
        if heads == self.reader.heads() && self.reader.is_in_body() {
            self.body_bytes += count as u64;
            self.reading.pause();
        } else if count > 0 {
            self.body_bytes = 0;
            self.drowsy = false;
            self.reading.over();
        }
    }

    fn judge(&mut self, verdict: Option<Verdict>) {
        match verdict {
            None => {}
            Some(Verdict::Message(refusal)) => self.refuse(refusal),
            Some(Verdict::Body(refusal)) => self.ending = Some(Ending::Body(refusal)),
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.held.drop_waiting();
        self.link.refuse(self.reader.heads() + 1, refusal);
        self.ending = Some(Ending::StandIn(0));
    }

    fn stand_in(&mut self, at: usize, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<()> {
        let rest = STAND_IN.get(at..).unwrap_or_default();
        let given = rest.get(..out.remaining().min(rest.len())).unwrap_or_default();
        if !given.is_empty() {
            out.put_slice(given);
            self.ending = Some(Ending::StandIn(at + given.len()));
            return Poll::Ready(());
        }
        // What the client still sends is read and forgotten, so that it sees the answer.
        self.discard(context)
    }

    /// Ready when the client has ended its side, or has sent far too much.
    fn discard(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let (clock, left) = self
            .linger
            .get_or_insert_with(|| (Box::pin(sleep(LINGER)), LINGER_BYTES));
        let mut piece = [0; PIECE];
        loop {
            let mut piece = ReadBuf::new(&mut piece);
            match Pin::new(&mut self.io).poll_read(context, &mut piece) {
                Poll::Ready(Ok(())) if !piece.filled().is_empty() && *left > 0 => {
                    *left = left.saturating_sub(piece.filled().len());
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return std::future::Future::poll(clock.as_mut(), context),
            }
        }
    }

    /// Behind a request that wants to leave HTTP: what comes is held, and its end is still noticed.
    fn behind_upgrade(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.held.bytes.len() >= BEHIND_UPGRADE {
            return Poll::Pending;
        }
        match ready!(self.read_held(context))? {
            0 => {
                self.ending = Some(Ending::Silence);
                Poll::Ready(Ok(true))
            }
            _ => Poll::Ready(Ok(false)),
        }
    }

    /// A write, and what it says of the client's patience with us.
    pub(super) fn took(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.link.set_flushed(false);
        match written {
            Poll::Pending if !self.reader.is_raw() => {
                let allowed = allowance(self.written, self.patience.bytes_per_second);
                ready!(self.writing.poll(self.patience.write + allowed, context));
                self.link.stalled();
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, Refusal::SlowReader)))
            }
            Poll::Ready(Ok(count)) => {
                self.written += count as u64;
                self.writing.pause();
                Poll::Ready(Ok(count))
            }
            other => other,
        }
    }

    /// Whether the server has had nothing to do for a while.
    pub(super) fn is_drowsy(&self) -> bool {
        self.drowsy && self.is_idle()
    }

    /// Whether the server could as well not be there.
    pub(super) fn is_idle(&self) -> bool {
        self.link.is_flushed()
            && self.ending.is_none()
            && self.held.is_empty()
            && self.reader.is_between()
            && self.link.is_settled(self.reader.heads())
    }

    /// Puts bytes that have passed before those that have not been handed on.
    pub(super) fn unread(&mut self, parts: &[Bytes]) {
        self.held.put_before(parts);
    }

    /// While there is no server: ready when there is something for one.
    pub(super) fn poll_woken(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self.read_held(context) {
            Poll::Pending => ready!(self.waiting(false, context)),
            Poll::Ready(Ok(1..)) => {
                self.drowsy = false;
                self.follow_held();
                return Poll::Ready(());
            }
            Poll::Ready(Ok(0) | Err(_)) => true,
        };
        self.ending.get_or_insert(Ending::Silence);
        Poll::Ready(())
    }

    /// Nothing comes. Ready when it has been so for too long. One that is `served` may become drowsy before.
    fn waiting(&mut self, served: bool, context: &mut Context<'_>) -> Poll<bool> {
        if self.reader.is_raw() {
            return Poll::Pending;
        }
        if self.reader.is_in_body() {
            let allowed = allowance(self.body_bytes, self.patience.bytes_per_second);
            ready!(self.reading.poll(self.patience.body + allowed, context));
            self.ending = Some(Ending::Body(Refusal::SlowBody));
            return Poll::Ready(false);
        }
        if self.link.is_active() {
            // The client waits for us.
            self.reading.over();
            return Poll::Pending;
        }
        if !self.held.is_empty() {
            ready!(self.reading.poll(self.patience.head, context));
            self.refuse(Refusal::SlowHead);
            return Poll::Ready(false);
        }
        if served && !self.drowsy {
            ready!(self.reading.poll(AWAKE.min(self.patience.idle), context));
            self.drowsy = true;
        }
        ready!(self.reading.poll(self.patience.idle, context));
        self.ending = Some(Ending::Silence);
        Poll::Ready(true)
    }
}

/// What the size of a body adds to the time it may take.
fn allowance(bytes: u64, bytes_per_second: u32) -> Duration {
    Duration::from_secs(bytes / u64::from(bytes_per_second.max(1)))
}
