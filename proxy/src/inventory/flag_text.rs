//! The entries of a flag file as lines of text, so that an update can add and take away without rewriting the rest.

/// One `- route:` entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// `METHOD pattern` as it is written.
    pub(super) route: String,
    /// The line of its dash, from 0.
    pub(super) first: usize,
    /// The line behind its last one, from 0; comments and blank lines before the next entry are not its own.
    pub(super) end: usize,
    /// Its stage: its own, else that of its group or of `defaults`; none when nothing says one.
    pub(super) stage: Option<String>,
    /// `group`, when the entry has one.
    pub(super) group: Option<String>,
    /// A word that the missing legacy route is known: a comment `# no legacy route: REASON`.
    pub(super) waived: bool,
}

/// What one flag file says about routes.
#[derive(Debug, Default)]
pub(super) struct FlagText {
    pub(super) entries: Vec<Entry>,
    /// The line behind the last entry of `routes:`; where new ones go. None when there is no such list.
    pub(super) list_end: Option<usize>,
    /// How far the dashes are indented.
    pub(super) indent: usize,
}

/// Reads block style, which is what this program writes and what people keep.
pub(super) fn read(text: &str) -> FlagText {
    let mut flags = FlagText {
        indent: 2,
        ..FlagText::default()
    };
    let mut inside = false;
    for (at, line) in text.lines().enumerate() {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        if content.is_empty() || content.starts_with('#') {
            if let Some(entry) = flags
                .entries
                .last_mut()
                .filter(|entry| inside && indent > flags.indent && entry.end == at)
            {
                entry.end = at + 1;
                entry.waived |= is_waiver(content);
            }
            continue;
        }
        if indent == 0 && !content.starts_with('-') {
            inside = content.split(':').next().is_some_and(|key| key.trim() == "routes");
            if inside {
                flags.list_end = Some(at + 1);
            }
            continue;
        }
        if !inside {
            continue;
        }
        flags.list_end = Some(at + 1);
        if let Some(rest) = content.strip_prefix("- ") {
            let first_of_list = flags.entries.is_empty();
            if first_of_list || indent <= flags.indent {
                flags.indent = indent;
                flags.entries.push(Entry {
                    route: String::new(),
                    first: at,
                    end: at + 1,
                    stage: None,
                    group: None,
                    waived: false,
                });
                key(rest, flags.entries.last_mut());
                continue;
            }
        }
        if let Some(entry) = flags.entries.last_mut() {
            entry.end = at + 1;
            if indent == flags.indent + 2 {
                key(content, Some(entry));
            }
        }
    }
    let wider = Wider::read(text);
    for entry in flags.entries.iter_mut().filter(|entry| entry.stage.is_none()) {
        entry.stage = wider.stage_of(entry);
    }
    flags
}

/// What `groups` and `defaults` say of stages, for entries that say nothing themselves.
struct Wider(serde_yaml::Value);

impl Wider {
    fn read(text: &str) -> Self {
        Self(serde_yaml::from_str(text).unwrap_or_default())
    }

    /// As the flags read it: the group before `defaults`, and at each of them `reads` for safe methods before `stage`. A group's
    /// own `stage` hides the `reads` of `defaults`.
    fn stage_of(&self, entry: &Entry) -> Option<String> {
        let method = entry.route.split(' ').next().unwrap_or_default();
        let safe = matches!(method, "GET" | "HEAD" | "OPTIONS");
        let group = entry.group.as_ref().and_then(|name| self.0.get("groups")?.get(name));
        let places = group.into_iter().chain(self.0.get("defaults"));
        let word = |place: &serde_yaml::Value, key: &str| Some(place.get(key)?.as_str()?.to_owned());
        places
            .filter_map(|place| word(place, "reads").filter(|_| safe).or_else(|| word(place, "stage")))
            .next()
    }
}

fn key(line: &str, entry: Option<&mut Entry>) {
    let Some(entry) = entry else { return };
    entry.waived |= line.find(" #").and_then(|at| line.get(at + 1..)).is_some_and(is_waiver);
    if let Some(inner) = line.trim().strip_prefix('{').and_then(|rest| rest.split('}').next()) {
        return inner.split(',').for_each(|part| set(part, entry));
    }
    set(line, entry);
}

fn set(line: &str, entry: &mut Entry) {
    let Some((name, value)) = line.split_once(':') else {
        return;
    };
    let value = value.find(" #").and_then(|at| value.get(..at)).unwrap_or(value);
    let value = value.trim().trim_matches(['"', '\'']).to_owned();
    match name.trim() {
        "route" => entry.route = value,
        "stage" => entry.stage = Some(value),
        "group" => entry.group = Some(value),
        _ => {}
    }
}

fn is_waiver(comment: &str) -> bool {
    comment
        .trim_start_matches(['#', ' '])
        .strip_prefix("no legacy route:")
        .is_some_and(|reason| !reason.trim().is_empty())
}

/// The stages of the entries that `what` means: one route, or every member of a group.
#[must_use]
pub fn stages(text: &str, what: &str) -> std::collections::BTreeMap<String, String> {
    let groups = group_stages(text);
    let fitting = read(text)
        .entries
        .into_iter()
        .filter(|entry| entry.route == what || entry.group.as_deref() == Some(what));
    let stage = |entry: &Entry| {
        entry
            .stage
            .clone()
            .or_else(|| groups.get(entry.group.as_ref()?).cloned())
    };
    fitting
        .map(|entry| {
            (
                entry.route.clone(),
                stage(&entry).unwrap_or_else(|| "legacy".to_owned()),
            )
        })
        .collect()
}

/// Stages of groups: `groups:` → name → `stage`.
pub(super) fn group_stages(text: &str) -> std::collections::BTreeMap<String, String> {
    let parsed: serde_yaml::Value = serde_yaml::from_str(text).unwrap_or_default();
    let groups = parsed.get("groups").and_then(serde_yaml::Value::as_mapping);
    let pairs = groups.into_iter().flatten();
    pairs
        .filter_map(|(name, group)| Some((name.as_str()?.to_owned(), group.get("stage")?.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_the_stage_that_the_flags_give_it() {
        let text = "version: 1
defaults: { stage: shadow, reads: native }
groups:
  one: { stage: legacy }
  two: { stage: canary, reads: retired }
  three: { phase: 3 }
routes:
  - { route: GET /a, stage: legacy }
  - { route: GET /b }
  - { route: POST /b }
  - { route: GET /c, group: one }
  - route: GET /d
    group: two
  - { route: POST /d, group: two }
  - { route: OPTIONS /e, group: three }
";
        let stages = read(text).entries.into_iter();
        let stages: Vec<String> = stages
            .map(|entry| format!("{} {}", entry.route, entry.stage.unwrap_or_default()))
            .collect();
        let expected = [
            "GET /a legacy",
            "GET /b native",
            "POST /b shadow",
            "GET /c legacy",
            "GET /d retired",
            "POST /d canary",
            "OPTIONS /e native",
        ];
        assert_eq!(stages, expected);
    }
}
