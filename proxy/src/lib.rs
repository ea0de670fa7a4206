//! The Ficus proxy: data plane, shadow, console and command line.

pub mod admin;
pub mod app;
pub mod backend;
pub mod body;
pub mod compare;
pub mod config;
mod connection;
pub mod console;
pub mod core;
pub mod decommission;
pub mod demo;
pub mod error;
pub mod exchange;
mod flag_watch;
pub mod inventory;
pub mod layers;
mod listen;
pub mod metrics;
pub mod provision;
pub mod replay;
pub mod report;
pub mod shadow;
pub mod stack;
pub mod store;
pub mod tasks;
pub mod tls;
pub mod upstream;
