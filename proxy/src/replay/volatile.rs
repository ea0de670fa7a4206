//! Places where legacy's own answers differed between two recordings (`_volatile`).
//!
//! They are not ignored: something of the same type has to stand there, and where it is an id, a time or a token the rules for
//! these have been applied already. Only another value of the same kind is forgiven.

use crate::compare::{Detail, Difference, Kind};

/// The pointer of a body that is no JSON.
const WHOLE_TEXT: &str = "(text)";

/// Whether a difference lies in what legacy itself does not keep.
pub(super) fn forgives(pointers: &[String], difference: &Difference) -> bool {
    let same_type = match (&difference.legacy, &difference.native) {
        (Some(legacy), Some(native)) => std::mem::discriminant(legacy) == std::mem::discriminant(native),
        _ => false,
    };
    difference.kind == Kind::Body
        && difference.detail == Detail::Changed
        && same_type
        && pointers.iter().any(|pointer| template(pointer) == difference.path)
}

/// `/items/0/id` as the comparison writes it: `$.items[*].id`.
fn template(pointer: &str) -> String {
    let mut path = "$".to_owned();
    if pointer == WHOLE_TEXT {
        return path;
    }
    for part in pointer.split('/').skip(1) {
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str("[*]");
        } else {
            path.push('.');
            // RFC 6901, section 4.
            path.push_str(&part.replace("~1", "/").replace("~0", "~"));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::forgives;
    use crate::compare::{Detail, Difference, Kind};

    fn difference(path: &str, detail: Detail, legacy: Value, native: Option<Value>) -> Difference {
        Difference {
            kind: Kind::Body,
            detail,
            path: path.to_owned(),
            legacy: Some(legacy),
            native,
        }
    }

    #[test]
    fn another_value_of_the_same_type_is_forgiven_and_nothing_else() {
        let pointers = ["/services/0/responseTime".to_owned(), "/key".to_owned()];
        let at = "$.services[*].responseTime";
        assert!(forgives(
            &pointers,
            &difference(at, Detail::Changed, json!(1), Some(json!(2)))
        ));
        assert!(!forgives(
            &pointers,
            &difference(at, Detail::Changed, json!(1), Some(json!("2")))
        ));
        assert!(!forgives(&pointers, &difference(at, Detail::Missing, json!(1), None)));
        assert!(!forgives(
            &pointers,
            &difference("$.other", Detail::Changed, json!(1), Some(json!(2)))
        ));
        assert!(!forgives(
            &pointers,
            &difference("$.key", Detail::Time, json!("a"), Some(json!("b")))
        ));
    }
}
