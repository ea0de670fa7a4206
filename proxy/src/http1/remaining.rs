//! What is left of a body that is being read.

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::{Chunks, Malformed};

/// What is left of the body of a message.
#[derive(Debug)]
pub(crate) enum Remaining {
    /// Nothing.
    Nothing,
    /// So many bytes.
    Length(u64),
    /// Chunks, until one of them is the last.
    Chunked(Chunks),
    /// All that comes.
    UntilClosed,
}

impl Remaining {
    /// Whether nothing is left.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Self::Nothing | Self::Length(0) => true,
            Self::Length(_) | Self::UntilClosed => false,
            Self::Chunked(chunks) => chunks.is_over(),
        }
    }

    /// How many bytes are known to be left.
    pub(crate) fn known(&self) -> usize {
        match self {
            Self::Length(left) => usize::try_from(*left).unwrap_or(usize::MAX),
            Self::Nothing | Self::Chunked(_) | Self::UntilClosed => 0,
        }
    }

    /// As `http_body` has it.
    pub(crate) fn size_hint(&self) -> SizeHint {
        match self {
            Self::Nothing => SizeHint::with_exact(0),
            Self::Length(left) => SizeHint::with_exact(*left),
            Self::Chunked(_) | Self::UntilClosed => SizeHint::default(),
        }
    }

    /// All that is left, when it is all there and nothing else is.
    pub(crate) fn whole(&mut self, bytes: &mut Bytes) -> Option<Bytes> {
        match self {
            Self::Length(left) if *left == bytes.len() as u64 => {
                *self = Self::Nothing;
                Some(std::mem::take(bytes))
            }
            _ => None,
        }
    }

    /// Takes the next piece of the body off the bytes; none when there is none in them.
    ///
    /// # Errors
    /// When the bytes are no chunks.
    pub(crate) fn take(&mut self, bytes: &mut Bytes) -> Result<Option<Frame<Bytes>>, Malformed> {
        match self {
            _ if bytes.is_empty() => Ok(None),
            Self::Nothing => Ok(None),
            Self::Length(left) => {
                let count = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= count as u64;
                Ok(Some(Frame::data(bytes.split_to(count))).filter(|_| count > 0))
            }
            Self::Chunked(chunks) => chunks.take(bytes),
            Self::UntilClosed => Ok(Some(Frame::data(std::mem::take(bytes)))),
        }
    }
}
