//! JSON documents: same structure, null is not absent, numbers by value, members of an object in any order.

use serde_json::{Map, Number, Value};

use super::Judge;
use super::difference::Detail;
use super::{ids, text};

impl Judge<'_> {
    /// Compares two values at the present place. The depth is bounded by the parser (128 levels).
    pub(super) fn values(&mut self, legacy: &Value, native: &Value) {
        if self.rules.ignores(&self.trail) {
            return;
        }
        match (legacy, native) {
            (Value::Null, Value::Null) => {}
            (Value::Bool(left), Value::Bool(right)) if left == right => {}
            (Value::Number(left), Value::Number(right)) => {
                if !self.numbers(left, right) {
                    self.differ(Detail::Changed, Some(legacy.clone()), Some(native.clone()));
                }
            }
            (Value::String(left), Value::String(right)) => self.texts(left, right),
            (Value::Array(left), Value::Array(right)) => self.lists(left, right),
            (Value::Object(left), Value::Object(right)) => self.objects(left, right),
            (Value::Bool(_), Value::Bool(_)) => {
                self.differ(Detail::Changed, Some(legacy.clone()), Some(native.clone()))
            }
            _ => self.differ(Detail::Type, Some(legacy.clone()), Some(native.clone())),
        }
    }

    /// Compares two objects, member by member.
    pub(super) fn objects(&mut self, legacy: &Map<String, Value>, native: &Map<String, Value>) {
        let mut missing = Vec::new();
        for (name, left) in legacy {
            match native.get(name) {
                Some(right) => self.at_key(name, |judge| judge.values(left, right)),
                None => missing.push((name, left)),
            }
        }
        // Without a missing member and with as many members there can be no extra one.
        if missing.is_empty() && legacy.len() == native.len() {
            return;
        }
        let extra: Vec<_> = native.iter().filter(|(name, _)| !legacy.contains_key(*name)).collect();
        if self.pair_minted_keys(&missing, &extra) {
            return;
        }
        for (name, left) in missing {
            self.at_key(name, |judge| judge.lone(Detail::Missing, Some(left), None));
        }
        for (name, right) in extra {
            self.at_key(name, |judge| judge.lone(Detail::Extra, None, Some(right)));
        }
    }

    /// A map from minted ids to things: its new entries are paired in their order.
    fn pair_minted_keys(&mut self, missing: &[(&String, &Value)], extra: &[(&String, &Value)]) -> bool {
        let all_ids = |names: &[(&String, &Value)]| names.iter().all(|(name, _)| ids::family(name).is_some());
        if missing.is_empty() || missing.len() != extra.len() || !all_ids(missing) || !all_ids(extra) {
            return false;
        }
        for ((legacy_name, left), (native_name, right)) in missing.iter().zip(extra) {
            self.at_key(legacy_name, |judge| {
                judge.texts(legacy_name, native_name);
                judge.values(left, right);
            });
        }
        true
    }

    fn lone(&mut self, detail: Detail, legacy: Option<&Value>, native: Option<&Value>) {
        if !self.rules.ignores(&self.trail) {
            self.differ(detail, legacy.cloned(), native.cloned());
        }
    }

    fn at_key(&mut self, name: &str, compare: impl FnOnce(&mut Self)) {
        self.trail.key(name);
        compare(self);
        self.trail.up();
    }

    /// By value, so `1` is `1.0`; or both a clock reading of this exchange.
    fn numbers(&self, legacy: &Number, native: &Number) -> bool {
        if legacy == native {
            return true;
        }
        let shape_only = self.rules.wants_shape_only(&self.trail);
        if shape_only && text::same_shape(&legacy.to_string(), &native.to_string()) {
            return true;
        }
        if let (Some(left), Some(right)) = (legacy.as_i64(), native.as_i64()) {
            return self.same_minted_number(left, right);
        }
        if legacy.is_u64() && native.is_u64() {
            return false;
        }
        same_float(legacy, native)
    }
}

/// One of the two is a fraction: compared as the double that every JSON reader makes of it.
#[expect(
    clippy::float_cmp,
    reason = "equal means the same double; a tolerance would hide a rounding bug in an amount"
)]
pub(super) fn same_float(one: &Number, other: &Number) -> bool {
    matches!((one.as_f64(), other.as_f64()), (Some(one), Some(other)) if one == other)
}
