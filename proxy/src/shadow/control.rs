//! Asking legacy once more, on the shadow's own connections: a question of the shadow takes nothing from users but its load.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, Request, Response};

use super::candidate::{Asked, Control};
use crate::exchange::RequestFacts;
use crate::upstream::{Passing, forwardable_request};

/// Headers that belong to the client's own connection.
const HOP_BY_HOP: [HeaderName; 6] = [CONNECTION, CONTENT_LENGTH, EXPECT, TE, TRANSFER_ENCODING, UPGRADE];

/// Legacy, by its address.
#[derive(Clone, Debug)]
pub struct LegacyControl {
    client: reqwest::Client,
    origin: String,
    answer_bytes: usize,
}

impl LegacyControl {
    /// A control for legacy, reached by `client` at this base (`http://host:port`). Longer answers than `answer_bytes` are not
    /// compared.
    #[must_use]
    pub fn new(client: reqwest::Client, base: &str, answer_bytes: usize) -> Self {
        Self {
            client,
            origin: base.trim_end_matches('/').to_owned(),
            answer_bytes,
        }
    }
}

impl Control for LegacyControl {
    fn ask(&self, request: Request<Bytes>, deadline: Duration) -> BoxFuture<'static, Asked> {
        let (client, most) = (self.client.clone(), self.answer_bytes);
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let url = format!("{}{target}", self.origin);
        async move {
            let (mut parts, body) = request.into_parts();
            // The same rules as for the client's own request: nothing forged and nothing internal reaches legacy this way.
            if let Some(facts) = parts.extensions.get::<RequestFacts>() {
                let passing = Passing {
                    trusted_peer: facts.client != facts.peer,
                    ..Passing::default()
                };
                if let Some(forwarded) = forwardable_request(&mut parts.headers, facts, passing).forwarded {
                    forwarded.insert_into(&mut parts.headers);
                }
            }
            let asked = client
                .request(parts.method, url)
                .headers(end_to_end(&parts.headers))
                .body(body)
                .timeout(deadline);
            whole(asked.send().await.ok()?, most).await
        }
        .boxed()
    }
}

fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let kept = headers
        .iter()
        .filter(|(name, _)| !HOP_BY_HOP.contains(name) && **name != HOST);
    let mut kept: HeaderMap = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    // Legacy builds addresses from the host that the client used.
    if let Some(host) = headers.get(HOST) {
        kept.insert(HOST, host.clone());
    }
    kept
}

async fn whole(mut response: reqwest::Response, most: usize) -> Asked {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > most {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = Response::new(body.freeze());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    Some(answer)
}
