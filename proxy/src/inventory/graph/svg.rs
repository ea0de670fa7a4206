//! The shared modules as one self-contained picture: areas on the left, modules on the right in the order in which to extract
//! them, and between them how many routes of an area use a module.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::inventory::model::{Inventory, SharedModule};

/// Modules that are drawn at most; a longer picture is read by nobody, and the DOT file has all of them.
const MOST_MODULES: usize = 80;
/// Characters of a label; the middle of a longer one goes, for both ends tell files apart.
const MOST_CHARACTERS: usize = 52;
/// All lengths are in pixels.
const ROW: usize = 26;
const TOP: usize = 84;
const AREA_RIGHT: usize = 220;
const MODULE_LEFT: usize = 500;
const BAR_LEFT: usize = 900;
const BAR_WIDTH: usize = 220;
const WIDTH: usize = 1180;

/// A picture of the modules that at least `least` routes use.
#[must_use]
pub fn svg(inventory: &Inventory, least: usize) -> String {
    let modules: Vec<&SharedModule> = inventory
        .modules
        .iter()
        .filter(|module| module.used_by.len() >= least)
        .collect();
    let shown = modules.get(..MOST_MODULES).unwrap_or(&modules);
    let edges = edges(inventory, shown);
    let areas = areas(&edges);
    let rows = shown.len().max(areas.len()).max(1);
    let height = TOP + rows * ROW + 40;
    let mut text = String::new();
    head(&mut text, height, shown.len(), modules.len(), least);
    let middle = |at: usize, of: usize| TOP + (rows - of) * ROW / 2 + at * ROW + ROW / 2;
    for (at, area) in areas.iter().enumerate() {
        for (to, module) in shown.iter().enumerate() {
            if let Some(count) = edges.get(&(to, area.as_str())) {
                edge(
                    &mut text,
                    (middle(at, areas.len()), middle(to, shown.len())),
                    *count,
                    area,
                    module,
                );
            }
        }
    }
    for (at, area) in areas.iter().enumerate() {
        let y = middle(at, areas.len()) + 5;
        let _ = writeln!(
            text,
            "<text class=\"area\" x=\"{}\" y=\"{y}\">{}</text>",
            AREA_RIGHT - 10,
            escaped(&shortened(area))
        );
    }
    let most = shown.iter().map(|module| module.used_by.len()).max().unwrap_or(1);
    for (at, module) in shown.iter().enumerate() {
        module_row(&mut text, middle(at, shown.len()), module, most);
    }
    text.push_str("</svg>\n");
    text
}

/// How many routes of an area use a module, by the module's place and the area's name.
fn edges<'i>(inventory: &'i Inventory, shown: &[&SharedModule]) -> BTreeMap<(usize, &'i str), usize> {
    let routes = inventory.apps.iter().flat_map(|app| &app.routes);
    let area_of: BTreeMap<String, &str> = routes
        .flat_map(|route| {
            let area = route.area.as_str();
            route
                .methods
                .iter()
                .map(move |method| (format!("{} {}", method.name, route.pattern), area))
        })
        .collect();
    let mut edges = BTreeMap::new();
    for (at, module) in shown.iter().enumerate() {
        for area in module.used_by.iter().filter_map(|route| area_of.get(route)) {
            *edges.entry((at, *area)).or_default() += 1;
        }
    }
    edges
}

/// The areas, each near the modules that it uses, so that few lines cross.
fn areas(edges: &BTreeMap<(usize, &str), usize>) -> Vec<String> {
    let names: BTreeSet<&str> = edges.keys().map(|(_, area)| *area).collect();
    let mut areas: Vec<(usize, String)> = names
        .into_iter()
        .map(|name| {
            let own = || edges.iter().filter(|((_, area), _)| *area == name);
            let uses: usize = own().map(|(_, count)| count).sum();
            let weight: usize = own().map(|((at, _), count)| at * 1_000 * count).sum();
            (weight / uses.max(1), name.to_owned())
        })
        .collect();
    areas.sort();
    areas.into_iter().map(|(_, name)| name).collect()
}

