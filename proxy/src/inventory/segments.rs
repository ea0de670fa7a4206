//! From the path of a file to the pattern that it answers, by the folder conventions of the Next.js App and Pages Router.

/// What a folder path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It answers this pattern.
    Pattern(String),
    /// A private folder: no route.
    Private,
    /// A segment that is no valid route segment, with the reason.
    Invalid(String),
}

/// The pattern of the folders between `app` and a `route` or `page` file.
pub(super) fn app_pattern(folders: &[&str]) -> Meaning {
    let mut kept = Vec::new();
    for folder in folders {
        if folder.starts_with('_') {
            return Meaning::Private;
        }
        if is_group(folder) || folder.starts_with('@') {
            continue;
        }
        if let Some(reason) = fault_of(folder) {
            return Meaning::Invalid(reason);
        }
        kept.push(folder.replace("%5F", "_").replace("%5f", "_"));
    }
    Meaning::Pattern(join(&kept))
}

/// The pattern of a file below `pages`, its extension removed.
pub(super) fn pages_pattern(path: &str) -> Meaning {
    let mut segments: Vec<String> = path.split('/').map(str::to_owned).collect();
    if segments.last().is_some_and(|last| last == "index") {
        segments.pop();
    }
    match segments.iter().find_map(|segment| fault_of(segment)) {
        Some(reason) => Meaning::Invalid(reason),
        None => Meaning::Pattern(join(&segments)),
    }
}

/// Whether the folder marks an intercepted route: `(.)x`, `(..)x`, `(..)(..)x`, `(...)x`.
pub(super) fn intercepts(folder: &str) -> bool {
    ["(.)", "(..)", "(...)"].iter().any(|mark| folder.starts_with(mark)) && !is_group(folder)
}

fn is_group(folder: &str) -> bool {
    folder.starts_with('(') && folder.ends_with(')')
}

fn fault_of(segment: &str) -> Option<String> {
    let inner = segment.strip_prefix('[')?;
    let closed = match inner.strip_prefix('[') {
        Some(optional) => optional.strip_suffix("]]").and_then(|name| name.strip_prefix("...")),
        None => inner
            .strip_suffix(']')
            .map(|name| name.strip_prefix("...").unwrap_or(name)),
    };
    let good = closed.is_some_and(|name| !name.is_empty() && !name.contains(['[', ']']) && !name.starts_with('.'));
    (!good).then(|| format!("`{segment}` is no valid parameter of a path"))
}

fn join(segments: &[String]) -> String {
    if segments.is_empty() {
        "/".to_owned()
    } else {
        format!("/{}", segments.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Meaning, app_pattern, intercepts, pages_pattern};

    fn pattern(text: &str) -> Meaning {
        Meaning::Pattern(text.to_owned())
    }

    #[test]
    fn groups_and_slots_leave_no_trace_in_the_path() {
        assert_eq!(app_pattern(&["(shop)", "@modal", "api", "[id]"]), pattern("/api/[id]"));
        assert_eq!(app_pattern(&["(shop)"]), pattern("/"));
        assert_eq!(app_pattern(&["a", "[[...rest]]"]), pattern("/a/[[...rest]]"));
    }

    #[test]
    fn private_folders_are_no_routes_and_escaped_underscores_are() {
        assert_eq!(app_pattern(&["api", "_lib", "x"]), Meaning::Private);
        assert_eq!(app_pattern(&["%5Fstatus"]), pattern("/_status"));
    }

    #[test]
    fn an_unclosed_parameter_is_said_not_guessed() {
        assert!(matches!(app_pattern(&["[id"]), Meaning::Invalid(_)));
        assert!(matches!(app_pattern(&["[[id]]"]), Meaning::Invalid(_)));
        assert!(matches!(app_pattern(&["[]"]), Meaning::Invalid(_)));
    }

    #[test]
    fn index_files_answer_their_folder() {
        assert_eq!(pages_pattern("api/index"), pattern("/api"));
        assert_eq!(pages_pattern("index"), pattern("/"));
        assert_eq!(pages_pattern("api/[...all]"), pattern("/api/[...all]"));
    }

    #[test]
    fn an_intercepting_folder_is_not_a_group() {
        assert!(intercepts("(.)photo") && intercepts("(..)(..)photo"));
        assert!(!intercepts("(photo)") && !intercepts("photo"));
    }
}
