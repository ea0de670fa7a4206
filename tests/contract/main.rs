//! The native handlers against the written contract.

#[cfg(test)]
mod auth_backend;
#[cfg(test)]
mod auth_login;
#[cfg(test)]
mod auth_otp;
#[cfg(test)]
mod auth_session;
#[cfg(test)]
mod chat_contacts;
#[cfg(test)]
mod chat_messages;
#[cfg(test)]
mod crm_tickets;
#[cfg(test)]
mod health;
#[cfg(test)]
mod kit;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod schema;
