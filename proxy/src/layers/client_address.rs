//! Who the client is: the peer, unless the peer is a trusted hop that names somebody else in `X-Forwarded-For`.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};

use super::layered;
use crate::config::Config;
use crate::core::Core;
use crate::exchange::{Answered, Exchange, Step};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Finds the client's address.
#[derive(Debug, Clone)]
pub struct ClientAddress {
    config: Arc<Config>,
}

/// The step of [`ClientAddress`].
#[derive(Debug)]
pub struct ClientAddressStep<S> {
    inner: S,
    config: Arc<Config>,
}

layered!(ClientAddress => ClientAddressStep { config });

impl ClientAddress {
    /// With the trusted hops of the configuration.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            config: Arc::clone(&core.config),
        }
    }
}

impl<S: Step> Step for ClientAddressStep<S> {
    fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Answered> {
        let peer = exchange.facts.peer;
        exchange.facts.client = client(peer, exchange.request.headers(), |hop| self.config.trusts(hop));
        self.inner.call(exchange)
    }
}

/// Walks the list from its end, over the hops that are trusted; the first other address is the client. `Forwarded` (RFC 7239) is
/// asked where there is no `X-Forwarded-For`.
fn client(peer: IpAddr, headers: &HeaderMap, trusts: impl Fn(IpAddr) -> bool) -> IpAddr {
    if !trusts(peer) {
        return peer;
    }
    let name = if headers.contains_key(&X_FORWARDED_FOR) {
        X_FORWARDED_FOR
    } else {
        FORWARDED
    };
    let mut client = peer;
    let lines: Vec<&str> = headers
        .get_all(&name)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .collect();
    for element in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let hop = if name == FORWARDED {
            forwarded_for(element)
        } else {
            element.trim().parse().ok()
        };
        let Some(address) = hop else {
            break;
        };
        client = address;
        if !trusts(address) {
            break;
        }
    }
    client
}

/// The address in an element of `Forwarded`: `for=192.0.2.1`, `for="[2001:db8::1]:4711"`. Names and `unknown` have none.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let mut nodes = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for"));
    let node = nodes.next()?.1.trim_matches('"');
    if let Some(rest) = node.strip_prefix('[') {
        return rest.split(']').next()?.parse().ok();
    }
    node.split(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_hops_may_name_another_address() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(X_FORWARDED_FOR, "6.6.6.6, 198.51.100.7, 10.0.0.2".parse().unwrap());
        let trusts = |hop: IpAddr| hop.to_string().starts_with("10.");
        assert_eq!(client(address("203.0.113.1"), &headers, trusts), address("203.0.113.1"));
        assert_eq!(client(address("10.0.0.1"), &headers, trusts), address("198.51.100.7"));
        headers.insert(X_FORWARDED_FOR, "nonsense".parse().unwrap());
        assert_eq!(client(address("10.0.0.1"), &headers, trusts), address("10.0.0.1"));
    }

    #[test]
    fn the_standard_header_is_asked_where_the_other_is_missing() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let trusts = |hop: IpAddr| hop.to_string().starts_with("10.");
        let mut headers = HeaderMap::new();
        headers.append(
            FORWARDED,
            "for=6.6.6.6, for=\"[2001:db8::7]:4711\";proto=https".parse().unwrap(),
        );
        headers.append(FORWARDED, "proto=http;For=10.0.0.2:80".parse().unwrap());
        assert_eq!(client(address("10.0.0.1"), &headers, trusts), address("2001:db8::7"));
        assert_eq!(client(address("203.0.113.1"), &headers, trusts), address("203.0.113.1"));
        headers.append(FORWARDED, "for=_hidden".parse().unwrap());
        assert_eq!(client(address("10.0.0.1"), &headers, trusts), address("10.0.0.1"));
    }
}
