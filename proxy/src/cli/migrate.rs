//! `ficus migrate`: the app's schema and Ficus's own store, brought up to date, and what that meant.

use clap::Args;

use super::exit::ExitStatus;
use super::printer::Printer;
