//! How often a password may be guessed.
//!
//! Three limits in windows of fifteen minutes: one address trying one e-mail (a person who forgot), one e-mail from anywhere (a
//! spread attack; high, so that nobody is easily locked out by others), one address trying anything (a list of stolen
//! passwords). Only failures count in the end. An attempt over a limit is refused whatever its password.

use std::net::IpAddr;

use time::Duration;

use crate::auth::throttle::{Limit, Throttle, network};

const WINDOW: Duration = Duration::minutes(15);
const MOST_OF_PAIR: i32 = 10;
const MOST_OF_EMAIL: i32 = 100;
const MOST_OF_ADDRESS: i32 = 50;

/// The limits of an attempt, and the key of the one that a success forgives. `email` in lower case.
pub(super) fn of(email: &str, client: Option<IpAddr>) -> (Throttle, String) {
    let address = client.map(network).unwrap_or_default();
    let pair = Limit::new("login pair", &[email, &address], MOST_OF_PAIR, WINDOW);
    let forgiven = pair.key().to_owned();
    let throttle = Throttle::new(vec![
        pair,
        Limit::new("login email", &[email], MOST_OF_EMAIL, WINDOW),
        Limit::new("login address", &[&address], MOST_OF_ADDRESS, WINDOW),
    ]);
    (throttle, forgiven)
}
