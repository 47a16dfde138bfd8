//! Who acts in a request and by which operation, for the audit. The gate says it
//! once; work that waits takes it along to its thread, where the store asks for it.

use baitline_store::audit::{self, Acting};

tokio::task_local! {
    static ACTING: Acting;
}

/// Runs the handler of a request as the holder of its key.
pub(crate) async fn acting<T>(who: Acting, handler: impl Future<Output = T>) -> T {
    ACTING.scope(who, handler).await
}

/// Who acts here, in a handler or on a thread that works for one.
pub(crate) fn who_acts() -> Acting {
    ACTING.try_with(Clone::clone).unwrap_or_else(|_| Acting::now())
}

/// Takes who acts along to another thread.
pub(crate) fn carried<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let who = who_acts();
    move || audit::acting(who, work)
}
