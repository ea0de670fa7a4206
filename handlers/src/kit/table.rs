//! From a method and a path to an endpoint, with the precedence of Next.js.

use http::Method;

use super::extract::path::PathSegment;
use super::pattern::{Segment, captures, segments, split};
use super::routes::{Route, Routes};

/// Every route, the most particular pattern first.
#[derive(Debug)]
pub struct Table(Vec<Place>);

/// One pattern with its methods.
#[derive(Debug)]
struct Place {
    pattern: &'static str,
    segments: Vec<Segment>,
    routes: Vec<Route>,
}

/// Where a request leads.
#[derive(Debug)]
pub(crate) enum Found<'t> {
    /// To an endpoint.
    Route(&'t Route, Vec<PathSegment>),
    /// To a pattern that has no endpoint for the method; the methods that it has.
    OtherMethods(Vec<Method>),
    /// Nowhere.
    Nothing,
}

/// Two declarations that contradict each other.
#[derive(Debug, thiserror::Error)]
#[error("{method} {pattern} is declared twice")]
pub struct RoutesError {
    method: Method,
    pattern: &'static str,
}

impl Table {
    /// Sorts the routes.
    ///
    /// # Errors
    /// When two claim the same method and pattern.
    pub fn new(all: impl IntoIterator<Item = Routes>) -> Result<Self, RoutesError> {
        let mut places: Vec<Place> = Vec::new();
        for route in all.into_iter().flat_map(Routes::into_routes) {
            let pattern = route.endpoint.pattern;
            let place = match places.iter_mut().position(|place| place.pattern == pattern) {
                Some(index) => &mut places[index],
                None => {
                    places.push(Place {
                        pattern,
                        segments: segments(pattern),
                        routes: Vec::new(),
                    });
                    let last = places.len() - 1;
                    &mut places[last]
                }
            };
            if place
                .routes
                .iter()
                .any(|other| other.endpoint.method == route.endpoint.method)
            {
                return Err(RoutesError {
                    method: route.endpoint.method,
                    pattern,
                });
            }
            place.routes.push(route);
        }
        places.sort_by(|one, other| one.segments.cmp(&other.segments));
        Ok(Self(places))
    }

    /// Finds the endpoint of a request; `HEAD` leads to `GET`.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let path: Vec<&str> = split(path).collect();
        for place in &self.0 {
            let Some(captured) = captures(&place.segments, &path) else {
                continue;
            };
            let Some(route) = place.routes.iter().find(|route| route.endpoint.method == *method) else {
                return place.other_methods();
            };
            let segments = captured
                .into_iter()
                .map(|(name, values)| PathSegment::decode(name, &values))
                .collect();
            return Found::Route(route, segments);
        }
        Found::Nothing
    }
}

impl Place {
    fn other_methods(&self) -> Found<'_> {
        let methods = self.routes.iter().map(|route| route.endpoint.method.clone()).collect();
        Found::OtherMethods(methods)
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.endpoint.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::{Area, Inbound, Outcome, Reader, Reply};

    async fn nothing(_: &mut Reader, _: &Inbound) -> Outcome {
        Ok(Reply::empty(http::StatusCode::OK))
    }

    fn table() -> Table {
        let routes = Routes::new(Area::Crm)
            .read(Method::GET, "/api/a/[id]", nothing)
            .read(Method::GET, "/api/a/fixed", nothing)
            .read(Method::DELETE, "/api/a/[id]", nothing)
            .read(Method::GET, "/api/[...rest]", nothing);
        Table::new([routes]).unwrap()
    }

    fn pattern(method: &Method, path: &str) -> Option<&'static str> {
        match table().find(method, path) {
            Found::Route(route, _) => Some(route.endpoint.pattern),
            _ => None,
        }
    }

    #[test]
    fn the_most_particular_pattern_wins_and_head_is_get() {
        assert_eq!(pattern(&Method::GET, "/api/a/fixed"), Some("/api/a/fixed"));
        assert_eq!(pattern(&Method::HEAD, "/api/a/7"), Some("/api/a/[id]"));
        assert_eq!(pattern(&Method::GET, "/api/b/7"), Some("/api/[...rest]"));
        assert_eq!(pattern(&Method::GET, "/other"), None);
    }

    #[test]
    fn a_path_belongs_to_its_pattern_even_for_other_methods() {
        assert!(
            matches!(table().find(&Method::DELETE, "/api/a/fixed"), Found::OtherMethods(methods) if methods == [Method::GET])
        );
    }

    #[test]
    fn one_method_and_pattern_has_one_endpoint() {
        let twice = Routes::new(Area::Crm)
            .read(Method::GET, "/x", nothing)
            .read(Method::GET, "/x", nothing);
        assert!(Table::new([twice]).is_err());
    }
}