fn head(text: &mut String, height: usize, shown: usize, all: usize, least: usize) {
    let _ = write!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\">\n<title>Shared modules by the number of routes that use them</title>\n<style>\n\
         text {{ font: 13px system-ui, sans-serif; fill: #1b1f24; }}\n.area {{ text-anchor: end; }}\n\
         .head {{ font-size: 17px; font-weight: 600; }}\n.count, .note {{ fill: #57606a; }}\n\
         .edge {{ fill: none; stroke: #2f6f4f; stroke-opacity: 0.28; }}\n.edge:hover {{ stroke-opacity: 0.9; }}\n\
         .bar {{ fill: #2f6f4f; }}\n</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text class=\"head\" x=\"24\" y=\"32\">Shared modules, the most used first</text>\n"
    );
    let cut = if shown < all {
        format!("; the first {shown} of {all}")
    } else {
        String::new()
    };
    let _ = writeln!(
        text,
        "<text class=\"note\" x=\"24\" y=\"54\">Modules that {least} or more route methods use{cut}. A line is as wide as an area \
         uses the module often; point at one for the numbers.</text>"
    );
}

fn edge(text: &mut String, (from, to): (usize, usize), count: usize, area: &str, module: &SharedModule) {
    let (start, end) = (AREA_RIGHT, MODULE_LEFT - 10);
    let bend = (start + end) / 2;
    let width = count.min(10);
    let _ = writeln!(
        text,
        "<path class=\"edge\" stroke-width=\"{width}\" d=\"M{start} {from} C{bend} {from} {bend} {to} {end} {to}\">\
         <title>{}: {count} of {}</title></path>",
        escaped(area),
        escaped(&module.file)
    );
}

fn module_row(text: &mut String, y: usize, module: &SharedModule, most: usize) {
    let uses = module.used_by.len();
    let width = (BAR_WIDTH * uses / most.max(1)).max(2);
    let routes: Vec<&str> = module.used_by.iter().map(String::as_str).collect();
    let _ = writeln!(
        text,
        "<g><title>{}</title><text x=\"{MODULE_LEFT}\" y=\"{}\">{}</text>\
         <rect class=\"bar\" x=\"{BAR_LEFT}\" y=\"{}\" width=\"{width}\" height=\"12\"/>\
         <text class=\"count\" x=\"{}\" y=\"{}\">{uses}</text></g>",
        escaped(&routes.join("\n")),
        y + 5,
        escaped(&shortened(&module.file)),
        y - 6,
        BAR_LEFT + width + 8,
        y + 5
    );
}

fn shortened(label: &str) -> String {
    let characters: Vec<char> = label.chars().collect();
    if characters.len() <= MOST_CHARACTERS {
        return label.to_owned();
    }
    let (head, tail) = (MOST_CHARACTERS / 3, MOST_CHARACTERS - MOST_CHARACTERS / 3 - 1);
    let part = |range: Option<&[char]>| range.unwrap_or_default().iter().collect::<String>();
    format!(
        "{}…{}",
        part(characters.get(..head)),
        part(characters.get(characters.len() - tail..))
    )
}

/// Text for XML: what has a meaning there is written otherwise, and control characters, which XML forbids, are left out.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => result.push_str("&amp;"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '"' => result.push_str("&quot;"),
            '\n' => result.push('\n'),
            other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => {}
            other => result.push(other),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{escaped, shortened, svg};
    use crate::inventory::{Inventory, SharedModule};

    #[test]
    fn names_of_files_stay_text() {
        assert_eq!(escaped("a<b>&\"\u{1}"), "a&lt;b&gt;&amp;&quot;");
        let inventory = Inventory {
            modules: vec![SharedModule {
                file: "lib/<script>.ts".to_owned(),
                used_by: BTreeSet::from(["GET /a".to_owned(), "GET /b".to_owned()]),
            }],
            ..Inventory::default()
        };
        let picture = svg(&inventory, 2);
        assert!(
            picture.contains("lib/&lt;script&gt;.ts") && !picture.contains("<script"),
            "{picture}"
        );
        assert!(!svg(&inventory, 3).contains("script"));
    }

    #[test]
    fn long_names_keep_both_ends() {
        let name = format!("packages/{}/index.ts", "x".repeat(80));
        let short = shortened(&name);
        assert!(short.starts_with("packages/") && short.ends_with("/index.ts") && short.contains('…'));
        assert_eq!(short.chars().count(), super::MOST_CHARACTERS);
    }
}
