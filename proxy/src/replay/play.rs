//! Playing one entry: the dry run, and its comparison with what is recorded.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use handlers::kit::pattern::{self, Segment};
use handlers::kit::{ClientAddress, Compat, Inspection, RequestId};
use handlers::{DryRun, DryRunLimits, Endpoint, NotComparable};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::deviations::{Deviations, Done, Facts};
use super::effects::{self, Script};
use super::error::ReplayError;
use super::har::{Entry, Header, Request, Response};
use super::lab::{CHANGES, Lab};
use super::outcome::{Outcome, Played};
use super::rows;
use crate::compare::{Answer, Exchange, Known, Occasion, Rules, Verdict, compare_exchange};

/// Nobody waits in the lab; a handler that takes longer hangs.
const LIMITS: DryRunLimits = DryRunLimits {
    budget: Duration::from_secs(10),
    lock_timeout: Duration::from_secs(2),
    max_answer_bytes: 64 * 1024 * 1024,
};

/// Plays entries with one set of rules.
#[derive(Debug)]
pub(super) struct Player<'d> {
    deviations: &'d Deviations,
    switches: Arc<BTreeSet<String>>,
    /// In the order in which Next.js prefers them.
    routes: Vec<(Vec<Segment>, Endpoint)>,
}

/// The native side of one entry.
struct Native {
    run: DryRun,
    rows: Value,
    effects: Value,
}

impl<'d> Player<'d> {
    pub(super) fn new(deviations: &'d Deviations, switches: Arc<BTreeSet<String>>) -> Self {
        let mut routes: Vec<_> = handlers::catalogue()
            .into_iter()
            .map(|one| (pattern::segments(one.pattern), one))
            .collect();
        routes.sort_by(|one, other| one.0.cmp(&other.0));
        Self {
            deviations,
            switches,
            routes,
        }
    }

    /// `None` when the entry has no request and response.
    pub(super) async fn play(
        &self,
        lab: &Lab,
        entry: &Entry,
        known: Known,
        file: &Path,
    ) -> Result<Option<Played>, ReplayError> {
        let (Some(request), Some(response)) = (&entry.request, &entry.response) else {
            return Ok(None);
        };
        let started = OffsetDateTime::parse(&entry.started_date_time, &Rfc3339)
            .map_err(|_| ReplayError::malformed(file, format!("{}: no startedDateTime", entry.id)))?;
        lab.clock.set(started);
        let route = self.route(request);
        let outcome = match self.native(lab, entry, request).await {
            Err(NotComparable::NoHandler) => Outcome::NoHandler,
            native if response.status >= 500 => {
                Outcome::LegacyFailed(native.ok().map(|native| native.run.response.status().as_u16()))
            }
            Err(reason) => Outcome::NotComparable(explained(&reason)),
            Ok(native) => self.judge(entry, (request, response), &native, known, started),
        };
        Ok(Some(Played {
            id: entry.id.clone(),
            area: entry.area.clone(),
            route: route.unwrap_or_else(|| format!("{} {}", request.method, path_of(&request.url))),
            file: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            outcome,
            curl: curl(request),
        }))
    }

    /// The native route of a request, `HEAD` as `GET`.
    fn route(&self, request: &Request) -> Option<String> {
        let method = if request.method == "HEAD" {
            "GET"
        } else {
            &request.method
        };
        let target = path_of(&request.url);
        let path = target.split('?').next().unwrap_or_default();
        let path: Vec<&str> = pattern::split(path).collect();
        self.routes
            .iter()
            .find(|(segments, one)| one.method.as_str() == method && pattern::captures(segments, &path).is_some())
            .map(|(_, one)| format!("{} {}", one.method, one.pattern))
    }

