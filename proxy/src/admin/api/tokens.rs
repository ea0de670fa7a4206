//! Tokens of the admin API: whose they are, and what their holder may do.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::jwks::KeySet;
use crate::config::AdminAuth;

/// Issuer and audience of tokens that Ficus signs, so that no other token made with the same secret passes for one.
const ISSUER: &str = "ficus";
const AUDIENCE: &str = "ficus-admin";
/// The shortest secret, in bytes (RFC 7518, section 3.2: as long as the hash).
const SECRET_BYTES: usize = 32;
/// The longest that a token of ours holds.
pub const LONGEST: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How far clocks may be apart.
const LEEWAY_SECONDS: u64 = 30;
/// The longest token that is looked at.
const TOKEN_BYTES: usize = 16 * 1024;

/// What somebody may do; each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look.
    Viewer,
    /// Waive differences and make overrides for tests.
    Qa,
    /// Move routes, take them back, kill and revive.
    Release,
    /// Freeze, thaw, and go without the gate.
    Admin,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) name: String,
    pub(super) role: Role,
}

/// Why a token is not taken; one word each for the counter. Clients hear of none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is none.
    Missing,
    /// It cannot be read, or is not signed with a key of ours.
    Forged,
    /// It has ended.
    Expired,
    /// It was made for somebody or something else.
    Foreign,
    /// It names no role.
    NoRole,
    /// The keys cannot be read.
    NoKeys,
}

/// Why no token can be made.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("the secret file {0} cannot be read")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// It holds no secret that is long enough.
    #[error(
        "{0} holds a secret of fewer than {SECRET_BYTES} bytes; write one a line, made with `openssl rand -hex 32`"
    )]
    TooShort(PathBuf),
    /// The token cannot be signed.
    #[error("the token cannot be signed")]
    Unsigned(#[from] jsonwebtoken::errors::Error),
}

/// What is believed.
#[derive(Debug)]
pub(super) struct Verifier {
    secret_file: Option<PathBuf>,
    key_set: Option<KeySet>,
    role_claim: String,
}

impl Role {
    /// All of them, from the least.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Qa, Self::Release, Self::Admin];

    /// The word of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Qa => "qa",
            Self::Release => "release",
            Self::Admin => "admin",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

impl Refusal {
    pub(super) const ALL: [Self; 6] = [
        Self::Missing,
        Self::Forged,
        Self::Expired,
        Self::Foreign,
        Self::NoRole,
        Self::NoKeys,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Forged => "forged",
            Self::Expired => "expired",
            Self::Foreign => "foreign",
            Self::NoRole => "no_role",
            Self::NoKeys => "no_keys",
        }
    }
}

/// Makes a token, signed with the first secret of the file.
///
/// # Errors
/// When the file has no secret, or the token cannot be signed.
pub fn mint(file: &Path, name: &str, role: Role, now: i64, lasts: Duration) -> Result<String, SecretError> {
    let secrets = secrets(file)?;
    let key = EncodingKey::from_secret(secrets.first().map(String::as_bytes).unwrap_or_default());
    let seconds = i64::try_from(lasts.min(LONGEST).as_secs()).unwrap_or(i64::MAX);
    let claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": name, "role": role,
        "iat": now, "exp": now.saturating_add(seconds), "jti": uuid::Uuid::new_v4().to_string(),
    });
    Ok(encode(&Header::new(Algorithm::HS256), &claims, &key)?)
}

/// Every secret of the file. It is read anew for each token: that is how secrets are changed without a restart.
fn secrets(file: &Path) -> Result<Vec<String>, SecretError> {
    let text = std::fs::read_to_string(file).map_err(|error| SecretError::Unreadable(file.to_owned(), error))?;
    let secrets: Vec<String> = text
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    if secrets.is_empty() || secrets.iter().any(|secret| secret.len() < SECRET_BYTES) {
        return Err(SecretError::TooShort(file.to_owned()));
    }
    Ok(secrets)
}

/// Looks at the secret file once, so that a process does not start with one that nobody can use.
pub(crate) fn check_secret_file(file: &Path) -> Result<(), SecretError> {
    secrets(file).map(|_| ())
}

impl Verifier {
    pub(super) fn new(auth: &AdminAuth) -> Self {
        Self {
            secret_file: auth.secret_file.clone(),
            key_set: auth.jwks.clone().map(KeySet::new),
            role_claim: auth.role_claim.0.clone(),
        }
    }

    /// Who a token is of. The algorithm decides which keys count, so that a public key is never taken for a secret.
    pub(super) async fn caller(&self, token: &str) -> Result<Caller, Refusal> {
        if token.len() > TOKEN_BYTES {
            return Err(Refusal::Forged);
        }
        let header = decode_header(token).map_err(|_| Refusal::Forged)?;
        let claims = match header.alg {
            Algorithm::HS256 => self.signed_by_us(token)?,
            Algorithm::RS256 | Algorithm::ES256 => {
                let key_set = self.key_set.as_ref().ok_or(Refusal::Forged)?;
                let key = key_set.key(header.kid.as_deref()).await?;
                let (issuer, audience) = key_set.names();
                decoded(token, &key, &rules(header.alg, issuer, audience))?
            }
            _ => return Err(Refusal::Forged),
        };
        self.role_of(&claims)
    }

    fn signed_by_us(&self, token: &str) -> Result<Map<String, Value>, Refusal> {
        let file = self.secret_file.as_deref().ok_or(Refusal::Forged)?;
        let secrets = secrets(file).map_err(|error| {
            tracing::error!(%error, "the admin API takes no token that Ficus has signed");
            Refusal::NoKeys
        })?;
        let mut worst = Refusal::Forged;
        for secret in &secrets {
            let key = DecodingKey::from_secret(secret.as_bytes());
            match decoded(token, &key, &rules(Algorithm::HS256, ISSUER, AUDIENCE)) {
                Err(Refusal::Forged) => {}
                Err(other) => worst = other,
                Ok(claims) => return Ok(claims),
            }
        }
        Err(worst)
    }

    fn role_of(&self, claims: &Map<String, Value>) -> Result<Caller, Refusal> {
        let role = match claims.get(&self.role_claim) {
            Some(Value::String(word)) => Role::from_word(word),
            Some(Value::Array(words)) => words.iter().filter_map(|word| Role::from_word(word.as_str()?)).max(),
            _ => None,
        };
        let name = claims
            .get("sub")
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty());
        match (role, name) {
            (Some(role), Some(name)) => Ok(Caller {
                name: name.to_owned(),
                role,
            }),
            _ => Err(Refusal::NoRole),
        }
    }
}

fn rules(algorithm: Algorithm, issuer: &str, audience: &str) -> Validation {
    let mut rules = Validation::new(algorithm);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[audience]);
    rules.validate_nbf = true;
    rules.leeway = LEEWAY_SECONDS;
    rules
}

#[derive(Deserialize)]
struct Claims(Map<String, Value>);

fn decoded(token: &str, key: &DecodingKey, rules: &Validation) -> Result<Map<String, Value>, Refusal> {
    use jsonwebtoken::errors::ErrorKind;
    let decoded = decode::<Claims>(token, key, rules);
    decoded.map(|token| token.claims.0).map_err(|error| match error.kind() {
        ErrorKind::ExpiredSignature => Refusal::Expired,
        ErrorKind::InvalidIssuer
        | ErrorKind::InvalidAudience
        | ErrorKind::ImmatureSignature
        | ErrorKind::MissingRequiredClaim(_) => Refusal::Foreign,
        _ => Refusal::Forged,
    })
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
