//! From a path to its plan: a tree of segments, walked without allocation.
//!
//! Precedence is that of Next.js, segment by segment with a way back: static, then `[x]`, then `[...x]`, then `[[...x]]`.
//! The path decides first and the method second, as in Next.js: when the most specific pattern has no flag for the method,
//! a less specific pattern does not stand in for it.

use std::sync::Arc;

use http::Method;

use crate::pattern::{Pattern, Segment};
use crate::plan::RoutePlan;
use crate::route_key::RouteKey;
use path_text::{Form, SegmentBuffer};
use statics::Statics;

mod path_text;
mod segment_hash;
mod statics;

/// What a path led to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found<'t> {
    /// The plan of the route.
    Plan(&'t Arc<RoutePlan>),
    /// No flag names this method on this path.
    Nothing,
    /// The path is not written in one certain way, so it was not looked up.
    Unusual,
}

/// The tree of all patterns that are known, with the plans at their ends.
#[derive(Debug, Default)]
pub(crate) struct Trie {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    statics: Statics,
    dynamic: Option<Box<Self>>,
    here: Option<Box<Methods>>,
    catch_all: Option<Box<Methods>>,
    optional_catch_all: Option<Box<Methods>>,
}

/// The plans of one pattern, in the order of [`RouteKey::METHODS`].
#[derive(Debug, Default)]
struct Methods([Option<Arc<RoutePlan>>; 6]);

impl Trie {
    /// Adds the route of a plan. A second plan for the same route replaces the first.
    pub(crate) fn insert(&mut self, plan: &Arc<RoutePlan>) {
        let methods = self.root.end_of(plan.key.pattern.segments());
        if let Some(slot) = method_slot(&plan.key.method).and_then(|slot| methods.0.get_mut(slot)) {
            *slot = Some(Arc::clone(plan));
        }
    }

    /// Adds a pattern that exists without a flag, so that a less specific pattern does not stand in for it.
    pub(crate) fn insert_known(&mut self, pattern: &Pattern) {
        self.root.end_of(pattern.segments());
    }

    /// Finds the plan for a method on a canonical path.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let methods = match path_text::form(path) {
            Form::Unusual => return Found::Unusual,
            Form::Plain(rest) => self.root.find(rest, &mut Plain),
            Form::Encoded(rest) => self.root.find(rest, &mut SegmentBuffer::new()),
        };
        let plan = methods
            .zip(method_slot(method))
            .and_then(|(methods, slot)| methods.0.get(slot)?.as_ref());
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

impl Node {
    /// The end of a pattern below this node, made if it is not there.
    fn end_of(&mut self, segments: &[Segment]) -> &mut Methods {
        match segments.split_first() {
            None => self.here.get_or_insert_default(),
            Some((Segment::Static(text), rest)) => self.statics.child(text.as_bytes()).end_of(rest),
            Some((Segment::Dynamic(_), rest)) => self.dynamic.get_or_insert_default().end_of(rest),
            Some((Segment::CatchAll(_), _)) => self.catch_all.get_or_insert_default(),
            Some((Segment::OptionalCatchAll(_), _)) => self.optional_catch_all.get_or_insert_default(),
        }
    }

    /// Goes down at most as deep as the patterns are long; `rest` is what is left of the path, without its first slash.
    fn find(&self, rest: Option<&[u8]>, reading: &mut impl Reading) -> Option<&Methods> {
        let Some(rest) = rest else {
            return self.here.as_deref().or(self.optional_catch_all.as_deref());
        };
        let (segment, after) = path_text::split(rest);
        let child = if self.statics.is_empty() {
            None
        } else {
            reading.read(segment).and_then(|text| self.statics.get(text))
        };
        child
            .and_then(|child| child.find(after, reading))
            .or_else(|| self.dynamic.as_ref().and_then(|child| child.find(after, reading)))
            .or(self.catch_all.as_deref())
            .or(self.optional_catch_all.as_deref())
    }
}

/// The slot of a method in [`Methods`]; HEAD has that of GET.
fn method_slot(method: &Method) -> Option<usize> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    RouteKey::METHODS.iter().position(|known| known == method)
}

#[cfg(test)]
mod tests;
