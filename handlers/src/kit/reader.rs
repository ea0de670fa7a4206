//! The unit of work of an endpoint that only reads.

use sqlx::PgConnection;

use super::calls::Calls;
use super::context::Context;
use super::database::Lazy;
use super::database::readers::{Lease, Readers};
use super::fault::{Fault, Stop};
use super::touch::Touch;
use super::unit::UnitOfWork;

/// A connection that PostgreSQL itself holds read-only: every statement of a live run is a transaction of its own, a dry run is
/// one.
#[derive(Debug)]
pub struct Reader {
    context: Context,
    source: Source,
    calls: Calls,
    touches: Vec<Touch>,
}

#[derive(Debug)]
enum Source {
    Live(Lookup),
    Dry(Lazy),
}

/// A read-only connection, taken when it is first used.
#[derive(Debug)]
pub(crate) struct Lookup {
    readers: Readers,
    lease: Option<Lease>,
}

/// How a run that read came to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Finish {
    /// With an answer.
    Answered,
    /// With a fault, which may be the connection's, or with a panic.
    Failed,
    /// In the middle of whatever it did.
    Abandoned,
}

impl Lookup {
    pub(crate) fn new(readers: &Readers) -> Self {
        Self {
            readers: readers.clone(),
            lease: None,
        }
    }

    pub(crate) async fn connection(&mut self) -> Result<&mut PgConnection, Fault> {
        let lease = match self.lease.take() {
            Some(lease) => lease,
            None => self.readers.lease().await?,
        };
        Ok(self.lease.insert(lease))
    }

    /// Gives the connection back: to the next read, or through the pool, which tests it.
    pub(crate) fn finish(&mut self, finish: Finish) {
        match (self.lease.take(), finish) {
            (Some(lease), Finish::Answered) => lease.end(),
            (lease, _) => drop(lease),
        }
    }
}

impl Reader {
    pub(crate) fn new(context: Context) -> Self {
        let source = if context.is_dry() {
            Source::Dry(Lazy::new(&context.database, context.opening(true)))
        } else {
            Source::Live(Lookup::new(&context.database.readers))
        };
        let calls = Calls::new(context.calls.clone(), context.settings.call_timeout);
        Self {
            context,
            source,
            calls,
            touches: Vec::new(),
        }
    }

    /// Calls to outside services whose answer the reply needs.
    pub fn calls(&mut self) -> &mut Calls {
        &mut self.calls
    }

    pub(crate) fn unrepeatable(&self) -> Option<&'static str> {
        self.calls.unrepeatable()
    }

    pub(crate) fn take_touches(&mut self) -> Vec<Touch> {
        std::mem::take(&mut self.touches)
    }

    pub(crate) fn begun(&self) -> bool {
        match &self.source {
            Source::Live(lookup) => lookup.lease.is_some(),
            Source::Dry(transaction) => transaction.begun(),
        }
    }

    pub(crate) async fn finish(&mut self, finish: Finish) {
        match &mut self.source {
            Source::Live(lookup) => lookup.finish(finish),
            Source::Dry(transaction) => transaction.roll_back(finish == Finish::Abandoned).await,
        }
    }
}

impl UnitOfWork for Reader {
    async fn db(&mut self) -> Result<&mut PgConnection, Stop> {
        Ok(match &mut self.source {
            Source::Live(lookup) => lookup.connection().await?,
            Source::Dry(transaction) => transaction.connection().await?,
        })
    }

    async fn lookup(&mut self) -> Result<&mut PgConnection, Stop> {
        self.db().await
    }

    fn context(&self) -> &Context {
        &self.context
    }

    fn touch(&mut self, touch: Touch) {
        self.touches.push(touch);
    }
}
