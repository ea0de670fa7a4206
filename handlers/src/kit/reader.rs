//! The unit of work of an endpoint that only reads.

use sqlx::PgConnection;

use super::calls::Calls;
use super::context::Context;
use super::database::Lazy;
use super::fault::Stop;
use super::touch::Touch;
use super::unit::UnitOfWork;

/// A connection in a transaction that PostgreSQL itself holds read-only.
#[derive(Debug)]
pub struct Reader {
    context: Context,
    transaction: Lazy,
    calls: Calls,
    touches: Vec<Touch>,
}

impl Reader {
    pub(crate) fn new(context: Context) -> Self {
        let transaction = Lazy::new(&context.database, context.opening(true));
        let calls = Calls::new(context.calls.clone(), context.settings.call_timeout);
        Self {
            context,
            transaction,
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
        self.transaction.begun()
    }

    pub(crate) async fn finish(&mut self, abandoned: bool) {
        self.transaction.roll_back(abandoned).await;
    }
}

impl UnitOfWork for Reader {
    async fn db(&mut self) -> Result<&mut PgConnection, Stop> {
        Ok(self.transaction.connection().await?)
    }

    fn context(&self) -> &Context {
        &self.context
    }

    fn touch(&mut self, touch: Touch) {
        self.touches.push(touch);
    }
}
