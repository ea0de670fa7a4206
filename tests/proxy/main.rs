//! Ficus over real sockets: in front of a scripted legacy app, of the real one, and with real PostgreSQL behind it.

#[cfg(test)]
mod demo;
#[cfg(test)]
mod failure;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod provision;
#[cfg(test)]
mod record;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod report;
#[cfg(test)]
mod routing;
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
mod streaming;
#[cfg(test)]
mod upstream;
#[cfg(test)]
mod websocket;
#[cfg(test)]
mod write_shadow;
