//! The settings of the native endpoints. The only place that reads them, through a lookup that the caller injects.

mod auth;
pub mod secret;
mod services;

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

pub use auth::AuthSettings;
pub use secret::Secret;
pub use services::{BrevoSettings, LabsMobileSettings, SoketiSettings};

/// Everything that may be set, with its default.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `DATABASE_URL`: the app's own PostgreSQL.
    pub database_url: Secret<String>,
    /// `FICUS_DATABASE_CONNECTIONS` (16): connections for live runs that write.
    pub live_connections: u32,
    /// `FICUS_READ_CONNECTIONS` (16): connections for live reads.
    pub read_connections: u32,
    /// `FICUS_DRY_RUN_CONNECTIONS` (4): connections for dry runs, which is also how many may go on at once.
    pub dry_connections: u32,
    /// `FICUS_DATABASE_WAIT_MS` (500): how long a live run waits for a connection, opened anew if need be, before it counts as
    /// saturated.
    pub live_wait: Duration,
    /// `FICUS_DRY_RUN_WAIT_MS` (20): how long a dry run waits for its turn before it counts as saturated.
    pub dry_wait: Duration,
    /// `FICUS_REQUEST_TIMEOUT_MS` (10000): for a live run, unless the route says otherwise; also for one statement.
    pub request_timeout: Duration,
    /// `FICUS_COMMIT_TIMEOUT_MS` (5000): for the answer to a commit, after which its outcome is unknown.
    pub commit_timeout: Duration,
    /// `FICUS_CALL_TIMEOUT_MS` (10000): for one call to an outside service.
    pub call_timeout: Duration,
    /// `FICUS_MAX_BODY_BYTES` (10 MiB, the limit of the legacy backend): for a request body.
    pub max_body_bytes: usize,
    /// `NEST_AUTH_SECRET`, else `NEXTAUTH_SECRET`, then those of `FICUS_PREVIOUS_AUTH_SECRETS` (comma list, for rotation). There is
    /// no default: without one it does not start, and with an empty one no token is valid.
    pub jwt_secrets: Vec<Secret<String>>,
    /// Signing in.
    pub auth: AuthSettings,
    /// `FICUS_RESPONSE_HEADERS`: lines `name: value` that every browser-facing answer carries. Default: the `vary` that legacy adds.
    pub response_headers: Vec<(HeaderName, HeaderValue)>,
    /// `FICUS_HEALTH_LABEL` (`ficus`): what `GET /api/health` names as its backend.
    pub health_label: String,
    /// How effects are delivered.
    pub outbox: OutboxSettings,
    /// Text messages.
    pub labsmobile: LabsMobileSettings,
    /// E-mail.
    pub brevo: BrevoSettings,
    /// Realtime events; `None` when not configured.
    pub soketi: Option<SoketiSettings>,
}

/// How effects are delivered.
#[derive(Clone, Copy, Debug)]
pub struct OutboxSettings {
    /// `FICUS_OUTBOX_POLL_MS` (1000): how often the table is looked at when nothing wakes the deliverer.
    pub poll: Duration,
    /// `FICUS_OUTBOX_BATCH` (20): how many effects are claimed at once.
    pub batch: u16,
    /// `FICUS_OUTBOX_TIMEOUT_MS` (10000): for one delivery.
    pub timeout: Duration,
    /// `FICUS_OUTBOX_ATTEMPTS` (10): after that many failures an effect is given up.
    pub attempts: u16,
    /// `FICUS_OUTBOX_BACKOFF_MS` (2000): the wait after the first failure; it doubles up to ten minutes.
    pub backoff: Duration,
}

/// Every setting that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct SettingsError(pub Vec<String>);

/// The `vary` of every legacy answer (auth contract, "Response headers").
const VARY: &str = "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch";

impl Settings {
    /// Reads the settings; `lookup` gives the value of a name (an environment variable, a configuration file).
    ///
    /// # Errors
    /// Every value that is missing or cannot be understood, at once. Values are not quoted: they may be secrets.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut reader = Reader {
            lookup: &lookup,
            problems: Vec::new(),
        };
        let settings = Self {
            database_url: reader.required("DATABASE_URL"),
            live_connections: reader.positive("FICUS_DATABASE_CONNECTIONS", 16),
            read_connections: reader.positive("FICUS_READ_CONNECTIONS", 16),
            dry_connections: reader.positive("FICUS_DRY_RUN_CONNECTIONS", 4),
            live_wait: reader.milliseconds("FICUS_DATABASE_WAIT_MS", 500),
            dry_wait: reader.milliseconds("FICUS_DRY_RUN_WAIT_MS", 20),
            request_timeout: reader.milliseconds("FICUS_REQUEST_TIMEOUT_MS", 10_000),
            commit_timeout: reader.milliseconds("FICUS_COMMIT_TIMEOUT_MS", 5_000),
            call_timeout: reader.milliseconds("FICUS_CALL_TIMEOUT_MS", 10_000),
            max_body_bytes: reader.positive("FICUS_MAX_BODY_BYTES", 10 * 1024 * 1024),
            jwt_secrets: jwt_secrets(&lookup),
            auth: AuthSettings::read(&lookup, &mut reader.problems),
            response_headers: reader.headers("FICUS_RESPONSE_HEADERS"),
            health_label: lookup("FICUS_HEALTH_LABEL").unwrap_or_else(|| "ficus".to_owned()),
            outbox: OutboxSettings {
                poll: reader.milliseconds("FICUS_OUTBOX_POLL_MS", 1_000),
                batch: reader.positive("FICUS_OUTBOX_BATCH", 20),
                timeout: reader.milliseconds("FICUS_OUTBOX_TIMEOUT_MS", 10_000),
                attempts: reader.positive("FICUS_OUTBOX_ATTEMPTS", 10),
                backoff: reader.milliseconds("FICUS_OUTBOX_BACKOFF_MS", 2_000),
            },
            labsmobile: LabsMobileSettings::read(&lookup),
            brevo: BrevoSettings::read(&lookup),
            soketi: SoketiSettings::read(&lookup),
        };
        if ["NEST_AUTH_SECRET", "NEXTAUTH_SECRET"]
            .iter()
            .all(|name| lookup(name).is_none())
        {
            let text = "NEST_AUTH_SECRET is not set: it must be the secret of the legacy app, and there is no default";
            reader.problems.push(text.to_owned());
        }
        if reader.problems.is_empty() {
            Ok(settings)
        } else {
            Err(SettingsError(reader.problems))
        }
    }
}

