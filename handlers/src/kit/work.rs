//! The unit of work of an endpoint that writes.

use std::time::Duration;

use sqlx::PgConnection;

use super::calls::Calls;
use super::context::Context;
use super::database::{Lazy, certainly_rolled_back, timed_out};
use super::effects::{Effect, EffectRecord, Effects};
use super::failure::CommitState;
use super::fault::{Fault, Stop};
use super::inspection::Inspection;
use super::outbox::store;
use super::reader::{Finish, Lookup};
use super::right_of_way::RightOfWay;
use super::touch::Touch;
use super::unit::UnitOfWork;

/// One transaction, the effects announced in it, and calls.
#[derive(Debug)]
pub struct Work {
    context: Context,
    transaction: Lazy,
    /// What is used until the transaction begins.
    lookup: Lookup,
    effects: Effects,
    calls: Calls,
    touches: Vec<Touch>,
    /// How many of the touches are written.
    settled: usize,
    /// Whether something was committed at a checkpoint.
    committed: bool,
    /// Whether effects were committed; the deliverer is then to be woken.
    announced: bool,
}

impl Work {
    pub(crate) fn new(context: Context) -> Self {
        let transaction = Lazy::new(&context.database, context.opening(false));
        let calls = Calls::new(context.calls.clone(), context.settings.call_timeout);
        Self {
            lookup: Lookup::new(&context.database.readers),
            context,
            transaction,
            effects: Effects::default(),
            calls,
            touches: Vec::new(),
            settled: 0,
            committed: false,
            announced: false,
        }
    }

