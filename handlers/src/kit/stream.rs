//! The surroundings of an endpoint that answers with a stream. It is never dry-run.
//!
//! A stream outlives its handler, so it has no transaction of its own: it opens short units of work as it goes.

use super::context::Context;
use super::effects::Effect;
use super::failure::CommitState;
use super::fault::{Fault, Stop};
use super::outbox::Deliverer;
use super::reader::Reader;
use super::work::Work;

/// Opens units of work for a streaming endpoint. Cheap to clone into the stream.
#[derive(Clone, Debug)]
pub struct Stream {
    context: Context,
    deliverer: Deliverer,
}

impl Stream {
    pub(crate) fn new(context: Context, deliverer: Deliverer) -> Self {
        Self { context, deliverer }
    }

    /// Time, ids and settings.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// A unit of work that reads.
    #[must_use]
    pub fn read(&self) -> Reader {
        Reader::new(self.context.clone())
    }

    /// A unit of work that writes; it ends with [`Stream::commit`] or, dropped, with a rollback.
    #[must_use]
    pub fn write(&self) -> Work {
        Work::new(self.context.clone())
    }

    /// Commits a unit of work and has its effects delivered.
    ///
    /// # Errors
    /// A fault; its text says when the outcome of the commit is unknown.
    pub async fn commit(&self, mut work: Work) -> Result<(), Stop> {
        work.settle().await?;
        work.commit().await.map_err(|(fault, state)| match state {
            CommitState::Unknown => Fault::new(fault.kind, "the outcome of the commit is unknown").caused_by(fault),
            _ => fault,
        })?;
        if work.has_announced() {
            self.deliverer.wake();
        }
        Ok(())
    }

    /// Announces one effect in a transaction of its own.
    ///
    /// # Errors
    /// As [`Stream::commit`].
    pub async fn announce(&self, effect: impl Into<Effect>) -> Result<(), Stop> {
        let mut work = self.write();
        work.announce(effect);
        self.commit(work).await
    }
}
