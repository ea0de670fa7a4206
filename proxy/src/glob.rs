//! Patterns on the command line: `*` stands for any text.

/// Whether `text` fits; everything but `*` stands for itself.
pub(crate) fn matches(glob: &str, text: &str) -> bool {
    let Some((head, rest)) = glob.split_once('*') else {
        return glob == text;
    };
    let Some(text) = text.strip_prefix(head) else {
        return false;
    };
    text.char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .any(|at| matches(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        for (glob, text, expected) in [
            ("tickets.*", "tickets.list", true),
            ("*tickets*", "GET http://a/api/crm/tickets", true),
            ("tickets", "tickets.list", false),
            ("*.ok", "a.ok.b", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(glob, text), expected, "{glob} {text}");
        }
    }
}
