//! Ficus over real sockets: in front of a scripted legacy app, of the real one, and with real PostgreSQL behind it.

#[cfg(test)]
mod access_log;
#[cfg(test)]
mod admin_api;
#[cfg(test)]
mod asleep;
#[cfg(test)]
mod attacks;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod continuity;
#[cfg(test)]
mod decommission;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod failure;
#[cfg(test)]
mod fallback;
#[cfg(test)]
mod flag_database;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod http2;
#[cfg(test)]
mod interim;
#[cfg(test)]
mod inventory;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod large_answers;
#[cfg(test)]
mod listeners;
#[cfg(test)]
mod model;
#[cfg(test)]
mod nextjs;
#[cfg(test)]
mod ofrep;
#[cfg(test)]
mod overrides;
#[cfg(test)]
mod people;
#[cfg(test)]
mod provision;
#[cfg(test)]
mod record;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod report;
#[cfg(test)]
mod reverse_shadow;
#[cfg(test)]
mod rollout;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod schedule;
#[cfg(test)]
mod shadow_harm;
#[cfg(test)]
mod shadow_proof;
#[cfg(test)]
mod shadow_quiet;
#[cfg(test)]
mod shadow_writes;
#[cfg(test)]
mod shutdown;
#[cfg(test)]
mod sign_in_speed;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod stages;
#[cfg(test)]
mod streaming;
#[cfg(test)]
mod time_limits;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod typescript;
#[cfg(test)]
mod upgrade;
#[cfg(test)]
mod upstream;
#[cfg(test)]
mod websocket;
#[cfg(test)]
mod write_shadow;
#[cfg(test)]
mod writing;
