//! Recordings of live traffic for the parity lab (`ficus record`), as HAR 1.2 with the fields of `docs/parity.md`.
//!
//! The data plane offers what legacy answered to a [`Tap`], which is shut unless somebody records. `ficus record` opens the one of a
//! running proxy through its admin listener ([`feed`]): entries are masked there, as samples of the shadow are, and only then
//! leave the process.

mod client;
mod entry;
mod feed;
mod file;
mod tap;

pub use client::{RecordError, RecordPlan, Recorded, record};
pub use tap::{Tap, Totals};

pub(crate) use feed::{Source, feed};
pub(crate) use tap::{Open, Raw};
