//! Clients of every kind, each without a pause, and what they got.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use harness::Authority;
use reqwest::{Client, Method};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::people;

/// What one kind of client does.
#[derive(Debug, Clone, Copy)]
struct Kind {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    /// Over TLS.
    secure: bool,
    /// A connection for each request.
    fresh: bool,
    /// Whether a request that legacy broke off may be sent again: RFC 9110, section 9.2.2.
    safe: bool,
    body: Option<fn(usize) -> Value>,
    token: Token,
}

#[derive(Debug, Clone, Copy)]
enum Token {
    None,
    Admin,
    Chat,
}

const KINDS: [Kind; 7] = [
    kind("legacy page, kept connection", "GET", "/home"),
    Kind {
        fresh: true,
        ..kind("legacy, new connection", "GET", "/api/health")
    },
    Kind {
        secure: true,
        ..kind("legacy file, HTTP/2", "GET", "/tree.png")
    },
    Kind {
        secure: true,
        fresh: true,
        ..kind("legacy file, new TLS connection", "GET", "/tree.png")
    },
    Kind {
        secure: true,
        token: Token::Admin,
        ..kind("native, HTTP/2", "GET", "/api/v1/auth/me")
    },
    Kind {
        token: Token::Chat,
        ..kind("shadowed read", "GET", "/api/chat/otp/profile")
    },
    Kind {
        safe: false,
        body: Some(people::credentials),
        ..kind("canary write", "POST", "/api/auth/login")
    },
];

const fn kind(name: &'static str, method: &'static str, path: &'static str) -> Kind {
    Kind {
        name,
        method,
        path,
        secure: false,
        fresh: false,
        safe: true,
        body: None,
        token: Token::None,
    }
}

/// How one request went.
#[derive(Debug)]
struct Shot {
    kind: &'static str,
    safe: bool,
    took: Duration,
    failure: Option<(Range<Instant>, String)>,
}

/// Clients at work.
pub(super) struct Load(JoinSet<Vec<Shot>>);

/// What all clients got.
#[derive(Debug)]
pub(super) struct Result {
    shots: Vec<Shot>,
}

impl Load {
    pub(super) async fn start(authority: &Authority, origin: &str, secure: SocketAddr, until: Instant) -> Self {
        let builder = || authority.client().resolve("site.test", secure);
        let answer = builder().build().unwrap();
        let answer = answer
            .post(format!("{origin}/api/auth/login"))
            .json(&people::credentials(0))
            .send()
            .await
            .unwrap();
        let admin: Arc<str> = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().into();
        let mut clients = JoinSet::new();
        for kind in KINDS {
            let builder = builder().timeout(Duration::from_secs(30));
            let client = if kind.fresh {
                builder.pool_max_idle_per_host(0)
            } else {
                builder
            }
            .build()
            .unwrap();
            let site = if kind.secure {
                format!("https://site.test:{}", secure.port())
            } else {
                origin.to_owned()
            };
            clients.spawn(shoot(kind, client, site, Arc::clone(&admin), until));
        }
        Self(clients)
    }

    /// Waits for the end.
    pub(super) async fn finish(self) -> Result {
        let shots = self.0.join_all().await;
        Result {
            shots: shots.into_iter().flatten().collect(),
        }
    }
}

async fn shoot(kind: Kind, client: Client, site: String, admin: Arc<str>, until: Instant) -> Vec<Shot> {
    let mut shots = Vec::new();
    let method = Method::from_bytes(kind.method.as_bytes()).unwrap();
    while Instant::now() < until {
        let mut request = client.request(method.clone(), format!("{site}{}", kind.path));
        request = match kind.token {
            Token::None => request,
            Token::Admin => request.bearer_auth(&admin),
            Token::Chat => request.bearer_auth(format!("token{}", shots.len() % people::PEOPLE)),
        };
        if let Some(body) = kind.body {
            request = request.json(&body(shots.len()));
        }
        let began = Instant::now();
        let outcome = answer(request).await;
        let ended = Instant::now();
        shots.push(Shot {
            kind: kind.name,
            safe: kind.safe,
            took: ended - began,
            failure: outcome.err().map(|failure| (began..ended, failure)),
        });
        // Room for the other side of the measurement on the same cores.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    shots
}

/// A whole answer of 200, or what went wrong.
async fn answer(request: reqwest::RequestBuilder) -> std::result::Result<(), String> {
    let answer = request.send().await.map_err(|error| format!("no answer: {error:?}"))?;
    let status = answer.status();
    let served = answer
        .headers()
        .get("x-ficus-reason")
        .map(|value| format!("{value:?}"))
        .unwrap_or_default();
    let body = answer
        .bytes()
        .await
        .map_err(|error| format!("broke off after {status}: {error:?}"))?;
    match status.as_u16() {
        200 => Ok(()),
        _ => Err(format!("{status} {served} {}", String::from_utf8_lossy(&body))),
    }
}

impl Result {
    pub(super) fn answered(&self) -> usize {
        self.shots.iter().filter(|shot| shot.failure.is_none()).count()
    }

    pub(super) fn kinds_without_an_answer(&self) -> Vec<&'static str> {
        let answered = |name: &str| {
            self.shots
                .iter()
                .any(|shot| shot.kind == name && shot.failure.is_none())
        };
        KINDS
            .iter()
            .map(|kind| kind.name)
            .filter(|name| !answered(name))
            .collect()
    }

    /// The failures but for those that the rules of retries allow: while a replica of legacy goes, a write that it may have begun
    /// cannot be sent again, and an answer whose head has been passed on cannot be mended.
    pub(super) fn unexplained(&self, outages: &[Range<Instant>]) -> Vec<String> {
        let allowed = |shot: &Shot, when: &Range<Instant>, failure: &str| {
            let broken = !shot.safe || failure.starts_with("broke off");
            broken
                && outages
                    .iter()
                    .any(|outage| when.start < outage.end && outage.start < when.end)
        };
        let failures = self.shots.iter().filter_map(|shot| {
            let (when, failure) = shot.failure.as_ref()?;
            (!allowed(shot, when, failure)).then(|| format!("{}: {failure}", shot.kind))
        });
        failures.collect()
    }
}

impl fmt::Display for Result {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: BTreeMap<&str, (Vec<Duration>, usize)> = BTreeMap::new();
        for shot in &self.shots {
            let entry = kinds.entry(shot.kind).or_default();
            entry.0.push(shot.took);
            entry.1 += usize::from(shot.failure.is_some());
        }
        writeln!(
            formatter,
            "| clients | requests | failed | median ms | p99 ms |\n|---|--:|--:|--:|--:|"
        )?;
        for (name, (mut took, failed)) in kinds {
            took.sort_unstable();
            let at = |percent: usize| took[took.len() * percent / 100].as_secs_f64() * 1_000.0;
            writeln!(
                formatter,
                "| {name} | {} | {failed} | {:.1} | {:.1} |",
                took.len(),
                at(50),
                at(99)
            )?;
        }
        Ok(())
    }
}
