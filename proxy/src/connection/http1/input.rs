//! The requests of a connection as they come in: heads, one after the other, and between them bodies, which are read by whoever
//! answers.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::Request;
use http_body::{Frame, SizeHint};

use super::head::{self, Head};
use crate::body::Body;
use crate::error::BoxError;
use crate::framing::Socket;
use crate::http1::{Intake, Malformed, Remaining};
use crate::listen::ClientStream;

/// As much room as this left is enough for another head, or to see that nothing comes.
const ENOUGH: usize = 2 * 1024;
/// What is read and forgotten of a body that nobody wanted, so that the connection lives on.
const MOST_SKIPPED: u64 = 256 * 1024;

/// What comes in.
#[derive(Debug)]
pub(super) struct Input {
    socket: Socket<ClientStream>,
    intake: Intake,
    /// What is left of the body of the newest request.
    remaining: Remaining,
    /// The newest request: bodies of earlier ones are over.
    number: u64,
    /// Whether the client waits for a word before it sends that body.
    expects: bool,
    /// Whether that request has no answer yet, so that interim ones may be written.
    unanswered: bool,
    /// Whether nothing more comes.
    ended: bool,
    /// Whoever watches for the end of the connection, once the body has been read.
    watcher: Option<Waker>,
}

/// A head, or what is wrong with it.
pub(super) type Found = Result<Head, Malformed>;

/// The body of a request, read from its connection.
#[derive(Clone)]
pub struct ClientBody {
    input: Rc<RefCell<Input>>,
    number: u64,
}

/// A body was read after its request had been answered.
#[derive(Debug, thiserror::Error)]
#[error("the request is over")]
struct Over;

impl Input {
    pub(super) fn new(socket: Socket<ClientStream>) -> Self {
        Self {
            socket,
            intake: Intake::new(),
            remaining: Remaining::Nothing,
            number: 0,
            expects: false,
            unanswered: false,
            ended: false,
            watcher: None,
        }
    }

    /// The next head, whose request is put into `request`; none when the client has nothing more to ask. The body of the request before
    /// has been read to its end.
    pub(super) fn poll_head(
        &mut self,
        context: &mut Context<'_>,
        request: &mut Request<Body>,
    ) -> Poll<io::Result<Option<Found>>> {
        loop {
            if !self.intake.pending.is_empty()
                && let Some(found) = head::take(&mut self.intake.pending, request).transpose()
            {
                return Poll::Ready(Ok(Some(found)));
            }
            if ready!(self.poll_read_little(context))? == 0 {
                return Poll::Ready(Ok(None));
            }
        }
    }

    /// Whether nothing has been read of another request.
    pub(super) fn is_empty(&self) -> bool {
        self.intake.pending.is_empty()
    }

    /// Everything that has been read and not been taken.
    pub(super) fn take_unread(&mut self) -> Bytes {
        std::mem::take(&mut self.intake.pending)
    }

    /// The request of a head begins: what follows is its body.
    pub(super) fn begin(input: &Rc<RefCell<Self>>, remaining: Remaining, expects: bool) -> ClientBody {
        let mut own = input.borrow_mut();
        own.number += 1;
        own.remaining = remaining;
        own.expects = expects;
        own.unanswered = true;
        ClientBody {
            input: Rc::clone(input),
            number: own.number,
        }
    }

    /// The answer begins: from here on its connection is for nothing else.
    pub(super) fn set_answered(&mut self) {
        self.expects = false;
        self.unanswered = false;
    }

    /// Ready when the client has gone away while it is being answered. What it asks meanwhile is kept.
    pub(super) fn poll_gone(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.ended && !self.remaining.is_over() {
            // Whoever reads the body reads the connection.
            if !self
                .watcher
                .as_ref()
                .is_some_and(|watcher| watcher.will_wake(context.waker()))
            {
                self.watcher = Some(context.waker().clone());
            }
            return Poll::Pending;
        }
        if !self.ended && self.intake.pending.is_empty() {
            // An error is an end.
            self.ended |= !matches!(ready!(self.poll_read_little(context)), Ok(1..));
        }
        if self.ended { Poll::Ready(()) } else { Poll::Pending }
    }

    /// The request has been answered. Whether its body is out of the way, so that another head can follow.
    pub(super) fn poll_finish(&mut self, context: &mut Context<'_>) -> bool {
        self.watcher = None;
        let mut skipped = 0;
        while !self.remaining.is_over() && skipped < MOST_SKIPPED {
            match self.poll_body(context) {
                Poll::Ready(Some(Ok(frame))) => skipped += frame.data_ref().map_or(0, Bytes::len) as u64,
                Poll::Ready(None) => {}
                _ => return false,
            }
        }
        self.number += 1;
        self.remaining.is_over() && !self.ended
    }

    fn poll_body(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            match self.remaining.take(&mut self.intake.pending) {
                Ok(Some(frame)) => {
                    self.wake_watcher();
                    return Poll::Ready(Some(Ok(frame)));
                }
                Ok(None) if self.remaining.is_over() => {
                    self.wake_watcher();
                    return Poll::Ready(None);
                }
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
            }
            if std::mem::take(&mut self.expects) {
                self.socket.say_continue()?;
            }
            if self.unanswered {
                ready!(self.socket.poll_interim(context))?;
            }
            match ready!(self.intake.poll_read_shared(&mut self.socket, context)) {
                Ok(1..) => {}
                Ok(0) => return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()))),
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
            }
        }
    }

    /// From the end of the body on, the connection is read by whoever watches it.
    fn wake_watcher(&mut self) {
        if self.remaining.is_over()
            && let Some(watcher) = self.watcher.take()
        {
            watcher.wake();
        }
    }

    fn poll_read_little(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.intake.poll_read_little(&mut self.socket, context, ENOUGH)
    }
}

impl ClientBody {
    /// The next piece; none at its end.
    pub(crate) fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut input = self.input.borrow_mut();
        if input.number == self.number {
            input.poll_body(context)
        } else {
            Poll::Ready(Some(Err(Over.into())))
        }
    }

    /// Whether nothing more will come.
    pub(crate) fn is_end_stream(&self) -> bool {
        let input = self.input.borrow();
        input.number != self.number || input.remaining.is_over()
    }

    /// How much is to come.
    pub(crate) fn size_hint(&self) -> SizeHint {
        let input = self.input.borrow();
        if input.number == self.number {
            input.remaining.size_hint()
        } else {
            SizeHint::with_exact(0)
        }
    }
}

impl fmt::Debug for ClientBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientBody")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
