//! Who the client is: the peer, unless the peer is a trusted hop that names somebody else in `X-Forwarded-For`.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, Response};

use super::layered;
use crate::body::Body;
use crate::config::Config;
use crate::core::Core;
use crate::error::ProxyError;
use crate::exchange::{Exchange, Step};

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
    async fn call(&self, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
        let peer = exchange.facts.peer;
        exchange.facts.client = client(peer, exchange.request.headers(), |hop| self.config.trusts(hop));
        self.inner.call(exchange).await
    }
}

/// Walks the list from its end, over the hops that are trusted; the first other address is the client.
fn client(peer: IpAddr, headers: &HeaderMap, trusts: impl Fn(IpAddr) -> bool) -> IpAddr {
    if !trusts(peer) {
        return peer;
    }
    let mut client = peer;
    let lines: Vec<&str> = headers
        .get_all(&X_FORWARDED_FOR)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Ok(address) = hop.trim().parse() else {
            break;
        };
        client = address;
        if !trusts(address) {
            break;
        }
    }
    client
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
}
