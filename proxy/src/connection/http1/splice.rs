//! Large answers: from legacy's socket into a pipe, and from there into the client's (splice(2)). The bytes stay where the kernel has
//! received them; nothing is copied into our memory and out of it again. Where one of the two is no TCP socket, or something looks at
//! the body on its way, it takes the ordinary way.

use std::cell::RefCell;
use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll, ready};

use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::answer::Framing;
use super::output::Broken;
use crate::body::Body;
use crate::framing::Socket;
use crate::listen::ClientStream;
use crate::upstream::AnswerBody;

/// Bodies of which less is left are not worth a pipe.
const LEAST: u64 = 32 * 1024;
/// What a pipe may hold, if the system lets it: no more than one connection should move while the others wait.
const ROOM: usize = 256 * 1024;
/// So many pipes are kept for bodies to come, on each core.
const KEPT: usize = 16;

thread_local! {
    static PIPES: RefCell<Vec<Pipe>> = const { RefCell::new(Vec::new()) };
}

/// A pipe with nothing in it.
#[derive(Debug)]
struct Pipe {
    reads: OwnedFd,
    writes: OwnedFd,
}

/// A body on its way through a pipe.
#[derive(Debug)]
pub(super) struct Splice {
    pipe: Pipe,
    /// Bytes in it.
    holds: usize,
}

impl Splice {
    /// Whether what is left of a body can go this way: everything of it that was read has been taken.
    pub(super) fn fits(socket: &Socket<ClientStream>, body: &mut Body, framing: &Framing) -> bool {
        matches!(framing, Framing::Length(LEAST..))
            && direct(body).is_some_and(AnswerBody::is_direct)
            && socket.is_tcp()
    }

    /// For a body that fits, unless there is no pipe to be had.
    pub(super) fn begin() -> Option<Self> {
        Some(Self {
            pipe: Pipe::take().ok()?,
            holds: 0,
        })
    }

    /// Moves bytes on until none are left of the body. Whenever legacy has none, `gone` is asked whether there is still a client.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        socket: &Socket<ClientStream>,
        body: &mut Body,
        framing: &mut Framing,
        gone: &mut impl FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> Poll<Result<(), Broken>> {
        loop {
            while self.holds > 0 {
                let give =
                    |client: &TcpStream, context: &mut Context<'_>| self.pipe.poll_into(client, self.holds, context);
                self.holds -= ready!(socket.poll_direct(context, give))?;
            }
            let (Framing::Length(left @ 1..), Some(answer)) = (&mut *framing, direct(body)) else {
                return Poll::Ready(Ok(()));
            };
            let filled = answer.poll_direct(context, |legacy, most, context| {
                self.pipe.poll_from(legacy, most, context)
            });
            let Poll::Ready(filled) = filled else {
                ready!(gone(context));
                return Poll::Ready(Err(Broken::Gone));
            };
            let count = filled.map_err(Broken::Body)?;
            self.holds = count;
            *left = left.saturating_sub(count as u64);
        }
    }

    /// The body is over; the pipe is there for another.
    pub(super) fn finish(self) {
        if self.holds == 0 {
            self.pipe.give_back();
        }
    }
}

/// A body as it comes from an upstream.
fn direct(body: &mut Body) -> Option<&mut AnswerBody> {
    match body {
        Body::Upstream(answer) => Some(answer),
        _ => None,
    }
}

impl Pipe {
    fn take() -> io::Result<Self> {
        if let Some(kept) = PIPES.with_borrow_mut(Vec::pop) {
            return Ok(kept);
        }
        let (reads, writes) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        // A user may have so many pages in pipes; one more pipe of the usual size can always be had.
        fcntl_setpipe_size(&writes, ROOM).ok();
        Ok(Self { reads, writes })
    }

    fn give_back(self) {
        PIPES.with_borrow_mut(|kept| {
            if kept.len() < KEPT {
                kept.push(self);
            }
        });
    }

    /// Takes what has come from legacy. The pipe is empty, so only the socket can be what has nothing to give.
    fn poll_from(&self, legacy: &TcpStream, most: usize, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            ready!(legacy.poll_read_ready(context))?;
            let moved = legacy.try_io(Interest::READABLE, || {
                let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
                Ok(splice(legacy, None, &self.writes, None, most.min(ROOM), flags)?)
            });
            match moved {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                moved => return Poll::Ready(moved),
            }
        }
    }

    /// Gives the client some of what is in the pipe. Never with the word that more will follow: the kernel would keep the end of it back
    /// for a fifth of a second, to fill a segment.
    fn poll_into(&self, client: &TcpStream, most: usize, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            ready!(client.poll_write_ready(context))?;
            let moved = client.try_io(Interest::WRITABLE, || {
                let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
                Ok(splice(&self.reads, None, client, None, most, flags)?)
            });
            match moved {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                moved => return Poll::Ready(moved),
            }
        }
    }
}
