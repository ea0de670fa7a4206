//! Request framing stricter than the server behind it, and the patience that a client is met with.
//!
//! [`watch`] wraps the socket of an HTTP/1 connection. Its reader follows the bytes from head to body to head; whatever two servers
//! could read differently is answered with 400 and the connection ends, before anything is forwarded.

mod alarm;
mod answer;
mod chunked;
mod crowd;
mod guard;
mod head;
mod held;
mod host;
mod interim;
mod line;
mod link;
mod reader;
mod refusal;
mod socket;
mod watch;

pub(crate) use alarm::Alarm;
pub use answer::doubt_in_answer;
pub(crate) use chunked::belongs_into_head;
pub use crowd::{Crowd, Place};
pub(crate) use guard::LINGER;
pub use guard::{ClientPatience, Guarded};
pub use head::HeadLimits;
pub use host::host_name;
pub use interim::Interim;
#[cfg(test)]
pub(crate) use reader::tests as streams;
pub use reader::{Reader, Step, Verdict};
pub use refusal::Refusal;
pub use socket::{Lent, Socket};
pub use watch::{Answering, Turn, Watch, watch};
