//! A host name, or one with a `*` for its first label: `*.example.com`.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A host name, in lower case; a `*` stands for exactly one first label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    /// Without the `*`, so with its dot.
    rest: String,
    wild: bool,
}

/// Why a text is not a host pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a host is written without scheme and port, such as `app.example.com` or `*.example.com`")]
pub struct HostPatternError;

impl HostPattern {
    /// Whether a host, without its port, is meant.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        if self.wild {
            self.label(host).is_some()
        } else {
            host.eq_ignore_ascii_case(&self.rest)
        }
    }

    /// What stands for the `*`.
    #[must_use]
    pub fn label<'h>(&self, host: &'h str) -> Option<&'h str> {
        let at = host.len().checked_sub(self.rest.len())?;
        let (label, rest) = host.split_at_checked(at)?;
        let fits = self.wild && rest.eq_ignore_ascii_case(&self.rest) && !label.is_empty() && !label.contains('.');
        fits.then_some(label)
    }

    /// Whether it has a `*`.
    #[must_use]
    pub fn is_wild(&self) -> bool {
        self.wild
    }
}

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<Self, HostPatternError> {
        let (wild, rest) = match text.strip_prefix('*') {
            Some(rest) if rest.starts_with('.') => (true, rest),
            Some(_) => return Err(HostPatternError),
            None => (false, text),
        };
        let name = rest.strip_prefix('.').filter(|_| wild).unwrap_or(rest);
        let label = |label: &str| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if !name.split('.').all(label) {
            return Err(HostPatternError);
        }
        Ok(Self {
            rest: rest.to_ascii_lowercase(),
            wild,
        })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.wild { "*" } else { "" };
        write!(formatter, "{star}{}", self.rest)
    }
}

impl Serialize for HostPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        let pattern: HostPattern = "*.Example.com".parse().unwrap();
        assert_eq!(pattern.label("ACME.example.COM"), Some("ACME"));
        for host in ["example.com", ".example.com", "a.b.example.com", "acmeexample.com", "é"] {
            assert_eq!(pattern.label(host), None, "{host}");
            assert!(!pattern.matches(host));
        }
        let plain: HostPattern = "app.example.com".parse().unwrap();
        assert!(plain.matches("App.Example.com") && !plain.matches("x.app.example.com"));
        assert_eq!(plain.label("app.example.com"), None);
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in ["", "*", "*example.com", "a..b", "http://a", "a:80", "*.*.a", "a/b", "."] {
            assert!(text.parse::<HostPattern>().is_err(), "{text:?} was accepted");
        }
    }
}
