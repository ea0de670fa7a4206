//! The traffic of the proof: readers and writers at once, some of whose requests make legacy differ.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use harness::Client;
use http::Method;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;
use time::OffsetDateTime;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{CREATE, INJECTIONS, Injection, LIST, SHOW, UPDATE};

/// Clients that ask at once.
const CLIENTS: u64 = 6;
/// One request of so many makes legacy differ.
const DIFFERS: u64 = 8;
/// The rows that everybody reads and writes.
const HOT_ROWS: u64 = 8;
/// However slow the machine, there is an end.
const MOST: Duration = Duration::from_secs(1_800);

/// How long, and how much.
pub(super) struct Load {
    pub(super) origin: String,
    pub(super) for_at_least: Duration,
    pub(super) exchanges: u64,
}

/// Requests by route and injection.
#[derive(Debug, Default)]
pub(super) struct Sent(HashMap<(&'static str, &'static str), u64>);

impl Load {
    /// Asks until both have been reached.
    pub(super) async fn run(&self) -> Sent {
        let (asked, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (client, asked) = (Client::of_origin(&self.origin), Arc::clone(&asked));
            let (for_at_least, exchanges) = (self.for_at_least, self.exchanges);
            clients.spawn(async move {
                let mut sent = Sent::default();
                let enough = |number: u64| number >= exchanges && began.elapsed() >= for_at_least;
                loop {
                    let number = asked.fetch_add(1, Ordering::Relaxed);
                    if enough(number) || began.elapsed() > MOST {
                        return sent;
                    }
                    let key = one(&client, number).await;
                    *sent.0.entry(key).or_default() += 1;
                }
            });
        }
        let mut all = Sent::default();
        for sent in clients.join_all().await {
            for (key, n) in sent.0 {
                *all.0.entry(key).or_default() += n;
            }
        }
        all
    }
}

impl Sent {
    pub(super) fn by_route(&self) -> BTreeMap<String, u64> {
        let mut routes = BTreeMap::new();
        for ((route, _), n) in &self.0 {
            *routes.entry((*route).to_owned()).or_default() += n;
        }
        routes
    }

    pub(super) fn injected(&self, one: &Injection) -> u64 {
        self.0.get(&(one.route, one.name)).copied().unwrap_or_default()
    }
}

/// One request; its route and injection.
async fn one(client: &Client, number: u64) -> (&'static str, &'static str) {
    let injection = number
        .is_multiple_of(DIFFERS)
        .then(|| &INJECTIONS[index(number / DIFFERS, INJECTIONS.len())]);
    let route = injection.map_or_else(
        || [LIST, SHOW, CREATE, SHOW, LIST, UPDATE][index(number, 6)],
        |one| one.route,
    );
    let name = injection.map_or("", |one| one.name);
    // One of the hot rows, but updates that differ have a row for themselves: a raced one proves nothing.
    let row = match (route, name) {
        (UPDATE, "") => 1 + number / 7 % (HOT_ROWS - 1),
        (UPDATE, _) => HOT_ROWS,
        _ => 1 + number % HOT_ROWS,
    };
    let (method, path) = match route {
        LIST => (Method::GET, "/api/proof/items".to_owned()),
        SHOW => (Method::GET, format!("/api/proof/items/item-{row}")),
        CREATE => (Method::POST, "/api/proof/items".to_owned()),
        _ => (Method::PUT, format!("/api/proof/items/item-{row}")),
    };
    let answer = client
        .clone()
        .with_header("content-type", "application/json")
        .send(
            method,
            &format!("{path}?differ={name}"),
            json!({ "label": format!("new {number}") }).to_string(),
        )
        .await;
    assert!(answer.status.is_success(), "{route} {name}: {}", answer.text());
    (route, name)
}

fn index(number: u64, of: usize) -> usize {
    usize::try_from(number).expect("a small number") % of
}

/// A token as a side mints it; `id` makes it another one every time.
pub(super) fn token(id: &str, role: &str, now: OffsetDateTime) -> String {
    let (issued, expires) = (now.unix_timestamp(), now.unix_timestamp() + 3_600);
    let claims = json!({ "sub": "user-1", "role": role, "jti": id, "iat": issued, "exp": expires });
    jsonwebtoken::encode(
        &Header::default(),
        &claims,
        &EncodingKey::from_secret(b"only-for-tests"),
    )
    .expect("a token")
}

/// So many bytes of chance, in hexadecimal: the seeds of the standard hasher.
pub(super) fn random_hex(bytes: usize) -> String {
    let mut text = String::new();
    while text.len() < bytes * 2 {
        let _infallible = write!(text, "{:016x}", RandomState::new().hash_one(text.len()));
    }
    text.truncate(bytes * 2);
    text
}
