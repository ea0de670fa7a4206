//! The admin listener: its address, and who may change something there.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::{Problem, ServerTls};

/// The admin listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Its address; keep it private.
    pub listen: SocketAddr,
    /// Certificates; with `client_ca` only people and machines who have one of their own are let in.
    pub tls: Option<ServerTls>,
    /// The names under which people reach it, beside `localhost` and addresses: pages of other sites must not.
    pub hosts: Vec<String>,
    /// Who may use the admin API; without it nobody may.
    pub auth: Option<AdminAuth>,
}

/// Whose tokens the admin API takes.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdminAuth {
    /// The file of secrets, one a line and at least 32 bytes each: the first signs tokens (HS256), all are believed.
    pub secret_file: Option<PathBuf>,
    /// The keys of a single sign-on (RS256 or ES256).
    pub jwks: Option<Jwks>,
    /// The claim that names the role, a text or a list of texts.
    #[schemars(with = "Option<String>")]
    pub role_claim: RoleClaim,
}

/// The keys of a single sign-on, as RFC 7517 writes them, and whose tokens they sign.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Jwks {
    /// Where they are: `https://…`, `http://` of this machine, or a file.
    #[serde(deserialize_with = "place")]
    #[schemars(with = "String")]
    pub keys: JwksPlace,
    /// The issuer that tokens must name.
    pub issuer: String,
    /// The audience that tokens must name.
    pub audience: String,
}

/// Where keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwksPlace {
    /// Fetched.
    Url(String),
    /// Read.
    File(PathBuf),
}

/// The name of the claim with the role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RoleClaim(pub String);

impl Admin {
    /// Relative paths are relative to the file that names them.
    pub(super) fn resolve(&mut self, directory: &Path) {
        if let Some(tls) = &mut self.tls {
            tls.resolve(directory);
        }
        let Some(auth) = &mut self.auth else { return };
        auth.secret_file = auth.secret_file.take().map(|file| directory.join(file));
        if let Some(Jwks {
            keys: JwksPlace::File(file),
            ..
        }) = &mut auth.jwks
        {
            *file = directory.join(&*file);
        }
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = self
            .tls
            .as_ref()
            .map(|tls| tls.problems("admin.tls"))
            .unwrap_or_default();
        let keyless = |auth: &AdminAuth| auth.secret_file.is_none() && auth.jwks.is_none();
        if self.auth.as_ref().is_some_and(keyless) {
            let message = "name a `secret_file`, or the keys of a single sign-on in `jwks`";
            problems.push(Problem::new("admin.auth", message));
        }
        problems
    }
}

impl Default for RoleClaim {
    fn default() -> Self {
        Self("role".to_owned())
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: None,
            hosts: Vec::new(),
            auth: None,
        }
    }
}

/// Keys over a network must come over TLS: whoever can change them on their way can sign for anybody.
fn place<'de, D: Deserializer<'de>>(deserializer: D) -> Result<JwksPlace, D::Error> {
    let text = String::deserialize(deserializer)?;
    let Some((scheme, rest)) = text.split_once("://") else {
        return Ok(JwksPlace::File(PathBuf::from(text)));
    };
    let here = ["localhost", "127.0.0.1", "[::1]"];
    let host_ends = |host: &str| {
        rest.strip_prefix(host)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    };
    match scheme {
        "https" => Ok(JwksPlace::Url(text)),
        "http" if here.iter().any(|host| host_ends(host)) => Ok(JwksPlace::Url(text)),
        _ => Err(serde::de::Error::custom(
            "keys come from an https:// address, from http:// on this machine, or from a file",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(keys: &str) -> Result<JwksPlace, String> {
        let text = format!("{{ keys: '{keys}', issuer: i, audience: a }}");
        let jwks: Result<Jwks, _> = serde_yaml::from_str(&text);
        jwks.map(|jwks| jwks.keys).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_of_a_network_come_over_tls() {
        let url = |text: &str| Ok(JwksPlace::Url(text.to_owned()));
        for good in [
            "https://sso.test/keys",
            "http://localhost:8080/keys",
            "http://127.0.0.1/k",
            "http://[::1]:1/k",
        ] {
            assert_eq!(read(good), url(good));
        }
        assert_eq!(read("keys/sso.json"), Ok(JwksPlace::File("keys/sso.json".into())));
        for bad in [
            "http://sso.test/keys",
            "http://localhost.evil.test/k",
            "ftp://localhost/k",
        ] {
            assert!(read(bad).unwrap_err().contains("https://"), "{bad}");
        }
    }
}
