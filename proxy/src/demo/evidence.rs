//! What the comparison has found so far, read from Ficus's own store as `ficus report` does.

use crate::report::{Filter, Places, Report};
use crate::store::Store;

use super::visitor::Seen;

/// The routes of the walk.
const ROUTES: &str = "/api/crm/tickets";

/// The store, opened a second time beside the running proxy.
#[derive(Debug)]
pub(super) struct Evidence(Store);

/// The sums that the walk asks about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) matched: u64,
    pub(super) mismatched: u64,
    /// Where answers differed, as JSON paths.
    pub(super) paths: Vec<String>,
    /// Comparisons of writes among them.
    pub(super) writes_matched: u64,
    /// Why there was no comparison, with counts.
    pub(super) not_compared: Vec<String>,
}

impl Evidence {
    pub(super) async fn open(url: &str) -> Seen<Self> {
        Store::open(url).await.map(Self).map_err(|error| error.to_string())
    }

    pub(super) async fn sums(&self) -> Seen<Sums> {
        let filter = Filter {
            route: Some(ROUTES.to_owned()),
            ..Filter::default()
        };
        let report = Report::load(&self.0, &filter, &Places::default())
            .await
            .map_err(|error| error.to_string())?;
        let mut sums = Sums {
            matched: report.totals.matched,
            mismatched: report.totals.mismatched,
            ..Sums::default()
        };
        for route in &report.routes {
            if route.route.starts_with("POST ") {
                sums.writes_matched += route.totals.matched;
            }
            sums.paths.extend(route.differences.iter().map(|difference| {
                format!(
                    "{} (legacy {}, native {})",
                    difference.group.path_template,
                    shown(difference.group.legacy_sample.as_deref()),
                    shown(difference.group.native_sample.as_deref())
                )
            }));
            sums.not_compared.extend(
                route
                    .reasons
                    .iter()
                    .map(|(reason, count)| format!("{}: {reason} ({count})", route.route)),
            );
        }
        Ok(sums)
    }

    pub(super) async fn close(&self) {
        self.0.close().await;
    }
}

/// A value as the report shows it: JSON, or the word for its absence.
fn shown(sample: Option<&str>) -> &str {
    sample.unwrap_or("absent")
}
