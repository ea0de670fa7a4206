//! Writes of the same thing that were under way at the same time. Each of them may have seen the other's rows or not, on either
//! side, and a write cannot be asked again: what such an exchange differs in proves nothing.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Method, Request};

use super::Shadow;

/// The writes under way. There are never more of them than exchanges in hand.
#[derive(Debug, Default)]
pub(super) struct Races {
    // Held for one operation of the map, never across an await.
    under_way: Mutex<HashMap<u64, Vec<Arc<AtomicBool>>>>,
}

/// One write, from before its dry run to the end of legacy's answer.
#[derive(Debug)]
pub struct Lane {
    races: Arc<Races>,
    thing: u64,
    met: Arc<AtomicBool>,
}

impl Shadow {
    /// Says that a write is under way, compared or not, as long as the lane is kept. `body` is the whole body, where it is known.
    #[must_use]
    pub fn enter<B>(&self, request: &Request<B>, body: Option<&Bytes>) -> Arc<Lane> {
        Arc::new(self.shared.races.enter(thing_of(request, body)))
    }
}

impl Races {
    /// Enters a write; it and every other write of the same thing that is under way have met.
    fn enter(self: &Arc<Self>, thing: u64) -> Lane {
        let met = Arc::new(AtomicBool::new(false));
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let others = under_way.entry(thing).or_default();
        for other in others.iter() {
            other.store(true, Ordering::Relaxed);
            met.store(true, Ordering::Relaxed);
        }
        others.push(Arc::clone(&met));
        drop(under_way);
        Lane {
            races: Arc::clone(self),
            thing,
            met,
        }
    }
}

impl Lane {
    /// Whether another write of the same thing was under way meanwhile.
    pub(super) fn met_another(&self) -> bool {
        self.met.load(Ordering::Relaxed)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut under_way = self.races.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(others) = under_way.get_mut(&self.thing) {
            others.retain(|other| !Arc::ptr_eq(other, &self.met));
            if others.is_empty() {
                under_way.remove(&self.thing);
            }
        }
    }
}

/// What a write is about: its address, whatever the method; where that is a collection (`POST`), also what is sent.
fn thing_of<B>(request: &Request<B>, body: Option<&Bytes>) -> u64 {
    let mut hasher = DefaultHasher::new();
    request.uri().path().hash(&mut hasher);
    if request.method() == Method::POST {
        body.hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::Request;

    use super::{Races, thing_of};

    fn write(method: &str, path: &str, body: &'static str) -> u64 {
        let request = Request::builder().method(method).uri(path).body(()).expect("request");
        thing_of(&request, Some(&Bytes::from_static(body.as_bytes())))
    }

    #[test]
    fn writes_of_one_thing_meet_and_others_pass() {
        let races = Arc::new(Races::default());
        let first = races.enter(write("PUT", "/items/1", "a"));
        let elsewhere = races.enter(write("PUT", "/items/2", "a"));
        assert!(!first.met_another() && !elsewhere.met_another());
        let second = races.enter(write("PATCH", "/items/1", "b"));
        assert!(first.met_another() && second.met_another() && !elsewhere.met_another());
        drop(first);
        drop(second);
        assert!(!races.enter(write("PUT", "/items/1", "c")).met_another());
    }

    #[test]
    fn two_new_things_in_one_collection_are_two_and_one_sent_twice_is_one() {
        let races = Arc::new(Races::default());
        let first = races.enter(write("POST", "/items", "a"));
        let other = races.enter(write("POST", "/items", "b"));
        assert!(!first.met_another() && !other.met_another());
        let again = races.enter(write("POST", "/items", "a"));
        assert!(first.met_another() && again.met_another());
        assert_eq!(races.under_way.lock().expect("lock").len(), 2);
    }
}
