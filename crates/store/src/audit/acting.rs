//! Who acts, and by which operation. Said once, where a request or a command begins,
//! and true for the thread that works for it: a transaction never leaves its thread.

use std::cell::RefCell;

/// Who acts, and how.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acting {
    /// The public id of an API key, or a word for a part of the program.
    pub actor: String,
    /// The operation of the API or the command.
    pub act: String,
}

thread_local! {
    static ACTING: RefCell<Option<Acting>> = const { RefCell::new(None) };
}

impl Acting {
    /// Whoever holds an API key.
    pub fn key(key_id: &str, operation: &str) -> Self {
        Self { actor: key_id.to_owned(), act: operation.to_owned() }
    }

    /// A person at the command line.
    pub fn command(name: &str) -> Self {
        Self { actor: "command_line".to_owned(), act: name.to_owned() }
    }

    /// What this thread is acting as; the worker, where nobody said.
    pub fn now() -> Self {
        ACTING.with_borrow(Clone::clone).unwrap_or_else(Self::worker)
    }

    fn worker() -> Self {
        Self { actor: "worker".to_owned(), act: String::new() }
    }
}

/// Runs `work` as whoever acts; what this thread acted as before, it does again.
pub fn acting<T>(who: Acting, work: impl FnOnce() -> T) -> T {
    /// Also when `work` panics: the thread may be one of a pool.
    struct Before(Option<Acting>);
    impl Drop for Before {
        fn drop(&mut self) {
            let before = self.0.take();
            ACTING.with_borrow_mut(|now| *now = before);
        }
    }
    let _before = Before(ACTING.replace(Some(who)));
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_acts_is_said_for_a_while_and_even_a_panic_ends_it() {
        assert_eq!(Acting::now().actor, "worker");
        acting(Acting::key("k", "a"), || {
            assert_eq!(Acting::now(), Acting::key("k", "a"));
            acting(Acting::command("keys"), || assert_eq!(Acting::now().act, "keys"));
            assert_eq!(Acting::now().actor, "k");
        });
        let panicked = std::panic::catch_unwind(|| acting(Acting::key("k", "a"), || panic!("so")));
        assert!(panicked.is_err());
        assert_eq!(Acting::now().actor, "worker");
    }
}
