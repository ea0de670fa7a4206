//! Types that areas share: tenants, roles and the enums of the database.

pub mod crm;
pub mod phone;
pub mod role;
pub mod tenant;
