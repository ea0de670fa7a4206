//! Where outside services are and who we are to them.

use super::secret::Secret;

/// LabsMobile (text messages). The account in the table `system_config` comes first; this is what holds without one.
#[derive(Clone, Debug)]
pub struct LabsMobileSettings {
    /// `LABSMOBILE_ENDPOINT`: the whole URL.
    pub url: Option<String>,
    /// `LABSMOBILE_USERNAME`.
    pub username: Option<String>,
    /// `LABSMOBILE_TOKEN`.
    pub token: Option<Secret<String>>,
    /// `LABSMOBILE_SENDER_ID`.
    pub sender: Option<String>,
}

/// Brevo (e-mail). The account in the table `system_config` comes first; this is what holds without one.
#[derive(Clone, Debug)]
pub struct BrevoSettings {
    /// `BREVO_BASE_URL` (`https://api.brevo.com`).
    pub url: String,
    /// `BREVO_API_KEY`.
    pub api_key: Option<Secret<String>>,
    /// `BREVO_SENDER_EMAIL`: the address that mail comes from; without it none is sent.
    pub sender_email: Option<String>,
    /// `BREVO_SENDER_NAME` (`Flowcast`).
    pub sender_name: String,
}

/// Soketi (realtime events), from the environment as the legacy emitter has it (realtime contract, "Soketi configuration").
#[derive(Clone, Debug)]
pub struct SoketiSettings {
    /// `SOKETI_APP_ID`, else `SOKETI_DEFAULT_APP_ID`.
    pub app_id: String,
    /// `SOKETI_APP_KEY`, else `SOKETI_DEFAULT_APP_KEY`.
    pub key: String,
    /// `SOKETI_APP_SECRET`, else `SOKETI_DEFAULT_APP_SECRET`.
    pub secret: Secret<String>,
    /// Made from host, port and TLS: `https://host:port`.
    pub url: String,
}

type Lookup<'l> = &'l dyn Fn(&str) -> Option<String>;

impl LabsMobileSettings {
    pub(super) fn read(lookup: Lookup<'_>) -> Self {
        Self {
            url: first(lookup, &["LABSMOBILE_ENDPOINT"]),
            username: first(lookup, &["LABSMOBILE_USERNAME"]),
            token: first(lookup, &["LABSMOBILE_TOKEN"]).map(Secret::new),
            sender: first(lookup, &["LABSMOBILE_SENDER_ID"]),
        }
    }
}

impl BrevoSettings {
    pub(super) fn read(lookup: Lookup<'_>) -> Self {
        Self {
            url: first(lookup, &["BREVO_BASE_URL"]).unwrap_or_else(|| "https://api.brevo.com".to_owned()),
            api_key: first(lookup, &["BREVO_API_KEY"]).map(Secret::new),
            sender_email: first(lookup, &["BREVO_SENDER_EMAIL"]),
            sender_name: first(lookup, &["BREVO_SENDER_NAME"]).unwrap_or_else(|| "Flowcast".to_owned()),
        }
    }
}

impl SoketiSettings {
    pub(super) fn read(lookup: Lookup<'_>) -> Option<Self> {
        let host = first(lookup, &["SOKETI_PUBLIC_HOST", "SOKETI_HOST", "SOKETI_INTERNAL_HOST"])?;
        let port = first(lookup, &["SOKETI_PUBLIC_PORT", "SOKETI_PORT", "SOKETI_INTERNAL_PORT"]);
        let port: u16 = port.and_then(|port| port.parse().ok()).unwrap_or(443);
        let scheme = if lookup("SOKETI_USE_TLS").as_deref() == Some("false") {
            "http"
        } else {
            "https"
        };
        Some(Self {
            app_id: first(lookup, &["SOKETI_APP_ID", "SOKETI_DEFAULT_APP_ID"])?,
            key: first(lookup, &["SOKETI_APP_KEY", "SOKETI_DEFAULT_APP_KEY"])?,
            secret: Secret::new(first(lookup, &["SOKETI_APP_SECRET", "SOKETI_DEFAULT_APP_SECRET"])?),
            url: format!("{scheme}://{host}:{port}"),
        })
    }
}

/// The first of the names that has a value which is not blank.
fn first(lookup: Lookup<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        lookup(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    })
}
