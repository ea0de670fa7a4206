//! The multi-threaded runtime beside the data plane: native handlers, shadow work, the store, the admin listener, the flag
//! file. What goes on here never holds up a core.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// Owns the runtime.
#[derive(Debug)]
pub struct Workshop {
    runtime: Option<Runtime>,
}

impl Workshop {
    /// Starts the runtime.
    ///
    /// # Errors
    /// When threads cannot be started.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().thread_name("workshop").enable_all().build()?;
        Ok(Self { runtime: Some(runtime) })
    }

    /// A handle to start work with; none once the workshop is closed.
    ///
    /// # Errors
    /// When the workshop is closed.
    pub fn handle(&self) -> io::Result<Handle> {
        self.runtime.as_ref().map(|runtime| runtime.handle().clone()).ok_or_else(|| io::Error::other("the workshop is closed"))
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // A runtime must not be dropped where another one waits; its tasks have been awaited by name before.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
