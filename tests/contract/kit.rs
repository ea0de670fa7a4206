//! The promises of the handler kit, on a real PostgreSQL: what a dry run leaves behind, when a failed run may fall back, and how
//! effects are delivered.

mod bench;
mod checkpoint;
mod dry_run;
mod live;
mod outbox;
mod ports;
mod probe;
mod reads;
