//! The canonical form of a path.
//!
//! | written | becomes | because |
//! |---|---|---|
//! | `//`, a literal `\` | 308 to the cleaned path | that is what Next.js does before it routes |
//! | `.`, `..`, also percent-encoded | resolved, never above the root | RFC 3986, section 6.2.2.3; WHATWG URL reads `%2e` so |
//! | `%2F`, `%5C` | kept | part of a segment for Next.js |
//! | an encoded NUL or control character, bytes that are not UTF-8, a broken `%` | 400 | nobody means them |
//! | anything else | kept to the letter | legacy must see what the client wrote |

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// What becomes of a path.
#[derive(Debug, PartialEq, Eq)]
pub enum Form {
    /// It is canonical as it is.
    Kept,
    /// It is forwarded in this form.
    Changed(String),
    /// The client is sent here.
    Redirect(String),
    /// It has no canonical form.
    Refused(&'static str),
}

/// The canonical form of a path without its query.
#[must_use]
pub fn canonical_form(path: &str) -> Form {
    if !path.starts_with('/') {
        return Form::Refused("The path must begin with `/`");
    }
    if is_plain(path) {
        return Form::Kept;
    }
    if let Some(reason) = unreadable(path) {
        return Form::Refused(reason);
    }
    if path.contains("//") || path.contains('\\') {
        return Form::Redirect(collapse_slashes(path));
    }
    if path.contains("/.") || has_encoded_dot(path) {
        return resolve_dots(path);
    }
    Form::Kept
}

/// Whether a path has nothing that any rule is about, as most have not: seen in one pass.
fn is_plain(path: &str) -> bool {
    let mut before = b' ';
    path.bytes().all(|byte| {
        let behind_slash = before == b'/' && matches!(byte, b'/' | b'.');
        before = byte;
        !behind_slash && !byte.is_ascii_control() && !matches!(byte, b'%' | b'\\')
    })
}

/// Why a path cannot be read, if so.
fn unreadable(path: &str) -> Option<&'static str> {
    if path.bytes().any(|byte| byte.is_ascii_control()) {
        return Some("The path has a control character");
    }
    if !path.contains('%') {
        return None;
    }
    if has_broken_escape(path.as_bytes()) {
        return Some("The path has a broken percent-encoding");
    }
    let decoded: Cow<'_, [u8]> = percent_decode_str(path).into();
    if decoded.iter().any(u8::is_ascii_control) {
        return Some("The path has an encoded control character");
    }
    std::str::from_utf8(&decoded)
        .is_err()
        .then_some("The path is not UTF-8")
}

fn has_broken_escape(path: &[u8]) -> bool {
    path.iter().enumerate().any(|(index, byte)| {
        let hex = |offset: usize| path.get(index + offset).is_some_and(u8::is_ascii_hexdigit);
        *byte == b'%' && !(hex(1) && hex(2))
    })
}

/// Like Next.js: every backslash is a slash, and runs of slashes are one.
fn collapse_slashes(path: &str) -> String {
    let mut clean = String::with_capacity(path.len());
    for character in path.chars() {
        let character = if character == '\\' { '/' } else { character };
        if character != '/' || !clean.ends_with('/') {
            clean.push(character);
        }
    }
    clean
}

fn has_encoded_dot(path: &str) -> bool {
    path.as_bytes()
        .windows(3)
        .any(|window| window.eq_ignore_ascii_case(b"%2e"))
}

fn resolve_dots(path: &str) -> Form {
    let mut kept: Vec<&str> = Vec::new();
    let mut dots = false;
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (index, segment) in segments.iter().enumerate() {
        let last = index + 1 == segments.len();
        match dot_segment(segment) {
            None => {
                kept.push(segment);
                continue;
            }
            Some(Dots::Same) => {}
            Some(Dots::Parent) => drop(kept.pop()),
        }
        dots = true;
        if last {
            kept.push("");
        }
    }
    if dots {
        Form::Changed(format!("/{}", kept.join("/")))
    } else {
        Form::Kept
    }
}

