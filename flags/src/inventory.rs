//! The handlers that this binary contains.

use std::collections::BTreeSet;

use crate::route_key::RouteKey;

/// The routes for which this binary has a native handler: no other may leave `legacy`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory(BTreeSet<RouteKey>);

impl Inventory {
    /// The inventory of these handlers.
    pub fn new(keys: impl IntoIterator<Item = RouteKey>) -> Self {
        Self(keys.into_iter().collect())
    }

    /// Whether there is a handler for this route, parameter names included.
    #[must_use]
    pub fn contains(&self, key: &RouteKey) -> bool {
        self.0.contains(key)
    }

    /// The routes in their own order.
    pub fn iter(&self) -> impl Iterator<Item = &RouteKey> {
        self.0.iter()
    }

    /// How many handlers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the binary has no handler at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<RouteKey> for Inventory {
    fn from_iter<I: IntoIterator<Item = RouteKey>>(keys: I) -> Self {
        Self::new(keys)
    }
}
