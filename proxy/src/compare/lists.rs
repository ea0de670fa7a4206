//! Lists: in order, unless the route says that the order means nothing.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::Judge;
use super::difference::Detail;

/// Members without an exact partner that are tried against each other; over it (its square is the work) the list differs.
const MOST_TRIALS: usize = 64;

impl Judge<'_> {
    /// Compares two lists at the present place.
    pub(super) fn lists(&mut self, legacy: &[Value], native: &[Value]) {
        if legacy.len() != native.len() {
            return self.differ(Detail::Length, Some(legacy.len().into()), Some(native.len().into()));
        }
        let rules = self.rules;
        match rules.order_of(&self.trail) {
            None => self.in_order(legacy, native),
            Some(None) => self.multiset(legacy.iter().collect(), native.iter().collect()),
            Some(Some(key)) => self.keyed(legacy, native, key),
        }
    }

    fn in_order(&mut self, legacy: &[Value], native: &[Value]) {
        let (found, paired) = (self.findings.mark(), self.ids.mark());
        for (index, (left, right)) in legacy.iter().zip(native).enumerate() {
            self.member(index, left, right);
        }
        // One cause, one difference: the same members in another order are not a difference of every field.
        if self.findings.total() > found.1 && legacy != native && same_members(legacy, native) {
            self.findings.rewind(found);
            self.ids.rewind(paired);
            let list = |members: &[Value]| Some(Value::Array(members.to_vec()));
            self.differ(Detail::Order, list(legacy), list(native));
        }
    }

    fn member(&mut self, index: usize, legacy: &Value, native: &Value) {
        self.trail.index(index);
        self.values(legacy, native);
        self.trail.up();
    }

    /// Pairs members by the value of a field; members whose key was minted are left for a trial.
    fn keyed(&mut self, legacy: &[Value], native: &[Value], key: &str) {
        let mut by_key: HashMap<u64, Vec<usize>> = HashMap::new();
        for (index, member) in native.iter().enumerate().rev() {
            by_key.entry(digest_of(member.get(key))).or_default().push(index);
        }
        let mut partner_of = vec![None; legacy.len()];
        for (partner, member) in partner_of.iter_mut().zip(legacy) {
            *partner = by_key.get_mut(&digest_of(member.get(key))).and_then(Vec::pop);
        }
        let mut left_over = vec![true; native.len()];
        let mut unmatched = Vec::new();
        for (index, (member, partner)) in legacy.iter().zip(partner_of).enumerate() {
            match partner {
                Some(partner) => {
                    left_over[partner] = false;
                    self.member(index, member, &native[partner]);
                }
                None => unmatched.push(member),
            }
        }
        let rest = native
            .iter()
            .zip(left_over)
            .filter_map(|(member, left)| left.then_some(member))
            .collect();
        self.multiset(unmatched, rest);
    }

    /// Pairs members that are exactly equal, then those that are equal under the rules; what remains differs.
    fn multiset(&mut self, legacy: Vec<&Value>, native: Vec<&Value>) {
        let (legacy, mut native) = without_exact_pairs(legacy, native);
        if legacy.len() > MOST_TRIALS {
            let example = |members: &[&Value]| members.first().map(|member| (*member).clone());
            self.trail.index(0);
            self.differ(Detail::Changed, example(&legacy), example(&native));
            self.trail.up();
            return;
        }
        let mut unmatched = Vec::new();
        for left in legacy {
            match native.iter().position(|right| self.fits(left, right)) {
                Some(at) => drop(native.remove(at)),
                None => unmatched.push(left),
            }
        }
        for (index, (left, right)) in unmatched.into_iter().zip(native).enumerate() {
            self.member(index, left, right);
        }
    }

    /// Tries a pair: keeps what it binds when it fits, forgets everything when it does not.
    fn fits(&mut self, legacy: &Value, native: &Value) -> bool {
        let (found, paired) = (self.findings.mark(), self.ids.mark());
        self.member(0, legacy, native);
        let fits = self.findings.total() == found.1;
        if !fits {
            self.findings.rewind(found);
            self.ids.rewind(paired);
        }
        fits
    }
}

/// The same members, whatever their order. Those that stand at the same place need no hash.
fn same_members(legacy: &[Value], native: &[Value]) -> bool {
    let moved = legacy.iter().zip(native).filter(|(left, right)| left != right);
    let (mut left, mut right): (Vec<u64>, Vec<u64>) = moved.map(|(left, right)| (digest(left), digest(right))).unzip();
    left.sort_unstable();
    right.sort_unstable();
    left == right
}

/// Removes the members that both lists have, as often as both have them.
fn without_exact_pairs<'v>(legacy: Vec<&'v Value>, native: Vec<&'v Value>) -> (Vec<&'v Value>, Vec<&'v Value>) {
    let mut waiting: HashMap<u64, usize> = HashMap::new();
    for member in &native {
        *waiting.entry(digest(member)).or_default() += 1;
    }
    let mut taken: HashMap<u64, usize> = HashMap::new();
    let mut take = |member: &&Value| {
        let digest = digest(member);
        let pairs = waiting.get_mut(&digest).filter(|left| **left > 0);
        pairs.map(|left| {
            *left -= 1;
            *taken.entry(digest).or_default() += 1;
        })
    };
    let legacy = legacy.into_iter().filter(|member| take(member).is_none()).collect();
    let mut left = |member: &&Value| match taken.get_mut(&digest(member)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    (legacy, native.into_iter().filter(|member| left(member)).collect())
}

fn digest_of(value: Option<&Value>) -> u64 {
    value.map_or(0, digest)
}

/// A hash by value: order of members and notation of numbers do not matter.
fn digest(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Null => 0_u8.hash(&mut hasher),
        Value::Bool(flag) => (1_u8, flag).hash(&mut hasher),
        Value::Number(number) => match number.as_f64() {
            // Integers beyond 2^53 are not told apart by their double.
            Some(float) if !(number.is_i64() || number.is_u64()) || float.abs() < 9.0e15 => {
                (2_u8, (float + 0.0).to_bits()).hash(&mut hasher)
            }
            _ => (3_u8, number.as_i64(), number.as_u64()).hash(&mut hasher),
        },
        Value::String(text) => (4_u8, text).hash(&mut hasher),
        Value::Array(members) => {
            5_u8.hash(&mut hasher);
            members.iter().for_each(|member| digest(member).hash(&mut hasher));
        }
        Value::Object(members) => {
            let sum = members.iter().fold(0_u64, |sum, (name, member)| {
                let mut entry = DefaultHasher::new();
                (name, digest(member)).hash(&mut entry);
                sum.wrapping_add(entry.finish())
            });
            (6_u8, members.len(), sum).hash(&mut hasher);
        }
    }
    hasher.finish()
}