    /// Commits what was done so far and gives the connection back; the next statement begins a new transaction.
    ///
    /// For what takes long and needs no connection: computing a password hash, calling an outside service. What was written is
    /// then there for good: after it the request goes to no other side, whatever happens. A dry run stays in its one
    /// transaction.
    ///
    /// # Errors
    /// A fault when the commit fails or its outcome is unknown.
    pub async fn checkpoint(&mut self) -> Result<(), Stop> {
        self.settle().await?;
        if self.context.is_dry() || !self.transaction.begun() {
            return Ok(());
        }
        let written = "select pg_current_xact_id_if_assigned() is not null";
        let written: bool = sqlx::query_scalar(written).fetch_one(self.db().await?).await?;
        let before = self.committed;
        // Before the commit, not after it: one that is given up may have been carried out.
        self.committed |= written;
        match tokio::time::timeout(self.context.settings.commit_timeout, self.commit()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err((fault, state))) => {
                if state == CommitState::RolledBack {
                    self.committed = before;
                }
                Err(fault.into())
            }
            Err(_) => Err(timed_out("the commit").into()),
        }
    }

    /// What is known of all transactions of this unit, when `last` is known of the last one.
    pub(crate) fn overall(&self, last: CommitState) -> CommitState {
        match last {
            CommitState::NotBegun | CommitState::RolledBack if self.committed => CommitState::Committed,
            last => last,
        }
    }

    /// Announces an outside effect: it happens after the commit, at least once, or not at all.
    pub fn announce(&mut self, effect: impl Into<Effect>) {
        self.effects.push(effect.into(), None);
    }

    /// Announces an effect that must happen once only for `key`, however often it is announced.
    pub fn announce_once(&mut self, key: impl Into<String>, effect: impl Into<Effect>) {
        self.effects.push(effect.into(), Some(key.into()));
    }

    /// Calls to outside services whose answer the reply needs.
    pub fn calls(&mut self) -> &mut Calls {
        &mut self.calls
    }

    pub(crate) fn unrepeatable(&self) -> Option<&'static str> {
        self.calls.unrepeatable()
    }

    pub(crate) fn begun(&self) -> bool {
        self.transaction.begun()
    }

    /// Whether effects were settled; asked after the last [`Work::settle`].
    pub(crate) fn has_announced(&self) -> bool {
        self.announced
    }

    pub(crate) fn records(&self) -> Vec<EffectRecord> {
        let touches = self.touches.iter().map(Touch::record);
        self.effects.records().chain(touches).collect()
    }

    pub(crate) async fn roll_back(&mut self, abandoned: bool) {
        self.lookup.finish(Finish::Failed);
        self.transaction.roll_back(abandoned).await;
    }

    /// Writes the touches and brings every deferred constraint to bear, so that what can fail fails while it can be undone.
    ///
    /// This also finds a transaction that an ignored error has aborted: PostgreSQL answers its commit with a silent rollback,
    /// and the client would be told of a success that never was.
    pub(crate) async fn settle(&mut self) -> Result<(), Fault> {
        if self.wrote_nothing() {
            self.lookup.finish(Finish::Answered);
            let touches = self.touches.split_off(self.settled);
            self.context.touches.write(touches);
            return Ok(());
        }
        self.lookup.finish(Finish::Answered);
        let connection = self.transaction.connection().await?;
        for touch in &self.touches[self.settled..] {
            touch.apply(connection).await?;
        }
        // They are kept, for the records of a dry run.
        self.settled = self.touches.len();
        if !self.context.is_dry() && !self.effects.is_empty() {
            store::insert(connection, &self.context, &self.effects).await?;
            self.effects = Effects::default();
            self.announced = true;
        }
        sqlx::query("set constraints all immediate").execute(connection).await?;
        Ok(())
    }

    /// Whether no transaction is needed: nothing was done in one, and what is to be written may wait.
    fn wrote_nothing(&self) -> bool {
        let may_wait = !self.context.is_dry() && self.touches[self.settled..].iter().all(Touch::may_wait);
        let idle = self.touches.len() == self.settled || may_wait;
        idle && self.effects.is_empty() && !self.transaction.begun()
    }

    /// Lets the parity lab look at what was written; it begins a transaction where there was none.
    pub(crate) async fn inspect(&mut self, inspection: &Inspection) -> Result<(), Fault> {
        inspection.look(self.transaction.connection().await?).await
    }

    /// Watches whether somebody waits for the locks of this unit of work.
    pub(crate) fn right_of_way(&self, lock_timeout: Duration) -> RightOfWay {
        self.transaction.right_of_way(lock_timeout)
    }

    /// The rows written so far, but for those whose touch is recorded anyway.
    pub(crate) async fn written_rows(&mut self) -> sqlx::Result<Vec<EffectRecord>> {
        let touched: Vec<EffectRecord> = self.touches.iter().map(Touch::record).collect();
        let mut written = self.transaction.written_rows().await?;
        let same = |one: &EffectRecord, other: &EffectRecord| {
            ["table", "pk"]
                .iter()
                .all(|name| one.payload.get(name) == other.payload.get(name))
        };
        written.retain(|row| !touched.iter().any(|touch| same(touch, row)));
        Ok(written)
    }

    /// Commits what [`Work::settle`] prepared.
    pub(crate) async fn commit(&mut self) -> Result<(), (Fault, CommitState)> {
        let Some(transaction) = self.transaction.take() else {
            return Ok(());
        };
        transaction.commit().await.map_err(|error| {
            let state = if certainly_rolled_back(&error) {
                CommitState::RolledBack
            } else {
                CommitState::Unknown
            };
            (error.into(), state)
        })
    }
}

impl UnitOfWork for Work {
    async fn db(&mut self) -> Result<&mut PgConnection, Stop> {
        self.lookup.finish(Finish::Answered);
        Ok(self.transaction.connection().await?)
    }

    async fn lookup(&mut self) -> Result<&mut PgConnection, Stop> {
        if self.context.is_dry() || self.transaction.begun() {
            return self.db().await;
        }
        Ok(self.lookup.connection().await?)
    }

    fn context(&self) -> &Context {
        &self.context
    }

    fn touch(&mut self, touch: Touch) {
        self.touches.push(touch);
    }
}
