//! A sticky share: the same subject is on the same side, on every replica and after every restart.

use core::net::IpAddr;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use http::HeaderName;
use serde::{Serialize, Serializer};

use crate::bucket::Prefix;
use crate::facts::Facts;
use crate::share::Share;

/// Which subjects of a route (or of its group) are answered natively at the stage `canary`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Canary {
    /// The share of subjects that native answers.
    pub share: Share,
    /// Where the subject of a request is looked for, in this order.
    #[serde(serialize_with = "as_list")]
    pub subject: Arc<[SubjectSource]>,
    /// Another salt draws another population.
    pub salt: String,
    /// What subjects are hashed under: the group, or the route when it is in none.
    pub key: String,
    /// The hash of `{key}:{salt}:`, with which every bucket begins.
    #[serde(skip)]
    prefix: Prefix,
}

/// A place where the subject of a request can be found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SubjectSource {
    /// The user of the verified session.
    User,
    /// The tenant of the verified session.
    Tenant,
    /// A request header.
    Header(HeaderName),
    /// A cookie.
    Cookie(String),
    /// The address of the client.
    Ip,
}

/// The bucket of a request, and where its subject was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Drawn {
    /// 0 to 9,999.
    pub(crate) bucket: u16,
    /// The place in [`Canary::subject`].
    pub(crate) source: usize,
}

impl Canary {
    pub(crate) fn new(share: Share, subject: Arc<[SubjectSource]>, salt: String, key: String) -> Self {
        let prefix = Prefix::new(&key, &salt);
        Self {
            share,
            subject,
            salt,
            key,
            prefix,
        }
    }

    /// The bucket of this subject, 0 to 9,999.
    #[must_use]
    pub fn bucket_of(&self, subject: &str) -> u16 {
        self.prefix.bucket(subject)
    }

    /// The bucket of a request; `None` when it has no subject.
    pub(crate) fn draw(&self, facts: &Facts<'_>) -> Option<Drawn> {
        self.subject.iter().enumerate().find_map(|(source, place)| {
            let bucket = place.with(facts, |subject| self.bucket_of(subject))?;
            Some(Drawn { bucket, source })
        })
    }

    /// Whether a place needs the session to be verified first.
    pub(crate) fn needs_session(&self) -> bool {
        let verified = |place: &SubjectSource| matches!(place, SubjectSource::User | SubjectSource::Tenant);
        self.subject.iter().any(verified)
    }
}

impl SubjectSource {
    /// Looks for the subject here, without allocating.
    pub(crate) fn with<T>(&self, facts: &Facts<'_>, then: impl FnOnce(&str) -> T) -> Option<T> {
        let found = match self {
            Self::User => facts.session.user,
            Self::Tenant => facts.session.tenant,
            Self::Header(name) => facts.header(name),
            Self::Cookie(name) => facts.cookie(name),
            Self::Ip => return facts.client.map(|client| then(AddressText::of(client).as_str())),
        };
        found.filter(|subject| !subject.is_empty()).map(then)
    }
}

impl fmt::Display for SubjectSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => formatter.write_str("user"),
            Self::Tenant => formatter.write_str("tenant"),
            Self::Header(name) => write!(formatter, "header:{name}"),
            Self::Cookie(name) => write!(formatter, "cookie:{name}"),
            Self::Ip => formatter.write_str("ip"),
        }
    }
}

impl Serialize for SubjectSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Shared, because all routes of a file mostly have one list, and one list stays in the cache.
fn as_list<S: Serializer>(subject: &Arc<[SubjectSource]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(subject.iter())
}

/// The longest text of an address, with room for an IPv4 tail.
const ADDRESS_BYTES: usize = 46;

/// An address as text, on the stack. IPv4 and its IPv6-mapped form are the same subject.
struct AddressText {
    bytes: [u8; ADDRESS_BYTES],
    length: usize,
}

impl AddressText {
    fn of(address: IpAddr) -> Self {
        let mut text = Self {
            bytes: [0; ADDRESS_BYTES],
            length: 0,
        };
        // An address always fits; if one did not, its beginning would still be a sticky subject.
        let _fits = write!(text, "{}", address.to_canonical());
        text
    }

    fn as_str(&self) -> &str {
        self.bytes
            .get(..self.length)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

impl fmt::Write for AddressText {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = self.length + part.len();
        let room = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        room.copy_from_slice(part.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
