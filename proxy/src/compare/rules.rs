//! A route's compare rules, their paths read once.

use std::time::Duration;

use http::HeaderName;

use super::path::{JsonPath, PathError, Trail};

/// The two sides answer one after the other, and a busy machine is late: times of one exchange may be this far apart.
const DEFAULT_TIME_TOLERANCE: Duration = Duration::from_secs(5);

/// What a route says about its comparison.
#[derive(Clone, Debug)]
pub struct Rules {
    ignore: Vec<JsonPath>,
    unordered: Vec<(JsonPath, Option<String>)>,
    same_shape: Vec<JsonPath>,
    headers: Vec<HeaderName>,
    time_tolerance_ms: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self::new(DEFAULT_TIME_TOLERANCE)
    }
}

impl Rules {
    /// No exceptions; minted times may be `tolerance` apart.
    #[must_use]
    pub fn new(tolerance: Duration) -> Self {
        let time_tolerance_ms = i64::try_from(tolerance.as_millis()).unwrap_or(i64::MAX);
        Self {
            ignore: Vec::new(),
            unordered: Vec::new(),
            same_shape: Vec::new(),
            headers: Vec::new(),
            time_tolerance_ms,
        }
    }

    /// The rules of a route as the flag file states them.
    #[must_use]
    pub fn of(rules: &flags::CompareRules) -> Self {
        Self {
            ignore: rules.ignore.iter().map(|rule| JsonPath::from(&rule.path)).collect(),
            unordered: rules
                .unordered
                .iter()
                .map(|(path, key)| (JsonPath::from(path), key.clone()))
                .collect(),
            same_shape: rules.same_shape.iter().map(JsonPath::from).collect(),
            headers: rules.headers.iter().filter_map(|name| name.parse().ok()).collect(),
            ..Self::new(rules.time_tolerance)
        }
    }

    /// Nothing at or below this path counts.
    ///
    /// # Errors
    /// When the path cannot be read.
    pub fn ignore(mut self, path: &str) -> Result<Self, PathError> {
        self.ignore.push(JsonPath::parse(path)?);
        Ok(self)
    }

    /// The list at this path has no order: members are paired by the field `key`, or as a multiset.
    ///
    /// # Errors
    /// When the path cannot be read.
    pub fn unordered(mut self, path: &str, key: Option<&str>) -> Result<Self, PathError> {
        self.unordered.push((JsonPath::parse(path)?, key.map(str::to_owned)));
        Ok(self)
    }

    /// The text at this path is a random code: the same kinds of characters at the same places are enough.
    ///
    /// # Errors
    /// When the path cannot be read.
    pub fn same_shape(mut self, path: &str) -> Result<Self, PathError> {
        self.same_shape.push(JsonPath::parse(path)?);
        Ok(self)
    }

    /// Compares this response header beside the usual ones.
    #[must_use]
    pub fn header(mut self, name: HeaderName) -> Self {
        self.headers.push(name);
        self
    }

    pub(super) fn headers(&self) -> &[HeaderName] {
        &self.headers
    }

    pub(super) fn ignores(&self, trail: &Trail) -> bool {
        self.ignore.iter().any(|path| trail.is_at(path))
    }

    /// Whether nothing at this place counts, given as the template of a [`super::Difference`]. A rule for one list position does not
    /// cover a template, which stands for all of them.
    #[must_use]
    pub fn ignores_template(&self, template: &str) -> bool {
        JsonPath::of_template(template).is_some_and(|place| self.ignore.iter().any(|rule| rule.covers(&place)))
    }

    pub(super) fn wants_shape_only(&self, trail: &Trail) -> bool {
        self.same_shape.iter().any(|path| trail.is_at(path))
    }

    /// `None`: the order counts. `Some(None)`: a multiset. `Some(Some(key))`: paired by that field.
    pub(super) fn order_of(&self, trail: &Trail) -> Option<Option<&str>> {
        self.unordered
            .iter()
            .find(|(path, _)| trail.is_at(path))
            .map(|(_, key)| key.as_deref())
    }

    pub(super) fn time_tolerance_ms(&self) -> i64 {
        self.time_tolerance_ms
    }
}
