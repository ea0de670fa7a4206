//! The keys of a single sign-on: fetched with a deadline, kept, and fetched again when a token names one that is not known.

use std::fmt;
use std::time::Duration;

use futures_util::StreamExt as _;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::JwkSet;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::tokens::Refusal;
use crate::config::{Jwks, JwksPlace};

/// Keys are looked up again after this, so that one that was withdrawn does not count for ever.
const FRESH: Duration = Duration::from_secs(600);
/// A token with an unknown key does not make Ficus ask more often than this.
const PAUSE: Duration = Duration::from_secs(10);
/// For asking once.
const PATIENCE: Duration = Duration::from_secs(5);
/// A set of keys is some KiB.
const MAX_BYTES: usize = 256 * 1024;

/// A set of keys and what is known of it.
pub(super) struct KeySet {
    source: Jwks,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: Option<JwkSet>,
    asked: Option<Instant>,
}

impl KeySet {
    pub(super) fn new(source: Jwks) -> Self {
        Self {
            source,
            known: Mutex::default(),
        }
    }

    /// The issuer and the audience of its tokens.
    pub(super) fn names(&self) -> (&str, &str) {
        (&self.source.issuer, &self.source.audience)
    }

    /// The key of a name. A set of one key needs none. While the place of the keys does not answer, those that were known last
    /// are believed.
    pub(super) async fn key(&self, name: Option<&str>) -> Result<DecodingKey, Refusal> {
        let mut known = self.known.lock().await;
        let since = known.asked.map(|asked| asked.elapsed());
        let missing = known.keys.as_ref().is_none_or(|keys| find(keys, name).is_none());
        if since.is_none_or(|since| since >= FRESH || (missing && since >= PAUSE)) {
            known.asked = Some(Instant::now());
            match self.load().await {
                Ok(keys) => known.keys = Some(keys),
                Err(error) => tracing::error!(
                    error,
                    "the keys of the single sign-on cannot be had; those known last are believed"
                ),
            }
        }
        let keys = known.keys.as_ref().ok_or(Refusal::NoKeys)?;
        find(keys, name).ok_or(Refusal::Forged)
    }

    async fn load(&self) -> Result<JwkSet, String> {
        let bytes = match &self.source.keys {
            JwksPlace::File(path) => tokio::fs::read(path).await.map_err(|error| error.to_string())?,
            JwksPlace::Url(url) => fetch(url).await?,
        };
        serde_json::from_slice(&bytes).map_err(|error| error.to_string())
    }
}

fn find(keys: &JwkSet, name: Option<&str>) -> Option<DecodingKey> {
    let key = match (name, keys.keys.as_slice()) {
        (Some(name), _) => keys.find(name)?,
        (None, [only]) => only,
        (None, _) => return None,
    };
    DecodingKey::from_jwk(key).ok()
}

async fn fetch(url: &str) -> Result<Vec<u8>, String> {
    let failed = |error: reqwest::Error| error.without_url().to_string();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .map_err(failed)?;
    let answer = client
        .get(url)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(failed)?;
    let mut bytes = Vec::new();
    let mut body = answer.bytes_stream();
    while let Some(piece) = body.next().await {
        bytes.extend_from_slice(&piece.map_err(failed)?);
        if bytes.len() > MAX_BYTES {
            return Err(format!("more than {MAX_BYTES} bytes"));
        }
    }
    Ok(bytes)
}

impl fmt::Debug for KeySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeySet")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
