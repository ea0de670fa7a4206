//! The parity report: what was compared, how much of it agreed, what differs and why, what was not compared and why.
//!
//! Made from the store alone, so it can be asked of a running proxy's file or database at any time. `docs/parity.md` says how
//! to read it.

mod json;
mod model;
mod quantile;
mod terminal;
mod text;
mod wilson;

#[cfg(test)]
mod tests;

pub use self::json::render_json;
pub use self::model::{Difference, Filter, Interval, Latency, Place, Places, Report, RouteReport, Totals};
pub use self::terminal::safe;
pub use self::text::render_text;
pub(crate) use self::wilson::interval;
