//! Signing in: what tokens are signed with and how long they live (auth contract, "JWT (admin)").

use std::time::Duration;

use super::secret::Secret;

/// How signing in is set up.
#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// `NEST_AUTH_SECRET`, else `NEXTAUTH_SECRET`: signs new tokens. There is no default: without it nobody can log in.
    pub signing_secret: Option<Secret<String>>,
    /// `AUTH_TOKEN_EXPIRES_IN` (`1h`), in the notation of the `ms` package: a bare number is milliseconds.
    pub token_lifetime: Duration,
    /// `AUTH_SECRET`, `NEXTAUTH_SECRET`, then those of `FICUS_PREVIOUS_AUTH_SECRETS`: open NextAuth session cookies.
    pub cookie_secrets: Vec<Secret<String>>,
    /// `ALLOWED_ORIGINS` (comma list, empty): pages of other origins that may call `/api/v1`.
    pub allowed_origins: Vec<String>,
}

const DEFAULT_LIFETIME: Duration = Duration::from_secs(3_600);
/// Longer lifetimes are taken for a mistake.
const LONGEST_LIFETIME: Duration = Duration::from_secs(366 * 86_400);

impl AuthSettings {
    pub(super) fn read(lookup: &dyn Fn(&str) -> Option<String>, problems: &mut Vec<String>) -> Self {
        let filled = |secret: String| (!secret.is_empty()).then(|| Secret::new(secret));
        let current = lookup("NEST_AUTH_SECRET").or_else(|| lookup("NEXTAUTH_SECRET"));
        let token_lifetime = match lookup("AUTH_TOKEN_EXPIRES_IN") {
            None => DEFAULT_LIFETIME,
            Some(text) => lifetime(&text).unwrap_or_else(|| {
                problems.push(
                    "AUTH_TOKEN_EXPIRES_IN must be a time such as 30s, 15m, 1h or 7d, above 0 and at most 366 days"
                        .to_owned(),
                );
                DEFAULT_LIFETIME
            }),
        };
        let cookie_secrets = [lookup("AUTH_SECRET"), lookup("NEXTAUTH_SECRET")]
            .into_iter()
            .flatten()
            .chain(list(lookup("FICUS_PREVIOUS_AUTH_SECRETS")))
            .filter_map(filled)
            .collect();
        Self {
            signing_secret: current.and_then(filled),
            token_lifetime,
            cookie_secrets,
            allowed_origins: list(lookup("ALLOWED_ORIGINS")),
        }
    }
}

fn list(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    let parts = text.split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The notation of the `ms` package: a number, then a unit; without a unit milliseconds.
fn lifetime(text: &str) -> Option<Duration> {
    let text = text.trim();
    let split = text
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(text.len());
    let number: f64 = text[..split].parse().ok()?;
    let seconds = match text[split..].trim_start().to_ascii_lowercase().as_str() {
        "" | "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        "y" | "yr" | "yrs" | "year" | "years" => 31_557_600.0,
        _ => return None,
    };
    let lifetime = Duration::try_from_secs_f64(number * seconds).ok()?;
    (Duration::ZERO < lifetime && lifetime <= LONGEST_LIFETIME).then_some(lifetime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_written_as_the_ms_package_reads_them() {
        for (text, seconds) in [
            ("30s", 30.0),
            ("15m", 900.0),
            ("1h", 3_600.0),
            ("7d", 604_800.0),
            ("1.5 hours", 5_400.0),
            ("3600", 3.6),
        ] {
            assert_eq!(lifetime(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "h", "-1h", "0", "1 fortnight", "1h30m", "99y", "1e9"] {
            assert_eq!(lifetime(text), None, "{text}");
        }
    }

    #[test]
    fn an_empty_secret_hides_the_other_and_an_older_one_never_signs() {
        let read = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> = pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect();
            let lookup = move |name: &str| {
                let found = pairs.iter().find(|(key, _)| key == name);
                found.map(|(_, value)| value.clone())
            };
            AuthSettings::read(&lookup, &mut Vec::new())
        };
        let hidden = read(&[
            ("NEST_AUTH_SECRET", ""),
            ("NEXTAUTH_SECRET", "one"),
            ("FICUS_PREVIOUS_AUTH_SECRETS", "two"),
        ]);
        assert!(hidden.signing_secret.is_none());
        let opened: Vec<_> = hidden.cookie_secrets.iter().map(Secret::expose).collect();
        assert_eq!(opened, ["one", "two"]);
    }

    #[test]
    fn a_lifetime_that_cannot_be_understood_is_a_problem() {
        let mut problems = Vec::new();
        let lookup = |name: &str| (name == "AUTH_TOKEN_EXPIRES_IN").then(|| "soon".to_owned());
        let _ = AuthSettings::read(&lookup, &mut problems);
        assert_eq!(problems.len(), 1);
    }
}
