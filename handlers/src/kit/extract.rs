//! Reading requests with the rules of the legacy system.

pub mod bearer;
pub mod chat_session;
pub mod home_tenant;
pub mod json;
pub mod jwt;
pub mod path;
pub mod principal;
pub mod query;
pub mod revoked;
