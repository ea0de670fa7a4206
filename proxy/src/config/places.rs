//! Where each key of a YAML text stands, by its path: `listeners[0].tls.certificates`.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser};

/// Line and column by path, both counted from 1.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<String, (usize, usize)>);

/// A collection that has begun.
enum Open {
    /// A list, and how many items it has had.
    List { path: String, items: usize },
    /// A mapping, and the key whose value comes next.
    Map { path: String, key: Option<String> },
}

impl Places {
    /// Reads the text; what comes behind a mistake of its syntax has no place.
    pub(super) fn of(text: &str) -> Self {
        let mut places = Self::default();
        let mut open: Vec<Open> = Vec::new();
        let mut parser = Parser::new_from_str(text);
        while let Some(Ok((event, span))) = parser.next_event() {
            let here = (span.start.line(), span.start.col() + 1);
            match event {
                Event::Scalar(text, ..) => match open.last_mut() {
                    Some(Open::Map { path, key: key @ None }) => {
                        let below = joined(path, &text);
                        places.0.entry(below.clone()).or_insert(here);
                        *key = Some(below);
                    }
                    _ => {
                        places.value(&mut open, here);
                    }
                },
                Event::SequenceStart(..) => {
                    let path = places.value(&mut open, here);
                    open.push(Open::List { path, items: 0 });
                }
                Event::MappingStart(..) => {
                    let path = places.value(&mut open, here);
                    open.push(Open::Map { path, key: None });
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    open.pop();
                }
                Event::Alias(_) => {
                    places.value(&mut open, here);
                }
                _ => {}
            }
        }
        places
    }

    /// The place of a path, or of the nearest one around it that has a place.
    pub(super) fn find(&self, path: &str) -> Option<(usize, usize)> {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return Some(*place);
            }
            path = path.get(..path.rfind(['.', '['])?)?;
        }
    }

    /// A value begins here; returns its path.
    fn value(&mut self, open: &mut [Open], here: (usize, usize)) -> String {
        match open.last_mut() {
            None => String::new(),
            Some(Open::Map { key, .. }) => key.take().unwrap_or_default(),
            Some(Open::List { path, items }) => {
                let item = format!("{path}[{items}]");
                *items += 1;
                self.0.insert(item.clone(), here);
                item
            }
        }
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
