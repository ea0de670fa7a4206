//! Random codes: each side draws its own, four to eight digits, and sends it in a message and keeps it in a row.
//!
//! A code of legacy and the one that native has at the same place stand for each other, one to one, wherever they occur. Digits
//! that the request carries were not drawn by anybody.

use std::collections::HashMap;

use serde_json::Value;

/// Column names that hold a code.
const COLUMNS: [&str; 4] = ["code", "otp", "pin", "codigo"];

/// Native's codes and what legacy has in their place.
#[derive(Debug, Default)]
pub(super) struct Codes(HashMap<String, String>);

impl Codes {
    /// Pairs the codes of two lists of effects and two lists of row changes. `asked` is what the request carries.
    pub(super) fn between(effects: [&Value; 2], rows: [&Value; 2], asked: &str) -> Self {
        let mut pairs = Vec::new();
        walk(effects[0], effects[1], "", &mut |_, legacy, native| {
            words(legacy, native, &mut pairs)
        });
        walk(rows[0], rows[1], "", &mut |name, legacy, native| {
            let name = name.to_ascii_lowercase();
            if COLUMNS.iter().any(|column| name.contains(column)) {
                words(legacy, native, &mut pairs);
            }
        });
        let mut codes = HashMap::new();
        for (legacy, native) in pairs {
            let taken = codes
                .iter()
                .any(|(other, stands)| *stands == legacy && *other != native);
            let differs = codes.get(&native).is_some_and(|stands| *stands != legacy);
            if !taken && !differs && !holds_word(asked, &legacy) {
                codes.insert(native, legacy);
            }
        }
        Self(codes)
    }

    /// The text with legacy's codes in the place of native's.
    pub(super) fn in_text(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let is_word = rest.starts_with(|one: char| one.is_ascii_alphanumeric());
            let end = rest
                .find(|one: char| one.is_ascii_alphanumeric() != is_word)
                .unwrap_or(rest.len());
            let (part, next) = rest.split_at(end);
            replaced.push_str(self.0.get(part).map_or(part, String::as_str));
            rest = next;
        }
        replaced
    }

    /// The same for every text of a tree.
    pub(super) fn in_tree(&self, tree: &Value) -> Value {
        match tree {
            Value::String(text) => Value::from(self.in_text(text)),
            Value::Array(members) => members.iter().map(|member| self.in_tree(member)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, member)| (name.clone(), self.in_tree(member)))
                .collect(),
            other => other.clone(),
        }
    }
}

/// Visits the texts that stand at the same place, with the name of the member.
fn walk<'v>(legacy: &'v Value, native: &'v Value, name: &'v str, visit: &mut impl FnMut(&'v str, &'v str, &'v str)) {
    match (legacy, native) {
        (Value::String(legacy), Value::String(native)) => visit(name, legacy, native),
        (Value::Array(legacy), Value::Array(native)) => {
            for (legacy, native) in legacy.iter().zip(native) {
                walk(legacy, native, name, visit);
            }
        }
        (Value::Object(legacy), Value::Object(native)) => {
            for (name, legacy) in legacy {
                if let Some(native) = native.get(name) {
                    walk(legacy, native, name, visit);
                }
            }
        }
        _ => {}
    }
}

/// Two texts that are the same but for codes: notes these.
fn words(legacy: &str, native: &str, pairs: &mut Vec<(String, String)>) {
    let split = |text: &str| -> Vec<String> {
        text.split(|one: char| !one.is_ascii_alphanumeric())
            .map(str::to_owned)
            .collect()
    };
    let (legacy, native) = (split(legacy), split(native));
    if legacy.len() != native.len() {
        return;
    }
    let different: Vec<_> = legacy
        .into_iter()
        .zip(native)
        .filter(|(one, other)| one != other)
        .collect();
    if different
        .iter()
        .all(|(one, other)| is_code(one) && is_code(other) && one.len() == other.len())
    {
        pairs.extend(different);
    }
}

fn is_code(word: &str) -> bool {
    (4..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn holds_word(text: &str, word: &str) -> bool {
    text.split(|one: char| !one.is_ascii_alphanumeric())
        .any(|other| other == word)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Codes;

    #[test]
    fn a_drawn_code_stands_for_the_other_sides_everywhere() {
        let legacy = json!([{ "kind": "sms", "text": "Your code is 123456. Valid 5 minutes." }]);
        let native = json!([{ "kind": "sms", "text": "Your code is 654321. Valid 5 minutes." }]);
        let none = json!([]);
        let codes = Codes::between([&legacy, &native], [&none, &none], "{}");
        assert_eq!(codes.in_tree(&native), legacy);
        assert_eq!(
            codes.in_text(r#"{"devCode":"654321","id":"x654321"}"#),
            r#"{"devCode":"123456","id":"x654321"}"#
        );
    }

    #[test]
    fn other_texts_other_lengths_and_digits_of_the_request_are_no_codes() {
        let none = json!([]);
        let pairs = |legacy: &str, native: &str, asked: &str| {
            let (legacy, native) = (json!([{ "text": legacy }]), json!([{ "text": native }]));
            Codes::between([&legacy, &native], [&none, &none], asked).0.len()
        };
        assert_eq!(pairs("code 123456", "code 654321", ""), 1);
        assert_eq!(pairs("code 123456", "Code 654321", ""), 0);
        assert_eq!(pairs("code 123456", "code 65432", ""), 0);
        assert_eq!(pairs("code 123456", "code 654321", r#"{"code":"123456"}"#), 0);
    }

    #[test]
    fn a_column_counts_by_its_name() {
        let none = json!([]);
        let row = |code: &str, amount: &str| json!([{ "new": { "otpCode": code, "amount": amount } }]);
        let (legacy, native) = (row("1234", "1000"), row("4321", "2000"));
        let codes = Codes::between([&none, &none], [&legacy, &native], "");
        assert_eq!(codes.in_tree(&native), row("1234", "2000"));
    }
}
