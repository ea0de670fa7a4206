//! A listener that sends everybody to `https`, and only to hosts that are ours: what a client claims as its host must not
//! decide where somebody else is sent.

use std::sync::Arc;

use http::header::{CACHE_CONTROL, CONNECTION, HOST, HeaderValue, LOCATION};
use http::uri::Authority;
use http::{Request, Response, StatusCode};

use crate::body::Body;
use crate::tls::{Tls, name_matches};

/// Where clients are sent.
#[derive(Debug)]
pub(crate) struct Redirect {
    /// Hosts, when the configuration names them.
    pub(crate) hosts: Vec<String>,
    /// Certificates, whose names count when it does not.
    pub(crate) certificates: Vec<Arc<Tls>>,
    /// The port of `https`.
    pub(crate) port: u16,
}

impl Redirect {
    /// 308, so that the method and the body stay (RFC 9110, section 15.4.9); 421 for a host that is not ours; 400 without
    /// one.
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let (status, location) = match host(request) {
            None => (StatusCode::BAD_REQUEST, None),
            Some(host) if !self.is_ours(&host) => (StatusCode::MISDIRECTED_REQUEST, None),
            Some(host) => match HeaderValue::try_from(self.location(&host, request)) {
                Ok(location) => (StatusCode::PERMANENT_REDIRECT, Some(location)),
                Err(_) => (StatusCode::BAD_REQUEST, None),
            },
        };
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // What the client has to say next it says elsewhere.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        if let Some(location) = location {
            headers.insert(LOCATION, location);
        }
        response
    }

    fn is_ours(&self, host: &str) -> bool {
        if self.hosts.is_empty() {
            self.certificates.iter().any(|tls| tls.covers(host))
        } else {
            self.hosts.iter().any(|name| name_matches(name, host))
        }
    }

    fn location<B>(&self, host: &str, request: &Request<B>) -> String {
        let target = request.uri().path_and_query().map(|target| target.as_str());
        // `OPTIONS *` asks about the whole server.
        let target = target.filter(|target| target.starts_with('/')).unwrap_or("/");
        match self.port {
            443 => format!("https://{host}{target}"),
            port => format!("https://{host}:{port}{target}"),
        }
    }
}

/// The host without its port, in lower case; none when there is no host, or more than one word on it.
fn host<B>(request: &Request<B>) -> Option<String> {
    let mut fields = request.headers().get_all(HOST).iter();
    let (field, second) = (fields.next(), fields.next());
    if second.is_some() {
        return None;
    }
    let authority = match request.uri().authority() {
        Some(authority) => authority.clone(),
        None => Authority::try_from(field?.as_bytes()).ok()?,
    };
    let has_user = authority.as_str().contains('@');
    let host = authority.host().to_ascii_lowercase();
    (!has_user && !host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect(hosts: &[&str], port: u16) -> Redirect {
        Redirect {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            certificates: Vec::new(),
            port,
        }
    }

    fn asked(redirect: &Redirect, uri: &str, hosts: &[&str]) -> (u16, Option<String>) {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let answer = redirect.answer(&request.body(()).unwrap());
        let location = answer.headers().get(LOCATION);
        let location = location.map(|location| location.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location)
    }

    #[test]
    fn path_and_query_are_kept_as_they_are() {
        let ours = redirect(&["shop.example", "*.shop.example"], 443);
        let to = |location: &str| (308, Some(location.to_owned()));
        assert_eq!(
            asked(&ours, "/a%2Fb?x=1&y", &["SHOP.example:8080"]),
            to("https://shop.example/a%2Fb?x=1&y")
        );
        assert_eq!(asked(&ours, "/", &["a.shop.example"]), to("https://a.shop.example/"));
        assert_eq!(
            asked(&ours, "//evil.example/", &["shop.example"]),
            to("https://shop.example//evil.example/")
        );
        let elsewhere = redirect(&["shop.example"], 8443);
        assert_eq!(
            asked(&elsewhere, "/", &["shop.example"]),
            to("https://shop.example:8443/")
        );
    }

    #[test]
    fn nobody_is_sent_to_a_host_that_is_not_ours() {
        let ours = redirect(&["shop.example"], 443);
        assert_eq!(asked(&ours, "/", &["evil.example"]), (421, None));
        assert_eq!(asked(&ours, "http://evil.example/", &["shop.example"]), (421, None));
        for hosts in [
            &["shop.example@evil.example"][..],
            &[],
            &["shop.example", "shop.example"],
            &["a b"],
            &[""],
        ] {
            assert_eq!(asked(&ours, "/", hosts), (400, None), "{hosts:?}");
        }
    }
}
