//! The tree laid out for lookups: every node is one cache line, and all children with a text, of all nodes, are in one hash table
//! of such lines. A static segment costs one look at memory, however many routes there are.

use super::tree::{Methods, Node};

/// No node, no end.
const NONE: u32 = u32::MAX;
/// Texts of up to so many bytes are in the node itself.
const INLINE: usize = 24;

/// A node, and when it is a child with a text, also its slot in the table.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Line {
    /// The node whose child this is; [`NONE`] in an empty slot.
    parent: u32,
    /// The whole length of the text.
    length: u32,
    /// Where the text is in [`Flat::texts`].
    text: u32,
    /// The first bytes of the text.
    inline: [u8; INLINE],
    has_statics: bool,
    dynamic: u32,
    here: End,
    catch_all: End,
    optional_catch_all: End,
}

/// What stands at the end of a pattern, in four bytes: nothing; one plan and its method; or a place in the table of ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End(u32);

/// The whole layout: first the table, then the root, then the nodes of parameters.
#[derive(Debug)]
pub(super) struct Flat {
    lines: Vec<Line>,
    /// The size of the table less one; the size is a power of two.
    mask: usize,
    root: u32,
    texts: Vec<u8>,
    ends: Vec<Methods>,
}

const EMPTY: Line = Line {
    parent: NONE,
    length: 0,
    text: 0,
    inline: [0; INLINE],
    has_statics: false,
    dynamic: NONE,
    here: End::NOTHING,
    catch_all: End::NOTHING,
    optional_catch_all: End::NOTHING,
};

impl Flat {
    /// Lays a tree out.
    pub(super) fn of(tree: &Node) -> Self {
        // At most half full, so that a miss is found out soon.
        let size = (tree.static_nodes() * 2).next_power_of_two().max(2);
        let mut flat = Self {
            lines: vec![EMPTY; size],
            mask: size - 1,
            root: NONE,
            texts: Vec::new(),
            ends: Vec::new(),
        };
        flat.root = flat.push(EMPTY);
        flat.fill(flat.root, tree);
        flat
    }

    /// The root.
    pub(super) fn root(&self) -> NodeRef<'_> {
        NodeRef {
            flat: self,
            place: self.root,
        }
    }

    fn fill(&mut self, place: u32, node: &Node) {
        let dynamic = node.dynamic.as_ref().map(|child| (self.push(EMPTY), child));
        let mut end = |methods: Option<Methods>| methods.map_or(End::NOTHING, |methods| self.end(methods));
        let (here, catch_all) = (end(node.here), end(node.catch_all));
        let optional_catch_all = end(node.optional_catch_all);
        if let Some(line) = self.lines.get_mut(index(place)) {
            line.has_statics = !node.statics.is_empty();
            line.dynamic = dynamic.map_or(NONE, |(place, _)| place);
            (line.here, line.catch_all) = (here, catch_all);
            line.optional_catch_all = optional_catch_all;
        }
        if let Some((place, child)) = dynamic {
            self.fill(place, child);
        }
        for (text, child) in &node.statics {
            let place = self.insert(place, text.as_bytes());
            self.fill(place, child);
        }
    }

    fn push(&mut self, line: Line) -> u32 {
        self.lines.push(line);
        narrow(self.lines.len() - 1)
    }

    /// Takes the slot of a child with a text.
    fn insert(&mut self, parent: u32, text: &[u8]) -> u32 {
        let mut place = hash(parent, text) & self.mask;
        while self.lines.get(place).is_some_and(|line| line.parent != NONE) {
            place = (place + 1) & self.mask;
        }
        let mut inline = [0; INLINE];
        inline.iter_mut().zip(text).for_each(|(byte, letter)| *byte = *letter);
        if let Some(line) = self.lines.get_mut(place) {
            *line = Line {
                parent,
                length: narrow(text.len()),
                text: narrow(self.texts.len()),
                inline,
                ..EMPTY
            };
        }
        if text.len() > INLINE {
            self.texts.extend_from_slice(text);
        }
        narrow(place)
    }

    fn end(&mut self, methods: Methods) -> End {
        let mut plans = methods
            .0
            .iter()
            .enumerate()
            .filter_map(|(slot, plan)| Some((slot, (*plan)?)));
        match (plans.next(), plans.next()) {
            (Some((slot, plan)), None) if plan <= End::PLACE => End::one(slot, plan),
            _ => {
                self.ends.push(methods);
                End::many(self.ends.len() - 1)
            }
        }
    }

    fn child(&self, parent: u32, text: &[u8]) -> Option<u32> {
        let mut place = hash(parent, text) & self.mask;
        loop {
            let line = self.lines.get(place)?;
            if line.parent == parent && self.has_text(line, text) {
                return Some(narrow(place));
            }
            if line.parent == NONE {
                return None;
            }
            place = (place + 1) & self.mask;
        }
    }

    fn has_text(&self, line: &Line, text: &[u8]) -> bool {
        if index(line.length) != text.len() {
            return false;
        }
        match line.inline.get(..text.len()) {
            Some(inline) => inline == text,
            None => self
                .texts
                .get(index(line.text)..)
                .is_some_and(|texts| texts.starts_with(text)),
        }
    }
}

