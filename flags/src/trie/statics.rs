//! The static children of one node.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::Node;
use super::segment_hash::SegmentHasher;

/// Up to so many children are compared one after the other, which is quicker than hashing.
const FEW: usize = 4;

/// The static children of one node, by their text.
#[derive(Debug)]
pub(super) enum Statics {
    /// In the order of the file, at most [`FEW`].
    Few(Vec<(Box<[u8]>, Node)>),
    /// By hash.
    Many(HashMap<Box<[u8]>, Node, BuildHasherDefault<SegmentHasher>>),
}

impl Default for Statics {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Statics {
    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Few(children) if children.is_empty())
    }

    /// The child of this text.
    pub(super) fn get(&self, text: &[u8]) -> Option<&Node> {
        match self {
            Self::Few(children) => children.iter().find(|(key, _)| **key == *text).map(|(_, child)| child),
            Self::Many(children) => children.get(text),
        }
    }

    /// The child of this text, made if it is not there.
    pub(super) fn child(&mut self, text: &[u8]) -> &mut Node {
        if let Self::Few(children) = self
            && children.len() == FEW
            && children.iter().all(|(key, _)| **key != *text)
        {
            *self = Self::Many(children.drain(..).collect());
        }
        match self {
            Self::Many(children) => children.entry(text.into()).or_default(),
            Self::Few(children) => {
                let known = children.iter().position(|(key, _)| **key == *text);
                let at = known.unwrap_or(children.len());
                if known.is_none() {
                    children.push((text.into(), Node::default()));
                }
                // `at` is a position that was found, or that of what was just pushed.
                &mut children[at].1
            }
        }
    }
}
