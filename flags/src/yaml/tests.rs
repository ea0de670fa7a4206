//! The tree and its places.

use super::*;

fn problems(text: &str) -> Vec<String> {
    let mut findings = Findings::default();
    let tree = parse(text, &mut findings);
    assert!(
        tree.is_none() || findings.is_empty() || text.contains("twice"),
        "{text:?}"
    );
    findings
        .into_problems()
        .iter()
        .map(|problem| format!("{}:{} {}", problem.line, problem.column, problem.message))
        .collect()
}

fn scalar(line: usize, column: usize, text: &str, plain: bool) -> Node {
    Node {
        place: Place { line, column },
        value: Value::Scalar {
            text: text.to_owned(),
            plain,
        },
    }
}

fn entry(line: usize, column: usize, key: &str, value: Node) -> Entry {
    Entry {
        key: key.to_owned(),
        key_place: Place { line, column },
        value,
    }
}

#[test]
fn everything_knows_its_place_with_any_line_end_and_a_byte_order_mark() {
    let expected = Node {
        place: Place { line: 1, column: 1 },
        value: Value::Map(vec![
            entry(1, 1, "a", scalar(1, 4, "é", true)),
            entry(
                2,
                1,
                "b",
                Node {
                    place: Place { line: 3, column: 3 },
                    value: Value::List(vec![scalar(3, 5, "x y", false), scalar(4, 5, "~", true)]),
                },
            ),
        ]),
    };
    let text = "a: é # word\nb:\n  - 'x y'\n  - ~\n";
    for text in [text.to_owned(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
        assert_eq!(
            parse(&text, &mut Findings::default()),
            Some(expected.clone()),
            "{text:?}"
        );
    }
}

#[test]
fn an_empty_file_is_refused() {
    for text in ["", "\n", "# only a remark\n", "\u{feff}"] {
        assert_eq!(problems(text), ["1:1 the flag file is empty"], "{text:?}");
    }
}

#[test]
fn a_bomb_is_refused_at_its_first_anchor() {
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
    assert_eq!(
        problems(bomb),
        ["1:7 anchors and aliases are not allowed in a flag file"]
    );
    assert_eq!(
        problems("a: !!str x\n"),
        ["1:10 tags such as `!!str` are not allowed in a flag file"]
    );
}

#[test]
fn a_duplicate_key_names_both_lines() {
    assert_eq!(
        problems("twice: 1\nb: 2\ntwice: 3\n"),
        ["3:1 the key `twice` stands here a second time; the first is on line 1"]
    );
}

#[test]
fn depth_has_a_bound() {
    let deep = format!("{}x{}", "[".repeat(17), "]".repeat(17));
    assert_eq!(problems(&deep), ["1:17 a flag file nests at most 16 levels"]);
    assert_eq!(problems(&"[".repeat(100_000)).len(), 1);
    let blocks: String = (0..2_000).map(|depth| format!("{}k:\n", " ".repeat(depth))).collect();
    assert_eq!(problems(&blocks).len(), 1);
}

#[test]
fn what_cannot_be_seen_is_refused_with_its_place() {
    assert_eq!(
        problems("a: 1\nb: x\0y\nc: \u{202e}z\n"),
        [
            "2:5 the character U+0000 cannot be seen and is not allowed in a flag file",
            "3:4 the character U+202E cannot be seen and is not allowed in a flag file"
        ]
    );
}

#[test]
fn a_syntax_error_has_its_place() {
    let found = problems("a: 1\nb: [1, 2\nc: 3\n");
    assert_eq!(found.len(), 1);
    assert!(
        found.iter().all(|problem| problem.contains("this is not valid YAML")),
        "{found:?}"
    );
    assert_eq!(problems("a: 1\n---\nb: 2\n"), ["2:1 a second document begins here"]);
}
