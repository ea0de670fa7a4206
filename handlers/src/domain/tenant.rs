//! The tenant of a request, as a type: it is made only where somebody's right to it has been checked.

use std::fmt;

/// The id of a tenant that the caller may use. Queries take it, so that forgetting the tenant does not compile.
#[derive(Clone, Eq, PartialEq)]
pub struct TenantId(String);

impl TenantId {
    /// Only extractors call this, after they have checked the caller.
    pub(crate) fn checked(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as the tables have it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TenantId({})", self.0)
    }
}
