//! The causes of differences as a table for spreadsheets (RFC 4180).

use super::model::{Class, Difference, Report, RouteReport};
use super::terminal::safe;
use super::words;

const HEAD: &str =
    "route,phase,group,stage,class,part,place,how,count,clients,first seen,last seen,legacy,native,again";

/// One row a cause. No cell is a formula: a spreadsheet would run what a stranger sent.
#[must_use]
pub fn render_csv(report: &Report) -> String {
    let mut table = format!("{HEAD}\r\n");
    for route in &report.routes {
        for difference in &route.differences {
            table.push_str(&row(route, difference));
            table.push_str("\r\n");
        }
    }
    table
}

fn row(route: &RouteReport, difference: &Difference) -> String {
    let group = &difference.group;
    let cells = [
        route.route.clone(),
        route.phase.map_or_else(String::new, |phase| phase.to_string()),
        route.group.clone().unwrap_or_default(),
        route.stage.clone().unwrap_or_default(),
        class(difference.class).to_owned(),
        group.kind.clone(),
        group.path_template.clone(),
        group.detail.clone(),
        group.n.to_string(),
        group.clients.to_string(),
        words::moment(group.first_seen),
        words::moment(group.last_seen),
        group.legacy_sample.clone().unwrap_or_default(),
        group.native_sample.clone().unwrap_or_default(),
        difference.reproducer.clone().unwrap_or_default(),
    ];
    cells.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",")
}

/// The word of a class.
pub(super) fn class(class: Class) -> &'static str {
    match class {
        Class::Counts => "counts",
        Class::Waived => "waived",
        Class::Noise => "noise",
        Class::Explained => "explained",
    }
}

/// A quoted cell. What begins like a formula gets an apostrophe in front, which a spreadsheet takes as "this is text".
fn cell(text: &str) -> String {
    let text = safe(text);
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '\\']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula_or_ends_early() {
        for (text, expected) in [
            ("plain", "\"plain\""),
            ("=cmd|' /c calc'!A1", "\"'=cmd|' /c calc'!A1\""),
            ("  +1", "\"'  +1\""),
            ("-1", "\"'-1\""),
            ("@x", "\"'@x\""),
            ("\t=1", "\"'\\t=1\""),
            ("a\",\"b\r\n", "\"a\"\",\"\"b\\r\\n\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
