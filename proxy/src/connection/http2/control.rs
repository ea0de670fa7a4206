//! A count of the frames that ask for work and carry next to nothing: the protocol sets them no limit, and the library answers each
//! or hands it on.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::config::Http2;

/// What a client says before its first frame (RFC 9113, section 3.4).
const PREFACE_BYTES: u32 = 24;
/// Length, kind, flags and stream (RFC 9113, section 4.1).
const HEAD_BYTES: usize = 9;
const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const PRIORITY: u8 = 0x2;
const SETTINGS: u8 = 0x4;
const PING: u8 = 0x6;
/// The last kind that RFC 9113 knows.
const CONTINUATION: u8 = 0x9;
/// A flag of DATA (RFC 9113, section 6.1).
const PADDED: u8 = 0x8;
/// The most that may be padding in a frame, with the byte that says how much.
const PADDING_BYTES: u32 = 256;
/// A piece of a body that is shorter is small: the head of its frame, and of the chunk that it becomes, are a good part of its cost.
const SMALL_BYTES: u32 = 64;
/// The time in which so many frames may come as the configuration allows.
const WINDOW: Duration = Duration::from_secs(1);
/// What a request brings with it at most, such as its priority and changes of that.
const FOR_EACH_REQUEST: u32 = 4;

/// Why a connection was given up, for the metrics; nothing while it was not.
pub(super) type Flood = Rc<Cell<Option<&'static str>>>;

/// A client's bytes, with an eye on the heads of its frames.
#[derive(Debug)]
pub(super) struct Metered<S> {
    io: S,
    meter: Meter,
    flood: Flood,
}

#[derive(Debug)]
struct Meter {
    head: [u8; HEAD_BYTES],
    filled: usize,
    /// Bytes of a payload that are still to come.
    skip: u32,
    control: Rate,
    pieces: Rate,
}

/// Frames of one sort within a second.
#[derive(Debug)]
struct Rate {
    most: u32,
    frames: u32,
    since: Instant,
}

impl<S> Metered<S> {
    /// Lets so many frames pass as the settings allow. The second value says afterwards whether there were more.
    pub(super) fn new(io: S, settings: &Http2) -> (Self, Flood) {
        let flood = Flood::default();
        let metered = Self {
            io,
            meter: Meter::new(
                settings.control_frames_per_second,
                settings.small_data_frames_per_second,
            ),
            flood: Rc::clone(&flood),
        };
        (metered, flood)
    }
}

impl Meter {
    fn new(control: u32, pieces: u32) -> Self {
        Self {
            head: [0; HEAD_BYTES],
            filled: 0,
            skip: PREFACE_BYTES,
            control: Rate::new(control),
            pieces: Rate::new(pieces),
        }
    }

    /// Follows the frames in these bytes, or says what there is too much of.
    fn follow(&mut self, mut bytes: &[u8]) -> Result<(), &'static str> {
        while !bytes.is_empty() {
            if self.skip > 0 {
                let passed = bytes.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
                self.skip -= u32::try_from(passed).unwrap_or(self.skip);
                bytes = &bytes[passed..];
                continue;
            }
            let taken = bytes.len().min(HEAD_BYTES - self.filled);
            self.head[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
            self.filled += taken;
            bytes = &bytes[taken..];
            if self.filled == HEAD_BYTES {
                self.filled = 0;
                let [high, middle, low, kind, flags, ..] = self.head;
                self.skip = u32::from_be_bytes([0, high, middle, low]);
                self.count(kind, flags)?;
            }
        }
        Ok(())
    }

    /// Counts the frame whose payload comes next.
    fn count(&mut self, kind: u8, flags: u8) -> Result<(), &'static str> {
        let flood = match kind {
            DATA if self.is_small_piece(flags) => return self.pieces.count("http2_data_flood"),
            HEADERS => {
                self.control.allow(FOR_EACH_REQUEST);
                self.pieces.allow(FOR_EACH_REQUEST);
                return Ok(());
            }
            PING => "http2_ping_flood",
            SETTINGS => "http2_settings_flood",
            PRIORITY => "http2_priority_flood",
            0..=CONTINUATION => return Ok(()),
            _ => "http2_unknown_flood",
        };
        self.control.count(flood)
    }

    /// Pieces of nothing are not for us: the library takes a hundred of them.
    const fn is_small_piece(&self, flags: u8) -> bool {
        let padding = if flags & PADDED == 0 { 0 } else { PADDING_BYTES };
        self.skip > 0 && self.skip < SMALL_BYTES + padding
    }
}