    async fn native(&self, lab: &Lab, entry: &Entry, request: &Request) -> Result<Native, NotComparable> {
        let script = Script::of(entry);
        let found = Arc::new(OnceLock::new());
        let mut http = self.request(request).ok_or(NotComparable::NoHandler)?;
        let extensions = http.extensions_mut();
        extensions.insert(RequestId(entry.id.clone()));
        extensions.insert(ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        extensions.insert(Compat(Arc::clone(&self.switches)));
        extensions.insert(Inspection {
            query: CHANGES,
            calls: Arc::<Script>::clone(&script),
            found: Arc::clone(&found),
        });
        let run = lab.native.dry_run(http, LIMITS).await?;
        let effects = effects::native(&run.effects, &script.asked().await);
        let rows = rows::seen(found.get().unwrap_or(&Value::Null));
        Ok(Native { run, rows, effects })
    }

    /// The recorded request; `None` when no server would have let it through to a handler.
    fn request(&self, recorded: &Request) -> Option<http::Request<Bytes>> {
        let body = match &recorded.post_data {
            Some(content) => content.bytes()?,
            None => Vec::new(),
        };
        let mut request = http::Request::new(Bytes::from(body));
        *request.method_mut() = recorded.method.parse::<Method>().ok()?;
        *request.uri_mut() = path_of(&recorded.url).parse::<Uri>().ok()?;
        *request.headers_mut() = headers(&recorded.headers);
        let host = recorded.url.split("://").nth(1).and_then(|rest| rest.split('/').next());
        if let Some(host) = host.and_then(|host| HeaderValue::from_str(host).ok()) {
            request.headers_mut().insert(http::header::HOST, host);
        }
        if !self.switches.is_empty() {
            let page = HeaderValue::from_static("same-origin");
            request.headers_mut().insert("sec-fetch-site", page);
        }
        Some(request)
    }

    fn judge(
        &self,
        entry: &Entry,
        (request, response): (&Request, &Response),
        native: &Native,
        known: Known,
        started: OffsetDateTime,
    ) -> Outcome {
        let route = self.route(request).unwrap_or_default();
        let legacy_headers = headers(&response.headers);
        let Some(legacy_body) = response.content.as_ref().map_or(Some(Vec::new()), |it| it.bytes()) else {
            return Outcome::NotComparable("the recorded body cannot be read".to_owned());
        };
        let Ok(status) = StatusCode::from_u16(response.status) else {
            return Outcome::NotComparable("the recorded status is none".to_owned());
        };
        let sent = request
            .post_data
            .as_ref()
            .and_then(super::har::Content::bytes)
            .unwrap_or_default();
        let known = known
            .and(&request.url)
            .and(&String::from_utf8_lossy(&sent))
            .and_passwords_of(&sent);
        let known = request.headers.iter().fold(known, |known, one| known.and(&one.value));
        let started_ms = i64::try_from(started.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        let at = Occasion {
            started_ms,
            ended_ms: started_ms.saturating_add(whole_milliseconds(entry.time)),
            known: &known,
            may_mint: !matches!(request.method.as_str(), "GET" | "HEAD"),
            head: request.method == "HEAD",
        };
        let legacy = Exchange {
            answer: Answer {
                status,
                headers: &legacy_headers,
                body: &legacy_body,
            },
            rows: &rows::recorded(&entry.rows),
            effects: &effects::recorded(entry),
        };
        let answer = &native.run.response;
        let native_side = Exchange {
            answer: Answer {
                status: answer.status(),
                headers: answer.headers(),
                body: answer.body(),
            },
            rows: &native.rows,
            effects: &native.effects,
        };
        let verdict = compare_exchange(&legacy, &native_side, &Rules::default(), &at);
        let request_headers = headers(&request.headers);
        let facts = Facts {
            route: &route,
            headers: &request_headers,
            query: request.url.split_once('?').map_or("", |(_, query)| query),
            body: &sent,
            legacy_status: response.status,
        };
        self.weigh(&facts, native, &verdict)
    }

    /// A rule that applies must be kept: an answer equal to legacy's is then a hole that is open again.
    fn weigh(&self, facts: &Facts<'_>, native: &Native, verdict: &Verdict) -> Outcome {
        let done = Done {
            status: native.run.response.status().as_u16(),
            body: native.run.response.body(),
            wrote: native
                .rows
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|row| row["table"].as_str())
                .collect(),
            differences: verdict.differences(),
        };
        let mut unkept = None;
        for rule in self.deviations.of(facts, !self.switches.is_empty()) {
            if rule.is_met(&done) {
                return Outcome::Deviates(rule.why.clone());
            }
            if !rule.permitted {
                unkept.get_or_insert_with(|| rule.why.clone());
            }
        }
        match (verdict, unkept) {
            (Verdict::Equal, None) => Outcome::Matched,
            (verdict, unkept) => Outcome::Mismatched(verdict.differences().to_vec(), unkept),
        }
    }
}

fn explained(reason: &NotComparable) -> String {
    match std::error::Error::source(reason) {
        Some(source) => format!("{reason}: {source}"),
        None => reason.to_string(),
    }
}

fn headers(recorded: &[Header]) -> HeaderMap {
    recorded
        .iter()
        .filter_map(|one| {
            let name = one.name.parse::<HeaderName>().ok()?;
            Some((name, HeaderValue::from_str(&one.value).ok()?))
        })
        .collect()
}

/// Path and query of an absolute URL.
fn path_of(url: &str) -> &str {
    url.split_once("://")
        .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]))
        .unwrap_or("/")
}

#[expect(clippy::cast_possible_truncation, reason = "a float to an integer saturates")]
fn whole_milliseconds(time: f64) -> i64 {
    time.max(0.0) as i64
}

/// Values of headers that may be secret are not shown.
fn curl(request: &Request) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let target = format!("$FICUS_URL{}", path_of(&request.url));
    let mut line = format!("curl -i -X {} \"{}\"", request.method, target.replace('"', "%22"));
    for one in &request.headers {
        let value = match one.name.to_ascii_lowercase().as_str() {
            "accept" | "content-type" | "origin" | "accept-language" => one.value.as_str(),
            _ => "…",
        };
        line.push_str(&format!(" -H {}", quoted(&format!("{}: {value}", one.name))));
    }
    if let Some(body) = request.post_data.as_ref().and_then(super::har::Content::bytes) {
        match String::from_utf8(body) {
            Ok(text) if text.len() <= 2_000 => line.push_str(&format!(" --data-raw {}", quoted(&text))),
            _ => line.push_str(" --data-binary @body"),
        }
    }
    line
}
