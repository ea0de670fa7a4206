//! A route: one method on one path pattern.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use http::Method;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::pattern::{Pattern, PatternError};

/// One method on one path pattern, written `GET /api/crm/tickets/[ticketId]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RouteKey {
    /// The method; never HEAD, which follows GET.
    pub method: Method,
    /// The path pattern, in Next.js notation.
    pub pattern: Pattern,
}

/// Why a text is not a route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteKeyError {
    /// There is not exactly one method, one space and one pattern.
    #[error("a route is a method and a path with one space between, such as `GET /api/crm/tickets/[ticketId]`")]
    Shape,
    /// HEAD was named by itself.
    #[error("HEAD has no flag of its own; it follows the flag of GET on the same path")]
    Head,
    /// The method is none that a Next.js route handler can export.
    #[error("`{0}` is not a method of a route; write one of GET, POST, PUT, PATCH, DELETE, OPTIONS")]
    Method(String),
    /// The pattern is wrong.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

impl RouteKey {
    /// The methods that a Next.js route handler can export, except HEAD, which follows GET.
    pub const METHODS: [Method; 6] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];

    /// Reads the two halves of a route.
    ///
    /// # Errors
    /// When the method is none of [`Self::METHODS`] or the pattern is wrong.
    pub fn parse(method: &str, pattern: &str) -> Result<Self, RouteKeyError> {
        if method == "HEAD" {
            return Err(RouteKeyError::Head);
        }
        let known = Self::METHODS.into_iter().find(|known| known.as_str() == method);
        let method = known.ok_or_else(|| RouteKeyError::Method(method.to_owned()))?;
        Ok(Self {
            method,
            pattern: pattern.parse()?,
        })
    }
}

impl FromStr for RouteKey {
    type Err = RouteKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (method, pattern) = text.split_once(' ').ok_or(RouteKeyError::Shape)?;
        if pattern.starts_with(' ') || method.is_empty() {
            return Err(RouteKeyError::Shape);
        }
        Self::parse(method, pattern)
    }
}

impl fmt::Display for RouteKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.pattern)
    }
}

/// By path, in the order in which Next.js tries them, then by method.
impl Ord for RouteKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.pattern
            .cmp(&other.pattern)
            .then_with(|| self.method.as_str().cmp(other.method.as_str()))
    }
}

impl PartialOrd for RouteKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for RouteKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RouteKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
