//! A request of HTTP/2 in the form of HTTP/1.1 (RFC 9113, section 8.3.1): the authority becomes `Host`, the target loses what
//! names the origin, and the crumbs of a cookie become one.

use http::header::{CONTENT_LENGTH, COOKIE, EXPECT, HOST, HeaderValue};
use http::uri::PathAndQuery;
use http::{Method, Request, Uri};

use crate::error::ErrorKind;

/// Rewrites a request, or says why there is no form of it that means the same.
pub(super) fn as_http1<B>(mut request: Request<B>) -> Result<Request<B>, ErrorKind> {
    if request.method() == Method::CONNECT {
        return Err(ErrorKind::BadRequest("CONNECT is not supported"));
    }
    settle_host(&mut request)?;
    settle_target(&mut request);
    join_cookies(&mut request)?;
    let headers = request.headers_mut();
    if headers.get_all(CONTENT_LENGTH).iter().count() > 1 {
        return Err(ErrorKind::BadRequest("There must be one Content-Length"));
    }
    // The client sends its body whatever is answered; nobody is left to wait for a 100.
    headers.remove(EXPECT);
    Ok(request)
}

/// `:authority` is what the client asked for; a `Host` beside it must say the same.
fn settle_host<B>(request: &mut Request<B>) -> Result<(), ErrorKind> {
    let mut named = request.headers().get_all(HOST).iter();
    let (host, second) = (named.next(), named.next());
    if second.is_some() {
        return Err(ErrorKind::BadRequest("There must be one Host"));
    }
    let Some(authority) = request.uri().authority() else {
        return host
            .map(|_| ())
            .ok_or(ErrorKind::BadRequest("There must be an authority"));
    };
    if authority.as_str().contains('@') {
        return Err(ErrorKind::BadRequest("A user in the authority is not supported"));
    }
    if host.is_some_and(|host| !host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes())) {
        return Err(ErrorKind::BadRequest("The authority and the Host differ"));
    }
    let host =
        HeaderValue::from_str(authority.as_str()).map_err(|_| ErrorKind::BadRequest("The authority cannot be read"))?;
    request.headers_mut().insert(HOST, host);
    Ok(())
}

fn settle_target<B>(request: &mut Request<B>) {
    let target = request
        .uri()
        .path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(target);
}

/// RFC 9113, section 8.2.3: the crumbs are one field for everybody who does not speak HTTP/2.
fn join_cookies<B>(request: &mut Request<B>) -> Result<(), ErrorKind> {
    let crumbs: Vec<&[u8]> = request
        .headers()
        .get_all(COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if crumbs.len() < 2 {
        return Ok(());
    }
    let whole = HeaderValue::from_bytes(&crumbs.join(&b"; "[..]))
        .map_err(|_| ErrorKind::BadRequest("The cookies cannot be read"))?;
    request.headers_mut().insert(COOKIE, whole);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut builder = Request::builder().uri(uri);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(()).unwrap()
    }

    #[test]
    fn the_authority_becomes_the_host_and_leaves_the_target() {
        let request = as_http1(request("https://shop.example/a%41?b=1", &[])).unwrap();
        assert_eq!(request.uri(), "/a%41?b=1");
        assert_eq!(request.headers()[HOST], "shop.example");
    }

    #[test]
    fn a_host_must_say_the_same_as_the_authority() {
        assert!(as_http1(request("https://shop.example/", &[("host", "SHOP.example")])).is_ok());
        assert!(as_http1(request("https://shop.example/", &[("host", "other.example")])).is_err());
        assert!(as_http1(request("https://me@shop.example/", &[])).is_err());
        assert!(as_http1(request("/", &[])).is_err());
        assert!(as_http1(request("/", &[("host", "a.example"), ("host", "a.example")])).is_err());
    }

    #[test]
    fn the_crumbs_of_a_cookie_become_one() {
        let crumbs = [("host", "a.example"), ("cookie", "a=1"), ("cookie", "b=2; c=3")];
        let request = as_http1(request("/", &crumbs)).unwrap();
        let cookies: Vec<_> = request.headers().get_all(COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1; b=2; c=3"]);
    }

    #[test]
    fn what_has_no_equal_in_http1_is_refused() {
        let mut tunnel = request("shop.example:443", &[]);
        *tunnel.method_mut() = Method::CONNECT;
        assert!(as_http1(tunnel).is_err());
        let lengths = [("host", "a.example"), ("content-length", "1"), ("content-length", "1")];
        assert!(as_http1(request("/", &lengths)).is_err());
    }
}
