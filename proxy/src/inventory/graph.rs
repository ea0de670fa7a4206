//! The shared modules and the routes that use them: for Graphviz, and as a picture.

mod svg;

use std::fmt::Write as _;

use super::model::Inventory;

pub use svg::svg;

/// A DOT digraph: an edge from each route to each shared module; a module is wider the more routes use it. Modules that
/// fewer than `least` routes use are left out.
#[must_use]
pub fn dot(inventory: &Inventory, least: usize) -> String {
    let mut text = "digraph modules {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n".to_owned();
    for module in inventory.modules.iter().filter(|module| module.used_by.len() >= least) {
        let _ = writeln!(
            text,
            "  {} [label={}];",
            quoted(&module.file),
            quoted(&format!("{} ({})", module.file, module.used_by.len()))
        );
        for route in &module.used_by {
            let _ = writeln!(text, "  {} -> {};", quoted(route), quoted(&module.file));
        }
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ")
    )
}
