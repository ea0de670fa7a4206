//! Playing one entry: native's answer, its rows and its effects, as a dry run or, for a stream, live on a clone.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use handlers::kit::pattern::{self, Segment};
use handlers::kit::{ClientAddress, Compat, Inspection, RequestId};
use handlers::{DryRunLimits, Endpoint, NotComparable};
use http::header::AUTHORIZATION;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::deviations::Deviations;
use super::effects::{self, Script};
use super::error::ReplayError;
use super::har::{Entry, Request};
use super::judge::Case;
use super::lab::{CHANGES, Lab, Template};
use super::outcome::{Outcome, Played};
use super::{live, request, rows};
use crate::compare::Known;

/// Nobody waits in the lab; a handler that takes longer hangs.
const LIMITS: DryRunLimits = DryRunLimits {
    budget: Duration::from_secs(10),
    lock_timeout: Duration::from_secs(2),
    max_answer_bytes: 64 * 1024 * 1024,
};

/// Plays entries with one set of rules.
#[derive(Debug)]
pub(super) struct Player<'d> {
    pub(super) deviations: &'d Deviations,
    pub(super) switches: Arc<BTreeSet<String>>,
    /// What signs the tokens of the lab.
    secret: String,
    /// In the order in which Next.js prefers them.
    routes: Vec<(Vec<Segment>, Endpoint)>,
}

/// The native side of one entry.
#[derive(Debug)]
pub(super) struct NativeSide {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) rows: Value,
    pub(super) effects: Value,
}

impl<'d> Player<'d> {
    pub(super) fn new(
        deviations: &'d Deviations,
        switches: Arc<BTreeSet<String>>,
        secret: String,
        endpoints: impl IntoIterator<Item = Endpoint>,
    ) -> Self {
        let mut routes: Vec<_> = endpoints
            .into_iter()
            .map(|one| (pattern::segments(one.pattern), one))
            .collect();
        routes.sort_by(|one, other| one.0.cmp(&other.0));
        Self {
            deviations,
            switches,
            secret,
            routes,
        }
    }

    /// `None` when the entry has no request and response.
    pub(super) async fn play(
        &self,
        (template, lab): (&Template<'_>, &mut Lab),
        entry: &Entry,
        known: Known,
        file: &Path,
    ) -> Result<Option<Played>, ReplayError> {
        let (Some(asked), Some(answered)) = (&entry.request, &entry.response) else {
            return Ok(None);
        };
        let started = OffsetDateTime::parse(&entry.started_date_time, &Rfc3339)
            .map_err(|_| ReplayError::malformed(file, format!("{}: no startedDateTime", entry.id)))?;
        lab.clock.set(started);
        let route = self.route(asked);
        let mut native = self.native(lab, entry, asked, started).await;
        let live = matches!(native, Err(NotComparable::Streamed));
        if live {
            native = self.live(template, lab, entry, asked, started).await?;
        }
        let outcome = match native {
            Err(NotComparable::NoHandler) => Outcome::NoHandler,
            native if answered.status >= 500 => Outcome::LegacyFailed(native.ok().map(|native| native.status.as_u16())),
            Err(reason) => Outcome::NotComparable(explained(&reason)),
            Ok(native) => {
                let case = Case {
                    entry,
                    request: asked,
                    response: answered,
                    route: route.as_deref().unwrap_or_default(),
                    started,
                };
                self.judge(&case, native, known)
            }
        };
        Ok(Some(Played {
            id: entry.id.clone(),
            area: entry.area.clone(),
            route: route.unwrap_or_else(|| format!("{} {}", asked.method, request::path_of(&asked.url))),
            file: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            outcome,
            live,
            curl: request::curl(asked),
        }))
    }

    /// The native route of a request, `HEAD` as `GET`.
    fn route(&self, request: &Request) -> Option<String> {
        let method = if request.method == "HEAD" {
            "GET"
        } else {
            &request.method
        };
        let target = request::path_of(&request.url);
        let path = target.split('?').next().unwrap_or_default();
        let path: Vec<&str> = pattern::split(path).collect();
        self.routes
            .iter()
            .find(|(segments, one)| one.method.as_str() == method && pattern::captures(segments, &path).is_some())
            .map(|(_, one)| format!("{} {}", one.method, one.pattern))
    }

    async fn native(
        &self,
        lab: &Lab,
        entry: &Entry,
        asked: &Request,
        now: OffsetDateTime,
    ) -> Result<NativeSide, NotComparable> {
        let script = Script::of(entry);
        let found = Arc::new(OnceLock::new());
        let mut http = self.request(entry, asked, now).ok_or(NotComparable::NoHandler)?;
        http.extensions_mut().insert(Inspection {
            query: CHANGES,
            calls: Arc::<Script>::clone(&script),
            found: Arc::clone(&found),
        });
        let run = lab.native.dry_run(http, LIMITS).await?;
        let effects = effects::native(&run.effects, &script.asked().await);
        let rows = rows::seen(found.get().unwrap_or(&Value::Null));
        Ok(NativeSide::new(run.response, rows, effects))
    }

    /// A stream commits as it goes and outlives its handler, so it is played for real, on a copy that is thrown away.
    async fn live(
        &self,
        template: &Template<'_>,
        lab: &mut Lab,
        entry: &Entry,
        asked: &Request,
        now: OffsetDateTime,
    ) -> Result<Result<NativeSide, NotComparable>, ReplayError> {
        let Some(http) = self.request(entry, asked, now) else {
            return Ok(Err(NotComparable::NoHandler));
        };
        let script = Script::of(entry);
        let clone = template.clone_of(lab, Arc::<Script>::clone(&script)).await?;
        let played = live::play(&clone, http, &script, LIMITS).await;
        template.discard(clone).await;
        played
    }

    /// The request with everything that the proxy would tell the handlers about it.
    fn request(&self, entry: &Entry, asked: &Request, now: OffsetDateTime) -> Option<http::Request<Bytes>> {
        let mut http = request::http_request(entry, asked, !self.switches.is_empty())?;
        let signed = entry
            .claims
            .as_ref()
            .and_then(|claims| request::signed(claims, &self.secret, now));
        if let Some(token) = signed {
            http.headers_mut().insert(AUTHORIZATION, token);
        }
        let extensions = http.extensions_mut();
        extensions.insert(RequestId(entry.id.clone()));
        extensions.insert(ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        extensions.insert(Compat(Arc::clone(&self.switches)));
        Some(http)
    }
}

impl NativeSide {
    pub(super) fn new(response: Response<Bytes>, rows: Value, effects: Value) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
            rows,
            effects,
        }
    }
}

fn explained(reason: &NotComparable) -> String {
    match std::error::Error::source(reason) {
        Some(source) => format!("{reason}: {source}"),
        None => reason.to_string(),
    }
}
