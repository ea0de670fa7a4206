//! Tasks that somebody owns. On a core they are local and counted, so that a drain can wait for them; on the workshop they
//! have names.

use std::future::Future;

use tokio::task::spawn_local;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tasks of one core: connections, and what drives upstream connections and tunnels.
#[derive(Debug, Clone, Default)]
pub struct LocalTasks {
    tracker: TaskTracker,
}

impl LocalTasks {
    /// Starts a task on this core.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let tracked = self.tracker.track_future(task);
        // Owned through the tracker; the handle has nothing to add.
        drop(spawn_local(tracked));
    }

    /// Waits until every task has ended.
    pub async fn finished(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// How many are running.
    #[must_use]
    pub fn running(&self) -> usize {
        self.tracker.len()
    }
}

/// [`LocalTasks`] as hyper wants it: HTTP/2 drives each of its streams by a task.
#[derive(Debug, Clone)]
pub struct LocalExecutor(LocalTasks);

impl LocalExecutor {
    /// Tasks started by it belong to `tasks`.
    #[must_use]
    pub fn new(tasks: LocalTasks) -> Self {
        Self(tasks)
    }
}

impl<F> hyper::rt::Executor<F> for LocalExecutor
where
    F: Future<Output: 'static> + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(async move {
            future.await;
        });
    }
}

/// The named tasks of the process, on the workshop's runtime.
#[derive(Debug, Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    handle: tokio::runtime::Handle,
    shutdown: CancellationToken,
}

impl Tasks {
    /// No task yet; `shutdown` is what every loop among them listens to.
    #[must_use]
    pub fn new(handle: tokio::runtime::Handle, shutdown: CancellationToken) -> Self {
        Self {
            tracker: TaskTracker::new(),
            handle,
            shutdown,
        }
    }

    /// Starts a task under a name.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let named = async move {
            task.await;
            tracing::debug!(task = name, "task ended");
        };
        drop(self.tracker.spawn_on(named, &self.handle));
    }

    /// The token that ends them.
    #[must_use]
    pub fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// Waits until every task has ended.
    pub async fn finished(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}
