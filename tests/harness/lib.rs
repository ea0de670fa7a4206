//! What the suites stand on: the native handlers in process, Ficus over sockets, a client for both, and rows to begin with.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test stands on and cannot be had is a failed test, and this is its message"
)]

mod app;
mod binary;
mod builders;
mod certificates;
mod client;
pub mod node;
mod process;
mod proxy;
mod schema;
mod services;

pub use app::{Effect, TestApp};
pub use binary::ficus;
pub use builders::{Agent, Tenant, Ticket};
pub use certificates::Authority;
pub use client::{Answer, Client};
pub use process::{FicusProcess, free_address};
pub use proxy::{Builder, TestProxy};
pub use schema::legacy_schema;
pub use services::{LabsMobile, TextMessage};
