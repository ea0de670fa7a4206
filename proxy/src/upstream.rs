//! Connections to the legacy app: one pool per core, raw HTTP/1.1 senders, no locks.
//!
//! A sender is handed back by the body of the answer when its last byte has been read, so no task runs per request. A
//! connection that is closed, busy or older than its idle limit is never used again.

mod connect;
mod headers;
mod pool;
mod retry;

pub use connect::{Origin, OriginError};
pub use headers::{forwardable_request, forwardable_response};
pub use pool::{Lease, Pool, PoolLimits};
pub use retry::{Failed, may_retry};
