//! The places of those who listen to events: so many in the process, and so many of
//! each key, so that nobody is kept out by the haste of another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Streams of events that one process serves at a time: each asks the database once a
/// second.
pub(crate) const MAX_EVENT_STREAMS: usize = 64;
/// Of these, how many one key may have.
pub(crate) const MAX_EVENT_STREAMS_OF_KEY: usize = 8;

/// See the module.
#[derive(Default)]
pub(crate) struct EventPlaces {
    taken: Mutex<HashMap<String, usize>>,
}

/// A place, free again when it is dropped.
pub(crate) struct EventPlace {
    places: Arc<EventPlaces>,
    key_id: String,
}

impl EventPlaces {
    /// Takes a place; `None` where there is none, or the key has its share.
    pub(crate) fn enter(self: &Arc<Self>, key_id: &str) -> Option<EventPlace> {
        let mut taken = self.lock();
        let of_key = taken.get(key_id).copied().unwrap_or(0);
        if taken.values().sum::<usize>() >= MAX_EVENT_STREAMS || of_key >= MAX_EVENT_STREAMS_OF_KEY
        {
            return None;
        }
        taken.insert(key_id.to_owned(), of_key + 1);
        Some(EventPlace { places: Arc::clone(self), key_id: key_id.to_owned() })
    }

    /// What a panic left is whole: nothing is done in steps.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for EventPlace {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        match taken.get_mut(&self.key_id) {
            Some(of_key) if *of_key > 1 => *of_key -= 1,
            _ => drop(taken.remove(&self.key_id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_share_and_all_keys_together_theirs() {
        let places = Arc::new(EventPlaces::default());
        let mut held = Vec::new();
        for key in 0..MAX_EVENT_STREAMS / MAX_EVENT_STREAMS_OF_KEY {
            let key = key.to_string();
            held.extend((0..MAX_EVENT_STREAMS_OF_KEY).filter_map(|_| places.enter(&key)));
            assert!(places.enter(&key).is_none(), "key {key} has its share");
        }
        assert_eq!(held.len(), MAX_EVENT_STREAMS);
        assert!(places.enter("another").is_none(), "every place is taken");
        held.truncate(1);
        assert!(places.enter("another").is_some(), "and dropped again at once");
        drop(held);
        assert!(places.lock().is_empty(), "keys that listen no more are forgotten");
    }
}