/// "Else" means *undefined only* in legacy: an empty `NEST_AUTH_SECRET` hides the other and makes every token invalid.
fn jwt_secrets(lookup: &dyn Fn(&str) -> Option<String>) -> Vec<Secret<String>> {
    let current = lookup("NEST_AUTH_SECRET").or_else(|| lookup("NEXTAUTH_SECRET"));
    let previous = lookup("FICUS_PREVIOUS_AUTH_SECRETS").unwrap_or_default();
    let previous = previous.split(',').map(str::trim).map(str::to_owned);
    current
        .into_iter()
        .chain(previous)
        .filter(|secret| !secret.is_empty())
        .map(Secret::new)
        .collect()
}

struct Reader<'l> {
    lookup: &'l dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn required(&mut self, name: &str) -> Secret<String> {
        let value = (self.lookup)(name).filter(|value| !value.trim().is_empty());
        if value.is_none() {
            self.problems.push(format!("{name} is not set"));
        }
        Secret::new(value.unwrap_or_default())
    }

    fn positive<T: Copy + Display + Default + FromStr + PartialOrd>(&mut self, name: &str, default: T) -> T {
        let Some(text) = (self.lookup)(name) else {
            return default;
        };
        match text.trim().parse::<T>() {
            Ok(value) if value > T::default() => value,
            _ => {
                self.problems
                    .push(format!("{name} must be a whole number above 0 (default {default})"));
                default
            }
        }
    }

    fn milliseconds(&mut self, name: &str, default: u32) -> Duration {
        Duration::from_millis(self.positive(name, default).into())
    }

    fn headers(&mut self, name: &str) -> Vec<(HeaderName, HeaderValue)> {
        let Some(text) = (self.lookup)(name) else {
            return vec![(http::header::VARY, HeaderValue::from_static(VARY))];
        };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut headers = Vec::new();
        for (index, line) in lines.enumerate() {
            match header(line) {
                Some(header) => headers.push(header),
                None => self.problems.push(format!(
                    "{name}, line {}: not a header of the form `name: value`",
                    index + 1
                )),
            }
        }
        headers
    }
}

fn header(line: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':')?;
    Some((name.trim().parse().ok()?, value.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::from_lookup(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn every_problem_is_named_at_once_and_no_value_is_shown() {
        let error = read(&[("FICUS_OUTBOX_BATCH", "0"), ("FICUS_DATABASE_WAIT_MS", "hunter2")]).unwrap_err();
        assert_eq!(error.0.len(), 4, "{error}");
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn the_first_defined_secret_signs_and_older_ones_still_verify() {
        let settings = read(&[
            ("DATABASE_URL", "postgres://x"),
            ("NEXTAUTH_SECRET", "one"),
            ("FICUS_PREVIOUS_AUTH_SECRETS", "two, three,"),
        ])
        .unwrap();
        let secrets: Vec<_> = settings
            .jwt_secrets
            .iter()
            .map(|secret| secret.expose().as_str())
            .collect();
        assert_eq!(secrets, ["one", "two", "three"]);
        let hidden = read(&[
            ("DATABASE_URL", "postgres://x"),
            ("NEST_AUTH_SECRET", ""),
            ("NEXTAUTH_SECRET", "one"),
        ])
        .unwrap();
        assert!(hidden.jwt_secrets.is_empty());
    }

    #[test]
    fn without_a_secret_nothing_starts() {
        let error = read(&[("DATABASE_URL", "postgres://x"), ("FICUS_PREVIOUS_AUTH_SECRETS", "two")]).unwrap_err();
        assert!(error.to_string().starts_with("NEST_AUTH_SECRET is not set"), "{error}");
    }

    #[test]
    fn response_headers_replace_the_default() {
        let settings = read(&[
            ("DATABASE_URL", "postgres://x"),
            ("NEXTAUTH_SECRET", "one"),
            ("FICUS_RESPONSE_HEADERS", "vary: rsc\nx-frame-options: DENY"),
        ]);
        assert_eq!(settings.unwrap().response_headers.len(), 2);
        let error = read(&[
            ("DATABASE_URL", "postgres://x"),
            ("NEXTAUTH_SECRET", "one"),
            ("FICUS_RESPONSE_HEADERS", "nonsense"),
        ])
        .unwrap_err();
        assert_eq!(error.0.len(), 1, "{error}");
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let settings = read(&[
            ("DATABASE_URL", "postgres://user:hunter2@host/db"),
            ("NEST_AUTH_SECRET", "hunter2"),
        ])
        .unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