/// A node of the layout.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodeRef<'f> {
    flat: &'f Flat,
    place: u32,
}

impl<'f> NodeRef<'f> {
    fn line(&self) -> Option<&'f Line> {
        self.flat.lines.get(index(self.place))
    }

    /// Whether it has children with a text at all.
    pub(super) fn has_statics(&self) -> bool {
        self.line().is_some_and(|line| line.has_statics)
    }

    /// The child of this text.
    pub(super) fn child(&self, text: &[u8]) -> Option<Self> {
        let place = self.flat.child(self.place, text)?;
        Some(Self { place, ..*self })
    }

    /// The child for any one segment.
    pub(super) fn dynamic(&self) -> Option<Self> {
        let place = self.line()?.dynamic;
        (place != NONE).then_some(Self { place, ..*self })
    }

    /// The end of a path here.
    pub(super) fn here(&self) -> Option<End> {
        self.line()?.here.some()
    }

    /// The end of every longer path.
    pub(super) fn catch_all(&self) -> Option<End> {
        self.line()?.catch_all.some()
    }

    /// The end of every path from here on.
    pub(super) fn optional_catch_all(&self) -> Option<End> {
        self.line()?.optional_catch_all.some()
    }
}

impl End {
    const NOTHING: Self = Self(NONE);
    const SLOT_BITS: u32 = 3;
    /// The largest place of a plan or of an end.
    const PLACE: u32 = u32::MAX >> Self::SLOT_BITS;
    /// The slot of an end that is not one plan.
    const MANY: u32 = 6;

    fn one(slot: usize, plan: u32) -> Self {
        Self(narrow(slot) << (32 - Self::SLOT_BITS) | plan)
    }

    fn many(place: usize) -> Self {
        Self(Self::MANY << (32 - Self::SLOT_BITS) | (narrow(place) & Self::PLACE))
    }

    fn some(self) -> Option<Self> {
        (self != Self::NOTHING).then_some(self)
    }

    /// The plan for a method, if there is one.
    pub(super) fn plan(self, flat: &Flat, slot: usize) -> Option<usize> {
        let (tag, place) = (self.0 >> (32 - Self::SLOT_BITS), self.0 & Self::PLACE);
        if tag == Self::MANY {
            let plan = flat.ends.get(index(place))?.0.get(slot)?;
            return plan.map(index);
        }
        (index(tag) == slot).then_some(index(place))
    }
}

/// Eight bytes at a step. The texts in the table come from the flag file and never from a request, so nobody outside can make them
/// collide.
fn hash(parent: u32, text: &[u8]) -> usize {
    const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = (u64::from(parent) ^ (text.len() as u64) << 32).wrapping_mul(MIX);
    let mut chunks = text.chunks_exact(8);
    for chunk in &mut chunks {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(chunk);
        state = fold(state, u64::from_le_bytes(bytes), MIX);
    }
    let mut last = [0; 8];
    last.iter_mut()
        .zip(chunks.remainder())
        .for_each(|(byte, letter)| *byte = *letter);
    state = fold(state, u64::from_le_bytes(last), MIX);
    usize::try_from(state >> 32 ^ state & 0xffff_ffff).unwrap_or_default()
}

fn fold(state: u64, word: u64, mix: u64) -> u64 {
    let product = u128::from(state ^ word).wrapping_mul(u128::from(mix));
    (product >> 64) as u64 ^ product as u64
}

/// A file is at most a few megabytes, so its places are far below 2^32; should one not be, it names nothing.
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NONE)
}

fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
