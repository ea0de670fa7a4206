//! JSON paths: those that rules name, and the one where the walk is.

use std::fmt;

use super::difference::Kind;
use super::ids;

/// A path that a rule names: `$.items[*].updatedAt`, `$['odd name'][0]`, `$.*.total`, or `header:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath {
    scope: Option<String>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    Any,
}

/// A path that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    /// What is wrong, for the person who wrote the rule.
    pub message: String,
}

impl fmt::Display for PathError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for PathError {}

impl JsonPath {
    /// Reads a path.
    ///
    /// # Errors
    /// When it does not start with `$` or `header:`, or a bracket is not closed.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if let Some(name) = text.strip_prefix("header:") {
            return Ok(Self {
                scope: Some(format!("header:{}", name.to_ascii_lowercase())),
                steps: Vec::new(),
            });
        }
        let wrong = |why: &str| PathError {
            message: format!("{text:?} is not a path: {why}"),
        };
        let mut rest = text
            .strip_prefix('$')
            .ok_or_else(|| wrong("it must start with $ or header:"))?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = if let Some(name) = rest.strip_prefix('.') {
                let end = name.find(['.', '[']).unwrap_or(name.len());
                (
                    plain(&name[..end]).ok_or_else(|| wrong("a name is empty"))?,
                    &name[end..],
                )
            } else if let Some(inner) = rest.strip_prefix('[') {
                bracket(inner).ok_or_else(|| wrong("a bracket is not closed"))?
            } else {
                return Err(wrong("expected . or ["));
            };
            steps.push(step);
            rest = after;
        }
        Ok(Self { scope: None, steps })
    }
}

impl JsonPath {
    /// Reads the template of a difference back: `$.a[*].b`, `header:vary`, `header:set-cookie.session`.
    pub(super) fn of_template(template: &str) -> Option<Self> {
        let (scope, steps) = match template.strip_prefix("header:") {
            None => return Self::parse(template).ok(),
            Some(rest) => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        let steps = Self::parse(&format!("${steps}")).ok()?.steps;
        Some(Self {
            scope: Some(format!("header:{scope}")),
            steps,
        })
    }

    /// Whether every place that the other path stands for lies at or below this one.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let step = |(mine, theirs): (&Step, &Step)| *mine == Step::Any || mine == theirs;
        self.scope == other.scope
            && self.steps.len() <= other.steps.len()
            && self.steps.iter().zip(&other.steps).all(step)
    }
}

impl From<&flags::ComparePath> for JsonPath {
    fn from(path: &flags::ComparePath) -> Self {
        match path {
            flags::ComparePath::Body(path) => path.into(),
            flags::ComparePath::Header(name) => Self {
                scope: Some(format!("header:{name}")),
                steps: Vec::new(),
            },
            flags::ComparePath::Cookie(name) => Self {
                scope: Some("header:set-cookie".to_owned()),
                steps: vec![Step::Key(name.clone())],
            },
        }
    }
}

impl From<&flags::JsonPath> for JsonPath {
    fn from(path: &flags::JsonPath) -> Self {
        let step = |step: &flags::PathStep| match step {
            flags::PathStep::Member(name) => Step::Key(name.clone()),
            flags::PathStep::Index(index) => Step::Index(*index),
            flags::PathStep::Every => Step::Any,
        };
        Self {
            scope: None,
            steps: path.steps().iter().map(step).collect(),
        }
    }
}

fn plain(name: &str) -> Option<Step> {
    match name {
        "" => None,
        "*" => Some(Step::Any),
        name => Some(Step::Key(name.to_owned())),
    }
}

/// What follows an opening bracket: the step and the rest.
fn bracket(inner: &str) -> Option<(Step, &str)> {
    for quote in ['\'', '"'] {
        if let Some(quoted) = inner.strip_prefix(quote) {
            let end = quoted.find(quote)?;
            let rest = quoted[end + 1..].strip_prefix(']')?;
            return Some((Step::Key(quoted[..end].to_owned()), rest));
        }
    }
    let (content, rest) = inner.split_once(']')?;
    let step = content
        .parse()
        .map_or_else(|_| plain(content), |index| Some(Step::Index(index)))?;
    Some((step, rest))
}

