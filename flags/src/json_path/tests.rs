//! Paths, read and followed.

use proptest::prelude::*;

use super::*;

#[test]
fn one_path_has_one_writing() {
    for (written, canonical) in [
        ("$", "$"),
        ("$.a.b[*].c", "$.a.b[*].c"),
        ("$['x-y']", "$['x-y']"),
        ("$[\"x-y\"]", "$['x-y']"),
        ("$['plain']", "$.plain"),
        ("$.a[0]", "$.a[0]"),
        ("$.*", "$[*]"),
        ("$.é", "$.é"),
        ("$['it\\'s']", "$['it\\'s']"),
        ("$['']", "$['']"),
        ("$['0']", "$['0']"),
    ] {
        assert_eq!(
            written.parse::<JsonPath>().map(|path| path.to_string()),
            Ok(canonical.to_owned())
        );
    }
}

#[test]
fn what_is_not_known_is_refused_at_its_place() {
    for (text, offset) in [
        ("", 0),
        ("a", 0),
        ("$a", 1),
        ("$.", 2),
        ("$..a", 2),
        ("$.a b", 3),
        ("$.a-b", 3),
        ("$.0", 3),
        ("$[", 2),
        ("$[]", 2),
        ("$[-1]", 2),
        ("$[01]", 2),
        ("$[1:2]", 3),
        ("$[1,2]", 3),
        ("$[?(@.a)]", 2),
        ("$['a", 4),
        ("$['a'", 5),
        ("$['a\\n']", 5),
        ("$[99999999999999999999999]", 2),
    ] {
        assert_eq!(
            text.parse::<JsonPath>().map_err(|error| error.offset),
            Err(offset),
            "{text}"
        );
    }
    assert!(format!("${}", ".a".repeat(64)).parse::<JsonPath>().is_ok());
    assert!(format!("${}", ".a".repeat(65)).parse::<JsonPath>().is_err());
}

#[test]
fn a_path_covers_its_value_and_everything_below() -> Result<(), JsonPathError> {
    use PathPart::{Index, Member};
    let path: JsonPath = "$.items[*].price".parse()?;
    let price = [Member("items"), Index(3), Member("price")];
    assert!(path.matches(&price) && path.covers(&price));
    let below = [Member("items"), Index(3), Member("price"), Member("net")];
    assert!(!path.matches(&below) && path.covers(&below));
    assert!(!path.covers(&price[..2]));
    assert!(!path.covers(&[Member("items"), Index(3), Member("name")]));
    let first: JsonPath = "$.items[0]".parse()?;
    assert!(first.matches(&[Member("items"), Index(0)]));
    assert!(!first.matches(&[Member("items"), Index(1)]) && !first.matches(&[Member("items"), Member("0")]));
    assert!("$".parse::<JsonPath>()?.covers(&below));
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_reads_back(text in "\\$?([.\\[\\]'\"\\\\*?0-9a-cé -]|\\.a|\\[\\*\\]|\\['x-y'\\]){0,10}") {
        if let Ok(path) = text.parse::<JsonPath>() {
            let again = path.to_string().parse::<JsonPath>();
            prop_assert_eq!(again.as_ref().map(JsonPath::steps), Ok(path.steps()));
            prop_assert_eq!(again, Ok(path));
        }
    }
}
