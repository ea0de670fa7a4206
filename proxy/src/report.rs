//! The parity report: what was compared, how much of it agreed, what differs and why, what was not compared and why.
//!
//! Made from the store alone, so it can be asked of a running proxy's file or database at any time. `docs/parity.md` says how
//! to read it.

mod csv;
mod filter;
mod html;
mod json;
mod junit;
mod load;
mod markdown;
mod model;
mod noise;
mod quantile;
mod rejudge;
mod terminal;
mod text;
mod waivers;
mod wilson;
mod words;

#[cfg(test)]
mod tests;

pub use self::csv::render_csv;
pub use self::filter::{Filter, Place, Places};
pub use self::html::{REPORT_POLICY, render_html};
pub use self::json::render_json;
pub use self::junit::render_junit;
pub use self::markdown::render_markdown;
pub use self::model::{
    Again, Class, Difference, Interval, Latency, Learned, Report, RouteReport, Totals, WaiverReport,
};
pub use self::terminal::safe;
pub use self::text::render_text;
