//! How many connections each client has, over all cores. It is asked once a connection, so one lock is cheap enough.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections of all clients.
#[derive(Debug, Clone, Default)]
pub struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection of a client, until dropped.
#[derive(Debug)]
pub struct Place {
    crowd: Crowd,
    client: IpAddr,
}

impl Crowd {
    /// A place for one more connection; none when the client has `most` already.
    #[must_use]
    pub fn enter(&self, client: IpAddr, most: usize) -> Option<Place> {
        let mut counts = self.lock();
        let count = counts.entry(client).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Place {
            crowd: self.clone(),
            client,
        })
    }

    /// Never held over an await, and a count cannot be left half changed.
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.crowd.lock();
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_by_client_and_given_back() {
        let crowd = Crowd::default();
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse::<IpAddr>().unwrap());
        let first = crowd.enter(one, 2).unwrap();
        let _second = crowd.enter(one, 2).unwrap();
        assert!(crowd.enter(one, 2).is_none() && crowd.enter(other, 2).is_some());
        drop(first);
        assert!(crowd.enter(one, 2).is_some());
        assert_eq!(crowd.lock().len(), 1, "a client without connections costs nothing");
    }
}
