//! What a decision may depend on: the request, who sent it as far as that is verified, and what a signed override wants.

use core::net::IpAddr;

use http::header::COOKIE;
use http::{HeaderMap, HeaderName, Method};

use crate::decide::Side;

/// What a decision may depend on. Borrowed whole, so that deciding allocates nothing.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The method of the request.
    pub method: &'a Method,
    /// The canonical path: percent-encoding still in place, without the query.
    pub path: &'a str,
    /// A number that stands for this request (the hash of its id): samples are drawn from it, not by chance.
    pub ticket: u32,
    /// The headers of the request, if there is one.
    pub headers: Option<&'a HeaderMap>,
    /// The host that the client asked for, with or without its port.
    pub host: Option<&'a str>,
    /// The address of the client.
    pub client: Option<IpAddr>,
    /// Who the client is, as far as a signature proves it.
    pub session: Session<'a>,
    /// The side that a signed override wants for this route.
    pub wanted: Option<Side>,
}

/// Who a client is. Only what was verified may stand here: the decision believes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Session<'a> {
    /// The id of the user.
    pub user: Option<&'a str>,
    /// The tenant of the user.
    pub tenant: Option<&'a str>,
    /// The role of the user.
    pub role: Option<&'a str>,
}

impl<'a> Facts<'a> {
    /// A request of which nothing is known but its line.
    #[must_use]
    pub const fn new(method: &'a Method, path: &'a str, ticket: u32) -> Self {
        Self {
            method,
            path,
            ticket,
            headers: None,
            host: None,
            client: None,
            session: Session {
                user: None,
                tenant: None,
                role: None,
            },
            wanted: None,
        }
    }

    /// The first value of a header, when it is visible text.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&'a str> {
        self.headers?.get(name)?.to_str().ok()
    }

    /// The value of the first cookie of that name (RFC 6265, section 5.4: names are case-sensitive).
    pub(crate) fn cookie(&self, name: &str) -> Option<&'a str> {
        let lines = self.headers?.get_all(COOKIE).iter();
        lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.split_once('='))
            .find(|(found, _)| found.trim() == name)
            .map(|(_, value)| value.trim())
    }

    /// The host without its port.
    pub(crate) fn host_name(&self) -> Option<&'a str> {
        let host = self.host?;
        let port_at = host.rfind(':').filter(|colon| !host[*colon..].contains(']'));
        Some(port_at.map_or(host, |colon| &host[..colon]))
    }

    /// A segment of the path by its place; `None` for one that is percent-encoded, which is never guessed at.
    pub(crate) fn segment(&self, place: usize) -> Option<&'a str> {
        let segment = self.path.strip_prefix('/')?.split('/').nth(place)?;
        (!segment.contains('%')).then_some(segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(headers: &HeaderMap, host: &'static str) -> (Option<String>, Option<String>) {
        let facts = Facts {
            headers: Some(headers),
            host: Some(host),
            ..Facts::new(&Method::GET, "/a/b%20c/d", 0)
        };
        assert_eq!(
            (facts.segment(0), facts.segment(1), facts.segment(3)),
            (Some("a"), None, None)
        );
        (
            facts.cookie("sid").map(str::to_owned),
            facts.host_name().map(str::to_owned),
        )
    }

    #[test]
    fn cookies_and_hosts_are_read_as_they_are_written() {
        let mut headers = HeaderMap::new();
        assert_eq!(with(&headers, "a.example"), (None, Some("a.example".to_owned())));
        headers.append(COOKIE, "xsid=1; SID=2".parse().unwrap());
        headers.append(COOKIE, "theme=dark; sid=abc=; sid=other".parse().unwrap());
        assert_eq!(
            with(&headers, "a.example:8080"),
            (Some("abc=".to_owned()), Some("a.example".to_owned()))
        );
        assert_eq!(with(&headers, "[::1]:80").1.as_deref(), Some("[::1]"));
        assert_eq!(with(&headers, "[::1]").1.as_deref(), Some("[::1]"));
    }
}
