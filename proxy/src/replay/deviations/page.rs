//! The rules as a page for people, in Markdown.

use super::{Condition, Deviation, Deviations, Unrecorded};

const HEAD: &str = "\
# Deviations

Where a native endpoint answers otherwise than the legacy route, on purpose. A legacy 5xx is never counted as a mismatch; a closed
hole is closed unless the named switch is on in the flag file (`compat:`).

This page is made from `tests/parity/deviations.yaml`; change that file, then run
`ficus deviations tests/parity/deviations.yaml > docs/deviations.md`.

## Held by the parity lab

`ficus replay --deviations` applies these to every recorded exchange that they name, and fails where native does otherwise.

| route | when | legacy | native | why |
|---|---|---|---|---|
";

const UNRECORDED: &str = "
## Held by other tests

No recording shows these: they hang on rows, times or addresses that it does not have.

| route | legacy | native | why |
|---|---|---|---|
";

impl Deviations {
    /// The whole page.
    pub(in crate::replay) fn page(&self) -> String {
        let mut page = HEAD.to_owned();
        self.deviations.iter().for_each(|rule| rule.row(&mut page));
        if !self.unrecorded.is_empty() {
            page.push_str(UNRECORDED);
            self.unrecorded.iter().for_each(|rule| rule.row(&mut page));
        }
        if !self.kept.is_empty() {
            page.push_str("\n## Kept, although it could be questioned\n\n");
            for kept in &self.kept {
                page.push_str(&format!("- {}\n", kept.trim()));
            }
        }
        page
    }
}

impl Deviation {
    fn row(&self, page: &mut String) {
        let legacy = match (&self.legacy, self.when.legacy_status) {
            (Some(words), _) => words.clone(),
            (None, Some(status)) => status.to_string(),
            (None, None) => "–".to_owned(),
        };
        let mut native = self.instead.clone().unwrap_or_else(|| self.native.in_words());
        if let Some(switch) = &self.switch {
            native.push_str(&format!("; as legacy with the switch `{switch}`"));
        }
        if self.permitted {
            native.push_str("; or as legacy, where the rows say so");
        }
        row(
            page,
            &[
                &format!("`{}`", self.route),
                &self.when.in_words(),
                &legacy,
                &native,
                &self.why,
            ],
        );
    }
}

impl Unrecorded {
    fn row(&self, page: &mut String) {
        row(page, &[&self.route, &self.legacy, &self.instead, &self.why]);
    }
}

impl super::Expected {
    fn in_words(&self) -> String {
        match &self.equal_except {
            Some(paths) if !paths.is_empty() => {
                let paths: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
                format!("{}, equal but for {}", self.status, paths.join(", "))
            }
            _ => self.status.to_string(),
        }
    }
}

impl Condition {
    fn in_words(&self) -> String {
        let mut words = Vec::new();
        match self.token {
            Some(true) => words.push("with a token".to_owned()),
            Some(false) => words.push("without a token".to_owned()),
            None => {}
        }
        words.extend(self.parameter.iter().map(|name| format!("with `{name}`")));
        words.extend(self.no_parameter.iter().map(|name| format!("without `{name}`")));
        words.extend(self.legacy_status.map(|status| format!("legacy says {status}")));
        if words.is_empty() {
            words.push("always".to_owned());
        }
        words.join(", ")
    }
}

/// One line of a table. A bar would begin another cell, a line break another line.
fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<_> = cells
        .iter()
        .map(|cell| cell.trim().replace('|', "\\|").replace(['\r', '\n'], " "))
        .collect();
    page.push_str(&format!("| {} |\n", cells.join(" | ")));
}

#[cfg(test)]
mod tests {
    use crate::replay::deviations::Deviations;

    #[test]
    fn a_rule_says_when_what_and_why_and_cannot_break_its_table() {
        let rules: Deviations = serde_yaml::from_str(
            "deviations:\n\
             - { route: GET /a, when: { token: false, parameter: t, legacy_status: 200 }, switch: open, native: { status: 401 }, why: 'x | y' }\n\
             - { route: GET /b, permitted: true, legacy: all, native: { status: 200, equal_except: ['$.c'] }, why: z }\n\
             unrecorded: [{ route: '`GET /c`', legacy: l, instead: i, why: w }]\nkept: [that]\n",
        )
        .expect("rules");
        let page = rules.page();
        for line in [
            "| `GET /a` | without a token, with `t`, legacy says 200 | 200 | 401; as legacy with the switch `open` | x \\| y |",
            "| `GET /b` | always | all | 200, equal but for `$.c`; or as legacy, where the rows say so | z |",
            "| `GET /c` | l | i | w |",
            "- that",
        ] {
            assert!(page.lines().any(|other| other == line), "{line}\n{page}");
        }
    }
}
