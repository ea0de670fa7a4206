//! What the steps of one core share.

use std::rc::Rc;
use std::sync::Arc;

use flags::Flags;

use crate::backend::native::NativeBackend;
use crate::config::Config;
use crate::metrics::CoreMetrics;
use crate::tasks::LocalTasks;
use crate::upstream::Pool;

/// The belongings of one core: configuration and flags shared with the others, everything else its own.
#[derive(Debug)]
pub struct Core {
    /// The configuration.
    pub config: Arc<Config>,
    /// The flags in force.
    pub flags: Arc<Flags>,
    /// Connections to the legacy app.
    pub legacy: Rc<Pool>,
    /// The native handlers, or why there are none.
    pub native: NativeBackend,
    /// Counters of this core.
    pub metrics: CoreMetrics,
    /// Connections, tunnels and upstream drivers of this core.
    pub tasks: LocalTasks,
}
