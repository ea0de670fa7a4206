//! Texts: exact, save for what was minted in this exchange.

use serde_json::Value;

use super::difference::Detail;
use super::ids::{self, Family};
use super::{Judge, jwt, passwords};

/// How two texts relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Same,
    Differs(Detail),
}

impl Judge<'_> {
    /// Compares two texts and notes the difference, if any.
    pub(super) fn texts(&mut self, legacy: &str, native: &str) {
        if let (Some(left), Some(right)) = (jwt::decode(legacy), jwt::decode(native))
            && legacy != native
        {
            self.trail.inside("jwt");
            self.tokens(&left, &right);
            self.trail.up();
            return;
        }
        if let Relation::Differs(detail) = self.relation(legacy, native) {
            self.differ(detail, Some(Value::from(legacy)), Some(Value::from(native)));
        }
    }

    fn relation(&mut self, legacy: &str, native: &str) -> Relation {
        if legacy == native {
            return if ids::family(legacy).is_some() && !self.ids.pair(legacy, native) {
                Relation::Differs(Detail::Identity)
            } else {
                Relation::Same
            };
        }
        if self.rules.wants_shape_only(&self.trail) && same_shape(legacy, native) {
            return Relation::Same;
        }
        if let Some(same) = self.same_minted_time_text(legacy, native) {
            return if same {
                Relation::Same
            } else {
                Relation::Differs(Detail::Time)
            };
        }
        match passwords::same_password(legacy, native, self.at.known.passwords()) {
            Some(true) => return Relation::Same,
            Some(false) => return Relation::Differs(Detail::Changed),
            None => {}
        }
        if let Some(relation) = self.minted(legacy, native) {
            return relation;
        }
        self.composed(legacy, native)
    }

    /// Two whole ids: `None` when they are not a pair that could have been minted here.
    fn minted(&mut self, legacy: &str, native: &str) -> Option<Relation> {
        let family = ids::family(legacy)?;
        if ids::family(native) != Some(family) {
            return None;
        }
        if self.ids.holds(legacy, native) {
            return Some(Relation::Same);
        }
        if !(self.may_be_minted(legacy, family) && self.may_be_minted(native, family)) {
            return Some(Relation::Differs(Detail::Changed));
        }
        Some(if self.ids.pair(legacy, native) {
            Relation::Same
        } else {
            Relation::Differs(Detail::Identity)
        })
    }

    /// New in this exchange: not in the request, and where the id tells its time, made now.
    fn may_be_minted(&self, id: &str, family: Family) -> bool {
        let fresh = match ids::stamp(id, family) {
            Some(stamp) => self.is_now(stamp),
            None => self.at.may_mint,
        };
        fresh && !self.at.known.contains(id)
    }

    /// Ids and clock readings inside a longer text, such as a URL: the text around them must be the same.
    fn composed(&mut self, legacy: &str, native: &str) -> Relation {
        let mark = self.ids.mark();
        for is_word in [with_dash_and_underscore as fn(char) -> bool, with_dash, alphanumeric] {
            if self.same_words(legacy, native, is_word) {
                return Relation::Same;
            }
            self.ids.rewind(mark);
        }
        Relation::Differs(Detail::Changed)
    }

    fn same_words(&mut self, legacy: &str, native: &str, is_word: fn(char) -> bool) -> bool {
        let (mut left, mut right) = (legacy, native);
        loop {
            let (left_word, left_rest) = split(left, is_word);
            let (right_word, right_rest) = split(right, is_word);
            if left_word != right_word && !self.same_minted_word(left_word, right_word) {
                return false;
            }
            let (left_gap, next_left) = split(left_rest, |character| !is_word(character));
            let (right_gap, next_right) = split(right_rest, |character| !is_word(character));
            if left_gap != right_gap {
                return false;
            }
            if next_left.is_empty() || next_right.is_empty() {
                return next_left.is_empty() == next_right.is_empty();
            }
            (left, right) = (next_left, next_right);
        }
    }

    fn same_minted_word(&mut self, legacy: &str, native: &str) -> bool {
        if let (Ok(left), Ok(right)) = (legacy.parse::<i64>(), native.parse::<i64>()) {
            return legacy.len() == native.len() && legacy.len() >= 10 && self.same_minted_number(left, right);
        }
        self.minted(legacy, native) == Some(Relation::Same)
    }
}

fn with_dash_and_underscore(character: char) -> bool {
    with_dash(character) || character == '_'
}

fn with_dash(character: char) -> bool {
    alphanumeric(character) || character == '-'
}

fn alphanumeric(character: char) -> bool {
    character.is_ascii_alphanumeric()
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|character| !belongs(character)).unwrap_or(text.len()))
}

/// The same kinds of characters at the same places.
pub(super) fn same_shape(one: &str, other: &str) -> bool {
    let kind = |character: char| match character {
        'a'..='z' => 'a',
        'A'..='Z' => 'A',
        '0'..='9' => '0',
        other => other,
    };
    one.chars().map(kind).eq(other.chars().map(kind))
}
