//! From the events of the YAML parser to the tree, without recursion.

use std::collections::{HashMap, hash_map};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

use super::{Entry, Node, Value};
use crate::findings::{Findings, Place};

/// The deepest nesting of a flag file.
const MAX_DEPTH: usize = 16;

/// Builds the tree of one document.
pub(super) struct Builder<'f> {
    findings: &'f mut Findings,
    open: Vec<Collection>,
    root: Option<Node>,
    documents: usize,
}

/// A list or a mapping whose end has not come yet.
enum Collection {
    List {
        place: Place,
        items: Vec<Node>,
    },
    Map {
        place: Place,
        entries: Vec<Entry>,
        lines: HashMap<String, usize>,
        key: Option<Key>,
    },
}

/// The key whose value comes next.
struct Key {
    text: String,
    place: Place,
    /// Whether the value is kept; not so for a duplicate or a key that is no text.
    keep: bool,
}

impl<'f> Builder<'f> {
    /// A builder that reports here.
    pub(super) fn new(findings: &'f mut Findings) -> Self {
        Self {
            findings,
            open: Vec::new(),
            root: None,
            documents: 0,
        }
    }

    /// Builds the tree, or reports why there is none.
    pub(super) fn build(mut self, text: &str) -> Option<Node> {
        let mut parser = Parser::new_from_str(text);
        while let Some(next) = parser.next_event() {
            let (event, span) = match next {
                Ok(next) => next,
                Err(error) => {
                    self.not_yaml(&error);
                    return None;
                }
            };
            if !self.take(event, place_of(span.start)) {
                return None;
            }
        }
        if self.root.is_none() {
            let remedy = "the smallest flag file is `version: 1`";
            self.findings
                .add_with_remedy(Place { line: 1, column: 1 }, "the flag file is empty", remedy);
        }
        self.root
    }

    /// Takes one event; `false` when nothing sensible can follow.
    fn take(&mut self, event: Event<'_>, place: Place) -> bool {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => true,
            Event::DocumentStart(_) => self.start_document(place),
            Event::Alias(_) => self.refuse_anchor(place),
            Event::Scalar(_, _, anchor, tag) | Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag)
                if anchor != 0 || tag.is_some() =>
            {
                if anchor == 0 {
                    self.refuse_tag(place)
                } else {
                    self.refuse_anchor(place)
                }
            }
            Event::Scalar(text, style, ..) => {
                self.place_value(Node {
                    place,
                    value: Value::Scalar {
                        text: text.into_owned(),
                        plain: style == ScalarStyle::Plain,
                    },
                });
                true
            }
            Event::SequenceStart(..) => self.descend(
                Collection::List {
                    place,
                    items: Vec::new(),
                },
                place,
            ),
            Event::MappingStart(..) => {
                let empty = Collection::Map {
                    place,
                    entries: Vec::new(),
                    lines: HashMap::new(),
                    key: None,
                };
                self.descend(empty, place)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.ascend();
                true
            }
        }
    }

    fn start_document(&mut self, place: Place) -> bool {
        self.documents += 1;
        if self.documents > 1 {
            self.findings.add_with_remedy(
                place,
                "a second document begins here",
                "a flag file is one YAML document",
            );
        }
        self.documents == 1
    }

    fn refuse_anchor(&mut self, place: Place) -> bool {
        let remedy = "write `defaults:` or a group for what routes have in common";
        self.findings
            .add_with_remedy(place, "anchors and aliases are not allowed in a flag file", remedy);
        false
    }

    fn refuse_tag(&mut self, place: Place) -> bool {
        self.findings.add_with_remedy(
            place,
            "tags such as `!!str` are not allowed in a flag file",
            "leave it out",
        );
        false
    }

    fn not_yaml(&mut self, error: &ScanError) {
        self.findings.add(
            place_of(*error.marker()),
            format!("this is not valid YAML: {}", error.info()),
        );
    }

    fn descend(&mut self, collection: Collection, place: Place) -> bool {
        if self.open.len() == MAX_DEPTH {
            self.findings
                .add(place, format!("a flag file nests at most {MAX_DEPTH} levels"));
            return false;
        }
        self.open.push(collection);
        true
    }

    fn ascend(&mut self) {
        let node = match self.open.pop() {
            Some(Collection::List { place, items }) => Node {
                place,
                value: Value::List(items),
            },
            Some(Collection::Map { place, entries, .. }) => Node {
                place,
                value: Value::Map(entries),
            },
            None => return,
        };
        self.place_value(node);
    }

    /// Puts a finished value where it belongs: the root, the next item, a key, or the value of a key.
    fn place_value(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Collection::List { items, .. }) => items.push(node),
            Some(Collection::Map {
                entries, lines, key, ..
            }) => match key.take() {
                None => *key = Some(read_key(node, lines, self.findings)),
                Some(Key {
                    text,
                    place,
                    keep: true,
                }) => entries.push(Entry {
                    key: text,
                    key_place: place,
                    value: node,
                }),
                Some(Key { keep: false, .. }) => {}
            },
        }
    }
}

fn read_key(node: Node, lines: &mut HashMap<String, usize>, findings: &mut Findings) -> Key {
    let place = node.place;
    let Value::Scalar { text, .. } = node.value else {
        findings.add(place, "a key is a plain text");
        return Key {
            text: String::new(),
            place,
            keep: false,
        };
    };
    let keep = match lines.entry(text.clone()) {
        hash_map::Entry::Vacant(vacant) => {
            vacant.insert(place.line);
            true
        }
        hash_map::Entry::Occupied(first) => {
            let message = format!(
                "the key `{text}` stands here a second time; the first is on line {}",
                first.get()
            );
            findings.add_with_remedy(place, message, "keep one of the two");
            false
        }
    };
    Key { text, place, keep }
}

fn place_of(marker: Marker) -> Place {
    Place {
        line: marker.line(),
        column: marker.col() + 1,
    }
}
