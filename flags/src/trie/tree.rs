//! The patterns as a tree, as it grows; [`super::flat`] lays it out for lookups.

use std::collections::BTreeMap;

use crate::pattern::Segment;

/// One position in the patterns.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) statics: BTreeMap<String, Self>,
    pub(super) dynamic: Option<Box<Self>>,
    pub(super) here: Option<Methods>,
    pub(super) catch_all: Option<Methods>,
    pub(super) optional_catch_all: Option<Methods>,
}

/// The plans of one pattern by their places, in the order of [`crate::RouteKey::METHODS`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Methods(pub(super) [Option<u32>; 6]);

impl Node {
    /// The end of a pattern below this node, made if it is not there.
    pub(super) fn end_of(&mut self, segments: &[Segment]) -> &mut Methods {
        match segments.split_first() {
            None => self.here.get_or_insert_default(),
            Some((Segment::Static(text), rest)) => self.statics.entry(text.clone()).or_default().end_of(rest),
            Some((Segment::Dynamic(_), rest)) => self.dynamic.get_or_insert_default().end_of(rest),
            Some((Segment::CatchAll(_), _)) => self.catch_all.get_or_insert_default(),
            Some((Segment::OptionalCatchAll(_), _)) => self.optional_catch_all.get_or_insert_default(),
        }
    }

    /// How many nodes are below this one as children with a text.
    pub(super) fn static_nodes(&self) -> usize {
        let below = |node: &Self| node.static_nodes();
        let statics: usize = self.statics.values().map(|child| 1 + below(child)).sum();
        statics + self.dynamic.as_deref().map_or(0, below)
    }
}
