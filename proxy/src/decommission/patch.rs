//! Patches in the form that `git apply` takes.

use std::fmt::Write as _;

use super::diff::hunks;

/// A patch that turns the text of `path` from `before` into `after`; empty when they are equal.
#[must_use]
pub(super) fn change(path: &str, before: &str, after: &str) -> String {
    let (old, new) = (quoted("a/", path), quoted("b/", path));
    match hunks(before, after) {
        hunks if hunks.is_empty() => hunks,
        hunks => {
            // A name with a space needs the tab that ends it.
            let end = if path.contains(' ') { "\t" } else { "" };
            format!("diff --git {old} {new}\n--- {old}{end}\n+++ {new}{end}\n{hunks}")
        }
    }
}

/// A patch that deletes `path`, whose whole text is `text`. `mode` is the mode of the file in Git, such as `100644`.
#[must_use]
pub(super) fn removal(path: &str, text: &str, mode: &str) -> String {
    let (before, after) = (quoted("a/", path), quoted("b/", path));
    let mut patch = format!("diff --git {before} {after}\ndeleted file mode {mode}\n");
    if text.is_empty() {
        return patch;
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let range = if lines.len() == 1 {
        "1".to_owned()
    } else {
        format!("1,{}", lines.len())
    };
    let _ = writeln!(patch, "--- {before}\n+++ /dev/null\n@@ -{range} +0,0 @@");
    for line in lines {
        patch.push('-');
        patch.push_str(line);
        if !line.ends_with('\n') {
            patch.push_str("\n\\ No newline at end of file\n");
        }
    }
    patch
}

/// Git quotes names with control characters, quotes or backslashes, and writes other bytes beyond ASCII as octal.
fn quoted(side: &str, path: &str) -> String {
    let plain = path
        .bytes()
        .all(|byte| (b' '..0x7f).contains(&byte) && byte != b'"' && byte != b'\\');
    if plain {
        return format!("{side}{path}");
    }
    let mut text = format!("\"{side}");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => {
                text.push('\\');
                text.push(char::from(byte));
            }
            b' '..0x7f => text.push(char::from(byte)),
            other => {
                let _ = write!(text, "\\{other:03o}");
            }
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::removal;

    #[test]
    fn a_file_without_a_last_line_end_says_so() {
        let patch = removal("app/api/[id]/route.ts", "a\nb", "100644");
        assert_eq!(
            patch,
            "diff --git a/app/api/[id]/route.ts b/app/api/[id]/route.ts\ndeleted file mode 100644\n\
             --- a/app/api/[id]/route.ts\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn names_that_git_quotes_are_quoted() {
        let patch = removal("a\u{e9}\".ts", "x\n", "100755");
        assert!(patch.starts_with("diff --git \"a/a\\303\\251\\\".ts\" "), "{patch}");
        assert!(patch.contains("@@ -1 +0,0 @@\n-x\n"));
    }
}
