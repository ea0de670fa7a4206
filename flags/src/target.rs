//! Targets: requests that a canary sends to one side before the share is asked.

use std::fmt;

use http::HeaderName;
use serde::{Serialize, Serializer};

use crate::decide::Side;
use crate::facts::Facts;
use crate::host_pattern::HostPattern;
use crate::network::Network;

/// One target: the requests that meet every condition, and the side that answers them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetRule {
    /// What a request must meet, all of it.
    pub conditions: Vec<Condition>,
    /// Who answers it then.
    pub serve: Side,
    /// Line of the flag file at which the target stands, from 1.
    pub line: usize,
}

/// What a request must meet; one of several values is enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Condition {
    /// It belongs to one of these tenants, by the places of `tenant_from`.
    Tenant(Words),
    /// Its verified session is of one of these users.
    User(Words),
    /// Its verified session has one of these roles.
    Role(Words),
    /// A header has one of these values.
    Header(#[serde(serialize_with = "as_text")] HeaderName, Words),
    /// A cookie has one of these values.
    Cookie(String, Words),
    /// It asks for one of these hosts.
    Host(Vec<HostPattern>),
    /// Its client has an address in one of these networks.
    Ip(Vec<Network>),
}

/// Values of which one must fit; `*` fits anything that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    sorted: Vec<Box<str>>,
    any: bool,
}

/// A place where the tenant of a request can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TenantSource {
    /// The verified session.
    Session,
    /// A header.
    Header(HeaderName),
    /// What stands for the `*` of a host pattern.
    Host(HostPattern),
    /// A parameter of the route, and the place of its segment in the route's pattern.
    Path {
        /// The name of the parameter.
        parameter: String,
        /// The place of the segment; `None` on a route without that parameter.
        segment: Option<usize>,
    },
}

impl TargetRule {
    /// Whether a request meets every condition.
    pub(crate) fn matches(&self, facts: &Facts<'_>, tenant_from: &[TenantSource]) -> bool {
        self.conditions
            .iter()
            .all(|condition| condition.holds(facts, tenant_from))
    }

    /// Whether a condition needs the session to be verified first.
    pub(crate) fn needs_session(&self, tenant_from: &[TenantSource]) -> bool {
        self.conditions.iter().any(|condition| match condition {
            Condition::User(_) | Condition::Role(_) => true,
            Condition::Tenant(_) => tenant_from.contains(&TenantSource::Session),
            _ => false,
        })
    }
}

impl Condition {
    /// Whether a request meets it. What is not known of a request fits nothing.
    pub(crate) fn holds(&self, facts: &Facts<'_>, tenant_from: &[TenantSource]) -> bool {
        match self {
            Self::Tenant(words) => words.fit(tenant_of(facts, tenant_from)),
            Self::User(words) => words.fit(facts.session.user),
            Self::Role(words) => words.fit(facts.session.role),
            Self::Header(name, words) => words.fit(facts.header(name)),
            Self::Cookie(name, words) => words.fit(facts.cookie(name)),
            Self::Host(hosts) => facts
                .host_name()
                .is_some_and(|host| hosts.iter().any(|pattern| pattern.matches(host))),
            Self::Ip(networks) => facts
                .client
                .is_some_and(|client| networks.iter().any(|network| network.contains(client))),
        }
    }
}

/// The tenant of a request: the first place that has one decides.
pub(crate) fn tenant_of<'a>(facts: &Facts<'a>, from: &'a [TenantSource]) -> Option<&'a str> {
    from.iter()
        .find_map(|place| match place {
            TenantSource::Session => facts.session.tenant,
            TenantSource::Header(name) => facts.header(name),
            TenantSource::Host(pattern) => pattern.label(facts.host_name()?),
            TenantSource::Path { segment, .. } => facts.segment((*segment)?),
        })
        .filter(|tenant| !tenant.is_empty())
}

impl Words {
    /// These values.
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Self {
        let mut sorted: Vec<Box<str>> = words.into_iter().map(String::into_boxed_str).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let any = sorted.iter().any(|word| &**word == "*");
        Self { sorted, any }
    }

    fn fit(&self, value: Option<&str>) -> bool {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return false;
        };
        self.any || self.sorted.binary_search_by(|word| (**word).cmp(value)).is_ok()
    }
}

impl fmt::Display for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sorted.join(" or "))
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.sorted)
    }
}

impl fmt::Display for TargetRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, condition) in self.conditions.iter().enumerate() {
            if index > 0 {
                formatter.write_str(" and ")?;
            }
            condition.fmt(formatter)?;
        }
        write!(formatter, " → {}", self.serve)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant(words) => write!(formatter, "tenant {words}"),
            Self::User(words) => write!(formatter, "user {words}"),
            Self::Role(words) => write!(formatter, "role {words}"),
            Self::Header(name, words) => write!(formatter, "header {name}: {words}"),
            Self::Cookie(name, words) => write!(formatter, "cookie {name}: {words}"),
            Self::Host(hosts) => write!(formatter, "host {}", joined(hosts)),
            Self::Ip(networks) => write!(formatter, "ip {}", joined(networks)),
        }
    }
}

fn joined<T: ToString>(values: &[T]) -> String {
    let words: Vec<String> = values.iter().map(ToString::to_string).collect();
    words.join(" or ")
}

impl fmt::Display for TenantSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session => formatter.write_str("session"),
            Self::Header(name) => write!(formatter, "header:{name}"),
            Self::Host(pattern) => write!(formatter, "host:{pattern}"),
            Self::Path { parameter, .. } => write!(formatter, "path:{parameter}"),
        }
    }
}

impl Serialize for TenantSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn as_text<S: Serializer>(name: &HeaderName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name.as_str())
}

#[cfg(test)]
mod tests;
