//! Path patterns in Next.js notation: `/api/crm/tickets/[ticketId]`, `[...slug]`, `[[...slug]]`.

/// One segment of a pattern, in the order in which Next.js prefers them.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Segment {
    /// The text itself, case-sensitive.
    Static(&'static str),
    /// `[name]`: one segment.
    Dynamic(&'static str),
    /// `[...name]`: one or more segments.
    CatchAll(&'static str),
    /// `[[...name]]`: any number of segments.
    OptionalCatchAll(&'static str),
}

/// The segments of a pattern.
#[must_use]
pub fn segments(pattern: &'static str) -> Vec<Segment> {
    split(pattern).map(segment).collect()
}

/// The segments of a path, without the empty one before the first slash.
pub fn split(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let empty = path.is_empty();
    path.split('/').filter(move |_| !empty)
}

fn segment(text: &'static str) -> Segment {
    if let Some(name) = text.strip_prefix("[[...").and_then(|rest| rest.strip_suffix("]]")) {
        Segment::OptionalCatchAll(name)
    } else if let Some(name) = text.strip_prefix("[...").and_then(|rest| rest.strip_suffix(']')) {
        Segment::CatchAll(name)
    } else if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Segment::Dynamic(name)
    } else {
        Segment::Static(text)
    }
}

/// The raw values of the named segments when `path` matches.
#[must_use]
pub fn captures<'p>(pattern: &[Segment], path: &[&'p str]) -> Option<Vec<(&'static str, Vec<&'p str>)>> {
    let mut captured = Vec::new();
    let mut rest = path;
    for segment in pattern {
        match segment {
            Segment::Static(text) => {
                let (first, others) = rest.split_first()?;
                if first != text {
                    return None;
                }
                rest = others;
            }
            Segment::Dynamic(name) => {
                let (first, others) = rest.split_first()?;
                if first.is_empty() {
                    return None;
                }
                captured.push((*name, vec![*first]));
                rest = others;
            }
            Segment::CatchAll(name) if !rest.is_empty() => {
                captured.push((*name, rest.to_vec()));
                rest = &[];
            }
            Segment::CatchAll(_) => return None,
            Segment::OptionalCatchAll(name) => {
                captured.push((*name, rest.to_vec()));
                rest = &[];
            }
        }
    }
    rest.is_empty().then_some(captured)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, Vec<String>)>> {
        let path: Vec<&str> = split(path).collect();
        let owned = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect();
        captures(&segments(pattern), &path).map(|captured| {
            captured
                .into_iter()
                .map(|(name, values)| (name, owned(values)))
                .collect()
        })
    }

    #[test]
    fn segments_match_as_next_js_matches_them() {
        assert!(matches("/api/health", "/api/health").is_some());
        assert!(matches("/api/health", "/api/Health").is_none());
        assert_eq!(matches("/a/[id]", "/a/7"), Some(vec![("id", vec!["7".to_owned()])]));
        assert!(matches("/a/[id]", "/a/").is_none());
        assert!(matches("/a/[id]", "/a/7/b").is_none());
        assert!(matches("/a/[...rest]", "/a").is_none());
        assert!(matches("/a/[...rest]", "/a/1/2").is_some());
        assert!(matches("/a/[[...rest]]", "/a").is_some());
    }

    #[test]
    fn static_comes_before_dynamic_before_the_catch_alls() {
        let mut sorted = vec![
            segments("/a/[[...x]]"),
            segments("/a/[...x]"),
            segments("/a/b"),
            segments("/a/[id]"),
        ];
        sorted.sort();
        assert_eq!(
            sorted,
            [
                segments("/a/b"),
                segments("/a/[id]"),
                segments("/a/[...x]"),
                segments("/a/[[...x]]")
            ]
        );
    }
}