enum Dots {
    Same,
    Parent,
}

fn dot_segment(segment: &str) -> Option<Dots> {
    if segment.len() > 6 {
        return None;
    }
    match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
        "." => Some(Dots::Same),
        ".." => Some(Dots::Parent),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Paths made of what is hard to read.
    fn path() -> impl Strategy<Value = String> {
        let hard = prop::sample::select(vec![
            "/", "//", "\\", ".", "..", "%2e", "%2E%2e", "%2f", "%5c", "%252e", "%00", "%ff", "%c3%a9", "%", "%4", "a",
            "api", ";x", "\u{ff0f}", "\u{e9}", "\t", ":", "@", "~", "[id]", "(a)", "%25",
        ]);
        let any = prop_oneof![8 => hard.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
        prop::collection::vec(any, 0..12).prop_map(|pieces| format!("/{}", pieces.concat()))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// What is decided on is what is forwarded, and it has one form: nobody behind can make another path of it by doing the
        /// same once more.
        #[test]
        fn a_form_is_final(path in path()) {
            match canonical_form(&path) {
                Form::Kept | Form::Refused(_) => {}
                Form::Changed(once) => prop_assert_eq!(canonical_form(&once), Form::Kept, "{} of {}", once, path),
                Form::Redirect(once) => {
                    prop_assert!(!matches!(canonical_form(&once), Form::Redirect(_)), "{} of {}", once, path);
                    prop_assert!(once.starts_with('/') && !once.starts_with("//"), "{} leads away", once);
                }
            }
        }

        #[test]
        fn a_kept_path_climbs_nowhere(path in path()) {
            if let Form::Kept = canonical_form(&path) {
                let climbs = path.split('/').any(|segment| {
                    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
                });
                prop_assert!(!climbs && !path.contains("//") && !path.contains('\\'), "{}", path);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = canonical_form(&text);
        }
    }

    #[test]
    fn the_table() {
        let changed = |path: &str| Form::Changed(path.to_owned());
        let redirect = |path: &str| Form::Redirect(path.to_owned());
        for (path, form) in [
            ("/api/x", Form::Kept),
            ("/", Form::Kept),
            ("/api/x/", Form::Kept),
            ("/api//x", redirect("/api/x")),
            ("//api/x", redirect("/api/x")),
            ("/api\\x", redirect("/api/x")),
            ("/api/%5Cx", Form::Kept),
            ("/api/x%2Fy", Form::Kept),
            ("/api/x%2f", Form::Kept),
            ("/api/%252e%252e/x", Form::Kept),
            ("/api/./x", changed("/api/x")),
            ("/api/../api/x", changed("/api/x")),
            ("/api/%2e%2e/api/x", changed("/api/x")),
            ("/api/%2E/x", changed("/api/x")),
            ("/../../etc", changed("/etc")),
            ("/api/x/..", changed("/api/")),
            ("/api/.well-known", Form::Kept),
            ("/api/x%2e", Form::Kept),
            ("/API/x", Form::Kept),
            ("/api/x;a=b", Form::Kept),
            ("/api/%ef%bc%8f", Form::Kept),
        ] {
            assert_eq!(canonical_form(path), form, "{path}");
        }
        for path in [
            "api/x", "/%00", "/%ff", "/%c0%af", "/%u002f", "/%", "/%4", "/%0d%0a", "/%7f",
        ] {
            assert!(matches!(canonical_form(path), Form::Refused(_)), "{path}");
        }
    }

    #[test]
    fn the_form_of_a_form_is_itself() {
        for path in ["/a/./b", "/a/../..", "/a/%2e%2e/%2E/b/", "/..%2f"] {
            if let Form::Changed(once) = canonical_form(path) {
                assert_eq!(canonical_form(&once), Form::Kept, "{path}");
            }
        }
    }
}
