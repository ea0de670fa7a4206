//! Clients in the store: a salted hash of their address, so that a report can say "one client" and show no address.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};
use sqlx::AnyPool;
use uuid::Uuid;

use super::StoreError;
use super::batch::hex;

/// The name of the salt among the facts of the store.
const SALT: &str = "client_salt";

/// Bytes of the hash that are kept.
const LENGTH: usize = 6;

/// Makes the marks of one store. All replicas that share it make the same ones.
#[derive(Clone, Debug)]
pub struct ClientMarks {
    salt: Arc<OnceLock<String>>,
    /// Until the store has been asked: marks are then of this process alone.
    stand_in: Arc<str>,
}

impl ClientMarks {
    /// The mark of a client: twelve hexadecimal digits; `unknown` without an address.
    #[must_use]
    pub fn of(&self, client: Option<IpAddr>) -> Arc<str> {
        let Some(address) = client else {
            return Arc::from("unknown");
        };
        // An address inside IPv6 is the same client as the plain one.
        let mut hash = Sha256::new();
        hash.update(self.salt.get().map_or(&*self.stand_in, String::as_str).as_bytes());
        hash.update(address.to_canonical().to_string().as_bytes());
        Arc::from(hex(&hash.finalize()[..LENGTH]))
    }

    /// The marks of a store that has not been asked yet.
    pub(super) fn before_the_first_look() -> Self {
        Self {
            salt: Arc::default(),
            stand_in: Uuid::new_v4().to_string().into(),
        }
    }

    /// Learns the salt of the store, which is made when it has none.
    pub(super) async fn learn(&self, pool: &AnyPool) -> Result<(), StoreError> {
        sqlx::query("insert into store_facts (name, value) values ($1, $2) on conflict (name) do nothing")
            .bind(SALT)
            .bind(&*self.stand_in)
            .execute(pool)
            .await?;
        let salt: String = sqlx::query_scalar("select value from store_facts where name = $1")
            .bind(SALT)
            .fetch_one(pool)
            .await?;
        // A store that is asked again says the same again.
        self.salt.get_or_init(|| salt);
        Ok(())
    }
}
