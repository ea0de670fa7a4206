//! From a path to its plan: a tree of segments, walked without allocation.
//!
//! Precedence is that of Next.js, segment by segment with a way back: static, then `[x]`, then `[...x]`, then `[[...x]]`.
//! The path decides first and the method second, as in Next.js: when the most specific pattern has no flag for the method,
//! a less specific pattern does not stand in for it.

use http::Method;

use crate::pattern::Pattern;
use crate::plan::RoutePlan;
use crate::route_key::RouteKey;
use flat::{End, Flat, NodeRef};
use path_text::{Form, SegmentBuffer};
use tree::Node;

mod flat;
mod path_text;
mod tree;

/// What a path led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// The plan at this place; places behind the last plan are aliases, in their order.
    Plan(usize),
    /// No flag names this method on this path.
    Nothing,
    /// The path is not written in one certain way, so it was not looked up.
    Unusual,
}

/// All patterns that are known, with the places of the plans at their ends.
#[derive(Debug)]
pub(crate) struct Trie {
    flat: Flat,
}

/// A trie that is being made.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    root: Node,
}

impl Builder {
    /// Adds the route of a plan. A second plan for the same route replaces the first.
    pub(crate) fn insert(&mut self, plan: &RoutePlan) {
        self.insert_at(&plan.key.method, &plan.key.pattern, plan.index);
    }

    /// Adds a pattern that leads to this place.
    pub(crate) fn insert_at(&mut self, method: &Method, pattern: &Pattern, place: usize) {
        let methods = self.root.end_of(pattern.segments());
        if let Some(slot) = method_slot(method).and_then(|slot| methods.0.get_mut(slot)) {
            *slot = u32::try_from(place).ok();
        }
    }

    /// Adds a pattern that exists without a flag, so that a less specific pattern does not stand in for it.
    pub(crate) fn insert_known(&mut self, pattern: &Pattern) {
        self.root.end_of(pattern.segments());
    }

    /// The trie, laid out for lookups.
    pub(crate) fn finish(&self) -> Trie {
        Trie {
            flat: Flat::of(&self.root),
        }
    }
}

impl Trie {
    /// Finds the plan for a method on a canonical path.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found {
        let root = self.flat.root();
        let end = match path_text::form(path) {
            Form::Unusual => return Found::Unusual,
            Form::Plain(rest) => find(root, rest, &mut Plain),
            Form::Encoded(rest) => find(root, rest, &mut SegmentBuffer::new()),
        };
        let plan = end
            .zip(method_slot(method))
            .and_then(|(end, slot)| end.plan(&self.flat, slot));
        plan.map_or(Found::Nothing, Found::Plan)
    }
}

/// How the text of a segment is read before it is compared.
trait Reading {
    /// The decoded segment; `None` when it is too long to be a static one.
    fn read<'a>(&'a mut self, segment: &'a [u8]) -> Option<&'a [u8]>;
}

/// Segments without percent-encoding.
struct Plain;

impl Reading for Plain {
    fn read<'a>(&'a mut self, segment: &'a [u8]) -> Option<&'a [u8]> {
        Some(segment)
    }
}

impl Reading for SegmentBuffer {
    fn read<'a>(&'a mut self, segment: &'a [u8]) -> Option<&'a [u8]> {
        self.decode(segment)
    }
}

/// Goes down at most as deep as the patterns are long; `rest` is what is left of the path, without its first slash.
fn find(node: NodeRef<'_>, rest: Option<&[u8]>, reading: &mut impl Reading) -> Option<End> {
    let Some(rest) = rest else {
        return node.here().or_else(|| node.optional_catch_all());
    };
    let (segment, after) = path_text::split(rest);
    let child = if node.has_statics() {
        reading.read(segment).and_then(|text| node.child(text))
    } else {
        None
    };
    child
        .and_then(|child| find(child, after, reading))
        .or_else(|| node.dynamic().and_then(|child| find(child, after, reading)))
        .or_else(|| node.catch_all())
        .or_else(|| node.optional_catch_all())
}

/// The slot of a method in [`tree::Methods`]; HEAD has that of GET.
fn method_slot(method: &Method) -> Option<usize> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    RouteKey::METHODS.iter().position(|known| known == method)
}

#[cfg(test)]
mod tests;
