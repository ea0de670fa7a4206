//! Follows the bytes of a client through its requests: head, body, next head. It only looks; it copies and changes nothing.

use super::chunked::{Chunked, Progress};
use super::head::{Framing, Head, HeadLimits, HeadScan};
use super::refusal::Refusal;

/// A reader of one connection's requests.
#[derive(Debug)]
pub struct Reader {
    limits: HeadLimits,
    place: Place,
    /// After the message that is being read the client wants to leave HTTP.
    upgrade: bool,
    heads: u64,
}

/// Where in the stream the reader stands.
#[derive(Debug)]
enum Place {
    Head(HeadScan),
    Length(u64),
    Chunked(Chunked),
    /// Behind a request that wants to leave HTTP; whether it does is for the answer to say.
    Undecided,
    /// Outside HTTP.
    Raw,
}

/// What became of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// So many of them may pass on. The others have to be shown again, with more behind them.
    pub passed: usize,
    /// What is wrong with the bytes behind those.
    pub verdict: Option<Verdict>,
}

/// Something doubtful. The reader is of no use after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The message is refused as a whole, none of it has passed.
    Message(Refusal),
    /// Parts of the message have passed before its body went wrong.
    Body(Refusal),
}

impl Reader {
    /// At the start of a connection.
    #[must_use]
    pub fn new(limits: HeadLimits) -> Self {
        Self {
            limits,
            place: Place::Head(HeadScan::default()),
            upgrade: false,
            heads: 0,
        }
    }

    /// Reads on. `bytes` begin with those of the last call that did not pass.
    pub fn read(&mut self, bytes: &[u8]) -> Step {
        let mut passed = 0;
        // Where the message begins of which nothing has passed in an earlier call.
        let mut fresh = None;
        while let Some(rest) = bytes.get(passed..).filter(|rest| !rest.is_empty()) {
            let ended = match &mut self.place {
                Place::Head(scan) => match scan.scan(rest, &self.limits) {
                    Ok(None) => break,
                    Ok(Some(head)) => {
                        fresh = Some(passed);
                        passed += head.length;
                        self.enter(head);
                        continue;
                    }
                    Err(refusal) => return self.refuse(passed, Some(passed), refusal),
                },
                Place::Length(left) => {
                    let skipped = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    passed += skipped;
                    *left -= skipped as u64;
                    *left == 0
                }
                Place::Chunked(body) => match body.read(rest) {
                    Ok(Progress::All) => {
                        passed = bytes.len();
                        false
                    }
                    Ok(Progress::Ended(length)) => {
                        passed += length;
                        true
                    }
                    Err(refusal) => return self.refuse(passed, fresh, refusal),
                },
                Place::Undecided => break,
                Place::Raw => {
                    passed = bytes.len();
                    false
                }
            };
            if ended {
                fresh = None;
                self.end_message();
            }
        }
        Step { passed, verdict: None }
    }

    fn enter(&mut self, head: Head) {
        self.heads += 1;
        self.upgrade = head.upgrade;
        match head.body {
            Framing::Length(0) => self.end_message(),
            Framing::Length(length) => self.place = Place::Length(length),
            Framing::Chunked => self.place = Place::Chunked(Chunked::begin()),
        }
    }

    fn end_message(&mut self) {
        self.place = if self.upgrade {
            Place::Undecided
        } else {
            Place::Head(HeadScan::default())
        };
    }

    fn refuse(&mut self, passed: usize, fresh: Option<usize>, refusal: Refusal) -> Step {
        let Some(start) = fresh else {
            return Step {
                passed,
                verdict: Some(Verdict::Body(refusal)),
            };
        };
        // A body that goes wrong takes its head with it, as long as that is still here.
        self.heads -= u64::from(start < passed);
        Step {
            passed: start,
            verdict: Some(Verdict::Message(refusal)),
        }
    }

    /// The answer to a request that wanted to leave HTTP is known.
    pub fn decide(&mut self, left_http: bool) {
        if matches!(self.place, Place::Undecided) {
            self.place = if left_http {
                Place::Raw
            } else {
                Place::Head(HeadScan::default())
            };
        }
    }

    /// How many heads have passed.
    #[must_use]
    pub fn heads(&self) -> u64 {
        self.heads
    }

    /// Whether it waits for [`Self::decide`].
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        matches!(self.place, Place::Undecided)
    }

    /// Whether the connection has left HTTP.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        matches!(self.place, Place::Raw)
    }

    /// Whether it stands between two requests.
    #[must_use]
    pub fn is_between(&self) -> bool {
        matches!(self.place, Place::Head(_))
    }

    /// Whether it stands in the body of a request.
    #[must_use]
    pub fn is_in_body(&self) -> bool {
        matches!(self.place, Place::Length(_) | Place::Chunked(_))
    }
}

#[cfg(test)]
pub(crate) mod tests;
