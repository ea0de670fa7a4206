//! Who calls which route: addresses in the code against the patterns of the apps.

use super::model::{App, CallSite, Kind, Route};
use super::parse::Module;

/// Gives every call site to the routes that it may mean; returns calls below `/api` that no route answers.
pub(super) fn attach(apps: &mut [App], modules: &[Module]) -> Vec<CallSite> {
    let mut unanswered = Vec::new();
    for site in modules
        .iter()
        .flat_map(|module| &module.items)
        .flat_map(|item| &item.facts.calls)
    {
        let path = path_of(&site.url);
        let routes = apps
            .iter_mut()
            .flat_map(|app| &mut app.routes)
            .filter(|route| matches!(route.kind, Kind::AppRoute | Kind::PagesApi));
        let mut fitting: Vec<&mut Route> = routes.filter(|route| fits(&route.pattern, path)).collect();
        let Some(best) = fitting.iter().map(|route| rank(&route.pattern, path)).min() else {
            if path.starts_with("/api/") {
                unanswered.push(site.clone());
            }
            continue;
        };
        for route in fitting.iter_mut().filter(|route| rank(&route.pattern, path) == best) {
            route.call_sites.push(site.clone());
        }
    }
    unanswered.sort();
    unanswered
}

/// The path of an address: without a computed base, host, query and fragment.
fn path_of(url: &str) -> &str {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => url
            .strip_prefix("{}")
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(url),
    };
    let path = path.split(['?', '#']).next().unwrap_or(path);
    // `/api/items{}`: what is computed behind a word is a query string nearly always.
    let path = match path.strip_suffix("{}") {
        Some(before) if !before.ends_with('/') => before,
        _ => path,
    };
    if path.len() > 1 {
        path.trim_end_matches('/')
    } else {
        path
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/').skip(1).filter(|part| !part.is_empty()).peekable();
    for segment in pattern.split('/').skip(1) {
        if segment.starts_with("[[...") {
            return true;
        }
        if segment.starts_with("[...") {
            return parts.peek().is_some();
        }
        match parts.next() {
            Some(part) if segment.starts_with('[') || part == segment => {}
            _ => return false,
        }
    }
    parts.peek().is_none()
}

/// Lower is nearer: how the segments fit, in the order of Next.js (static before dynamic before catch-all).
fn rank(pattern: &str, path: &str) -> Vec<u8> {
    let mut parts = path.split('/').skip(1);
    pattern
        .split('/')
        .skip(1)
        .map(|segment| match (segment, parts.next()) {
            (text, _) if text.starts_with("[[...") => 4,
            (text, _) if text.starts_with("[...") => 3,
            (text, _) if text.starts_with('[') => 1,
            _ => 0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{fits, path_of, rank};

    #[test]
    fn queries_and_computed_bases_do_not_hide_the_path() {
        assert_eq!(path_of("{}/api/a/{}?x={}"), "/api/a/{}");
        assert_eq!(path_of("https://app.example/api/a#b"), "/api/a");
        assert_eq!(path_of("/api/items{}"), "/api/items");
    }

    #[test]
    fn static_segments_come_before_parameters() {
        assert!(fits("/api/[id]", "/api/{}") && fits("/api/draft", "/api/draft") && !fits("/api/draft", "/api/{}"));
        assert!(rank("/api/draft", "/api/draft") < rank("/api/[id]", "/api/draft"));
        assert!(fits("/api/[[...all]]", "/api") && !fits("/api/[...all]", "/api"));
    }
}
