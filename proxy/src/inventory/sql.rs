//! Whether a text is an SQL statement that writes.

/// What a text says about writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// It is no SQL, or it reads.
    Other,
    /// It writes.
    Write,
}

/// Looks at the beginning of the text, and behind a `with` at the statement that follows. Prose that happens to begin with
/// `update` is told from SQL by the words that must follow.
pub(super) fn verb(text: &str) -> Verb {
    let text = without_comments(text);
    let words: Vec<String> = text
        .split(|character: char| character.is_whitespace() || character == '(' || character == ')' || character == ';')
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let writes = match words.first().map(String::as_str) {
        Some("with") => (1..words.len()).any(|at| begins_write(words.get(at..).unwrap_or_default())),
        Some(_) => begins_write(&words),
        None => false,
    };
    if writes { Verb::Write } else { Verb::Other }
}

fn begins_write(words: &[String]) -> bool {
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    match word(0) {
        "insert" | "merge" => word(1) == "into",
        "delete" => word(1) == "from" && words.len() > 2,
        "update" => words.iter().skip(2).take(4).any(|word| word == "set"),
        "truncate" => word(1) == "table" || (words.len() <= 4 && words.len() > 1),
        _ => false,
    }
}

fn without_comments(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let next = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map(|(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map(|(_, after)| after)
        } else {
            None
        };
        match next {
            Some(after) => rest = after.trim_start(),
            None => return rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Verb, verb};

    #[test]
    fn statements_that_write_are_known_by_their_grammar() {
        for text in [
            "INSERT INTO users (id) values ($1)",
            "\n  update \"User\" set name = $1",
            "update users u set x = 1",
            "delete from {} where id = 1",
            "with gone as (delete from a returning id) select * from gone",
            "-- why\n insert into a values (1)",
            "truncate table logs",
        ] {
            assert_eq!(verb(text), Verb::Write, "{text}");
        }
    }

    #[test]
    fn prose_and_reads_do_not_write() {
        for text in [
            "select * from inserts",
            "update the page, please",
            "Delete",
            "insert coin",
            "with a as (select 1) select * from a",
            "",
        ] {
            assert_eq!(verb(text), Verb::Other, "{text}");
        }
    }
}
