//! What reading and writing units of work have in common.

use std::future::Future;

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::context::Context;
use super::fault::Stop;
use super::touch::Touch;

/// A unit of work: one transaction, its surroundings, and the sessions it used. Extractors are written against it.
pub trait UnitOfWork: Send {
    /// The connection. In a unit that writes, and in every dry run, it is inside the transaction, which is begun on first use.
    ///
    /// # Errors
    /// A fault when no connection is free within the short wait allowed, or the database is down.
    fn db(&mut self) -> impl Future<Output = Result<&mut PgConnection, Stop>> + Send;

    /// A connection for looking up what this unit has not written. A unit that writes begins no transaction for it, so that one
    /// that comes to write nothing never begins any; once it has begun, this is the same as [`UnitOfWork::db`].
    ///
    /// # Errors
    /// As [`UnitOfWork::db`].
    fn lookup(&mut self) -> impl Future<Output = Result<&mut PgConnection, Stop>> + Send;

    /// Time, ids and settings.
    fn context(&self) -> &Context;

    /// Says that a session was used; see [`Touch`] for when it is written.
    fn touch(&mut self, touch: Touch);

    /// The time now, in UTC, to the millisecond.
    fn now(&self) -> OffsetDateTime {
        self.context().clock.now()
    }
}