impl Rate {
    fn new(most: u32) -> Self {
        Self {
            most,
            frames: 0,
            since: Instant::now(),
        }
    }

    /// Lets so many more pass.
    const fn allow(&mut self, more: u32) {
        self.frames = self.frames.saturating_sub(more);
    }

    /// One more. The clock is asked only where there are many.
    fn count(&mut self, flood: &'static str) -> Result<(), &'static str> {
        self.frames += 1;
        if self.frames <= self.most {
            return Ok(());
        }
        let now = Instant::now();
        if now.duration_since(self.since) < WINDOW {
            return Err(flood);
        }
        (self.frames, self.since) = (1, now);
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = out.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, out))?;
        if let Err(flood) = self.meter.follow(&out.filled()[before..]) {
            self.flood.set(Some(flood));
            return Poll::Ready(Err(io::Error::other(flood)));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, 0, 0, 0, 0, 0], payload].concat()
    }

    /// Of each sort, three frames may come.
    fn fed(frames: &[Vec<u8>], piece: usize) -> Result<(), &'static str> {
        let mut meter = Meter::new(3, 3);
        // Its second does not pass, however slow the machine is.
        for rate in [&mut meter.control, &mut meter.pieces] {
            rate.since += Duration::from_secs(3600);
        }
        let bytes = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frames.concat()].concat();
        bytes.chunks(piece).try_for_each(|piece| meter.follow(piece))
    }

    #[test]
    fn control_frames_are_counted_in_whatever_pieces_they_come() {
        let ping = || frame(PING, &[6; 8]);
        for piece in [1, 5, 9, 17, 1000] {
            assert_eq!(fed(&[ping(), ping(), ping()], piece), Ok(()));
            assert_eq!(
                fed(&[ping(), ping(), ping(), ping()], piece),
                Err("http2_ping_flood"),
                "pieces of {piece}"
            );
        }
    }

    #[test]
    fn requests_bring_some_with_them_and_bodies_do_not_count() {
        let priority = || frame(PRIORITY, &[0; 5]);
        let one = [
            frame(HEADERS, &[1; 30]),
            priority(),
            priority(),
            frame(DATA, &[6; 100]),
            frame(DATA, b""),
        ];
        assert_eq!(fed(&vec![one.concat(); 50], 64), Ok(()));
        assert_eq!(fed(&vec![priority(); 4], 64), Err("http2_priority_flood"));
        assert_eq!(fed(&vec![frame(SETTINGS, b""); 4], 64), Err("http2_settings_flood"));
        assert_eq!(fed(&vec![frame(0x10, b"u=1"); 4], 64), Err("http2_unknown_flood"));
    }

    #[test]
    fn small_pieces_of_bodies_are_counted_for_themselves() {
        let (small, large) = (|| frame(DATA, b"x"), || frame(DATA, &[b'x'; 64]));
        assert_eq!(
            fed(&[vec![small(); 3], vec![frame(PING, &[0; 8]); 3]].concat(), 64),
            Ok(())
        );
        assert_eq!(fed(&vec![small(); 4], 64), Err("http2_data_flood"));
        assert_eq!(fed(&vec![large(); 50], 64), Ok(()));
        // Every request may end in a few of them.
        assert_eq!(
            fed(&vec![[frame(HEADERS, b""), small(), small()].concat(); 50], 64),
            Ok(())
        );
        let padded = |length: u8| {
            let mut frame = frame(DATA, &vec![0; usize::from(length)]);
            frame[4] = PADDED;
            frame
        };
        assert_eq!(fed(&vec![padded(255); 4], 64), Err("http2_data_flood"));
    }

    #[test]
    fn every_second_begins_anew() {
        let mut meter = Meter::new(3, 3);
        meter.skip = 0;
        for _ in 0..20 {
            assert_eq!(meter.follow(&vec![frame(PING, &[0; 8]); 3].concat()), Ok(()));
            meter.control.since = meter.control.since.checked_sub(WINDOW).unwrap();
        }
    }
}
