//! `next.config.*` and the middleware, as far as they are literal.

use serde_json::Value;

use super::model::{Configuration, Note};
use super::parse::Module;

const NAMES: [&str; 4] = ["next.config.js", "next.config.mjs", "next.config.ts", "next.config.mts"];
const ENDINGS: [&str; 4] = ["ts", "js", "tsx", "mjs"];

/// Reads the configuration of the app at `prefix` (`""` or `folder/`).
pub(super) fn read(prefix: &str, modules: &[Module], notes: &mut Vec<Note>) -> Configuration {
    let find = |path: String| {
        modules
            .binary_search_by(|module| module.file.as_str().cmp(&path))
            .ok()
            .and_then(|at| modules.get(at))
    };
    let mut configuration = Configuration {
        page_extensions: ["tsx", "ts", "jsx", "js"].map(str::to_owned).to_vec(),
        ..Configuration::default()
    };
    if let Some(module) = NAMES.iter().find_map(|name| find(format!("{prefix}{name}"))) {
        configuration.file = Some(module.file.clone());
        apply(module, &mut configuration, notes);
    }
    let names = ["proxy", "middleware", "src/proxy", "src/middleware"];
    let middleware = names
        .iter()
        .flat_map(|name| ENDINGS.iter().map(move |ending| format!("{prefix}{name}.{ending}")))
        .find_map(find);
    if let Some(module) = middleware {
        configuration.middleware = Some(module.file.clone());
        configuration.matcher = module
            .constants
            .get("config")
            .and_then(|config| config.get("matcher"))
            .cloned();
        let exported = module.exports.iter().find(|export| export.name == "config");
        if let (Some(export), None) = (exported, &configuration.matcher) {
            notes.push(Note::new(
                &module.file,
                export.line,
                "the matcher of the middleware is computed",
            ));
        }
    }
    configuration
}

fn apply(module: &Module, configuration: &mut Configuration, notes: &mut Vec<Note>) {
    let Some(read) = &module.default else {
        return notes.push(Note::new(
            &module.file,
            1,
            "the configuration is not a literal: base path, rewrites and redirects are unknown",
        ));
    };
    let key = |name: &str| read.value.get(name).filter(|value| !value.is_null()).cloned();
    configuration.base_path = key("basePath")
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default();
    configuration.trailing_slash = key("trailingSlash").and_then(|value| value.as_bool()).unwrap_or(false);
    if let Some(Value::Array(list)) = key("pageExtensions") {
        configuration.page_extensions = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    configuration.i18n = key("i18n");
    configuration.rewrites = key("rewrites");
    configuration.redirects = key("redirects");
    configuration.headers = key("headers");
    for (path, line) in &read.computed {
        let matters = path.is_empty()
            || [
                "basePath",
                "trailingSlash",
                "pageExtensions",
                "i18n",
                "rewrites",
                "redirects",
                "headers",
            ]
            .iter()
            .any(|key| path.starts_with(key));
        if matters {
            let what = if path.is_empty() {
                "the configuration"
            } else {
                path.as_str()
            };
            notes.push(Note::new(
                &module.file,
                *line,
                format!("{what} is computed, at least in part"),
            ));
        }
    }
}
