//! What handlers may need of a key, as types: `Caller<Reports>` is a caller whose
//! key has the scope, and there is no other way to one. The document names the
//! same scope at `security`, and a test asks every operation for both.

use baitline_domain::scope::{Scope, Scopes};

/// What a handler needs.
pub(crate) trait Permission: 'static {
    /// Every scope of these.
    const NEEDS: Scopes;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $needs:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum $name {}

        impl Permission for $name {
            const NEEDS: Scopes = $needs;
        }
    )*};
}

permissions! {
    /// Any valid key.
    AnyKey = Scopes::NONE;
    /// See [`Scope::CallsWrite`]; the others likewise.
    CallsWrite = Scopes::of(Scope::CallsWrite);
    /// Recordings.
    RecordingsWrite = Scopes::of(Scope::RecordingsWrite);
    /// Baits.
    BaitsRead = Scopes::of(Scope::BaitsRead);
    /// Reports and what they are made of.
    Reports = Scopes::of(Scope::Reports);
    /// The work on cases.
    Cases = Scopes::of(Scope::Cases);
    /// Packages.
    Exports = Scopes::of(Scope::Exports);
    /// Setting up.
    Admin = Scopes::of(Scope::Admin);
}

/// Both.
impl<A: Permission, B: Permission> Permission for (A, B) {
    const NEEDS: Scopes = A::NEEDS.with(B::NEEDS);
}