/// Where the walk is now.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// `header:location` and the like; `None` in the body.
    scope: Option<String>,
    /// Events of a stream and decoded tokens are marked in front of the steps below them.
    steps: Vec<Place>,
}

#[derive(Debug)]
enum Place {
    Key(Box<str>),
    Index(usize),
    /// The inside of a decoded value, such as the claims of a token.
    Inside(&'static str),
}

impl Trail {
    pub(super) fn in_header(&mut self, name: &str) {
        self.scope = Some(format!("header:{name}"));
    }

    /// The row changes (`rows`) or the announced effects (`effects`) of the exchange.
    pub(super) fn in_consequences(&mut self, kind: Kind) {
        self.scope = Some(kind.as_str().to_owned());
        self.steps.clear();
    }

    pub(super) fn in_body(&mut self) {
        self.scope = None;
        self.steps.clear();
    }

    pub(super) fn key(&mut self, name: &str) {
        self.steps.push(Place::Key(name.into()));
    }

    pub(super) fn index(&mut self, index: usize) {
        self.steps.push(Place::Index(index));
    }

    pub(super) fn inside(&mut self, what: &'static str) {
        self.steps.push(Place::Inside(what));
    }

    pub(super) fn up(&mut self) {
        self.steps.pop();
    }

    pub(super) fn kind(&self) -> Kind {
        match self.scope.as_deref() {
            None => Kind::Body,
            Some("rows") => Kind::Rows,
            Some("effects") => Kind::Effects,
            Some(_) => Kind::Header,
        }
    }

    /// The innermost name: `expiresAt` of `$.session.expiresAt`.
    pub(super) fn name(&self) -> Option<&str> {
        self.steps.iter().rev().find_map(|place| match place {
            Place::Key(name) => Some(&**name),
            Place::Index(_) | Place::Inside(_) => None,
        })
    }

    /// Whether a rule's path names exactly this place.
    pub(super) fn is_at(&self, path: &JsonPath) -> bool {
        let scoped = match (&self.scope, &path.scope) {
            (None, None) => true,
            // `header:set-cookie` names every part of every cookie.
            (Some(_), Some(_)) if path.steps.is_empty() => return self.scope == path.scope,
            (here, there) => here == there,
        };
        scoped
            && self.steps.len() == path.steps.len()
            && self
                .steps
                .iter()
                .zip(&path.steps)
                .all(|(place, step)| match (place, step) {
                    (Place::Key(_) | Place::Index(_), Step::Any) => true,
                    (Place::Key(name), Step::Key(wanted)) => **name == **wanted,
                    (Place::Index(index), Step::Index(wanted)) => index == wanted,
                    _ => false,
                })
    }

    /// The path with list positions and id-like keys starred.
    pub(super) fn template(&self) -> String {
        let mut text = self.scope.clone().unwrap_or_else(|| "$".to_owned());
        for place in &self.steps {
            match place {
                Place::Index(_) => text.push_str("[*]"),
                Place::Key(name) if ids::family(name).is_some() => text.push_str(".*"),
                Place::Key(name) if is_plain(name) => {
                    text.push('.');
                    text.push_str(name);
                }
                Place::Key(name) => text.push_str(&format!("[{name:?}]")),
                Place::Inside(what) => text.push_str(&format!("({what})")),
            }
        }
        text
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 80
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'))
}

#[cfg(test)]
mod tests {
    use super::{JsonPath, Trail};

    #[test]
    fn a_rule_names_lists_keys_and_positions() {
        let mut trail = Trail::default();
        trail.key("items");
        trail.index(3);
        trail.key("odd name");
        for path in [
            "$.items[*]['odd name']",
            "$.items[3][\"odd name\"]",
            "$.*.*.*",
            "$['items'][*][*]",
        ] {
            assert!(trail.is_at(&JsonPath::parse(path).expect(path)), "{path}");
        }
        for path in ["$", "$.items", "$.items[*]", "$.items[2]['odd name']", "header:items"] {
            assert!(!trail.is_at(&JsonPath::parse(path).expect(path)), "{path}");
        }
        assert_eq!(trail.template(), "$.items[*][\"odd name\"]");
    }

    #[test]
    fn a_path_that_cannot_be_read_says_why() {
        for path in ["", "items", "$items", "$.", "$..a", "$[", "$['a", "$[]"] {
            assert!(JsonPath::parse(path).is_err(), "{path}");
        }
    }
}
