//! All statements, by name. Each is a file, which says what it is for: those in `sql/` are there in every store
//! ([`rows::statements`]), those in `locks/` are for what only several writers need: locks, clocks and who
//! wrote last.

/// A statement and its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

macro_rules! list {
    ($all:tt $($folder:literal {$($constant:ident $name:literal;)+})+) => {
        $($(pub(crate) const $constant: Statement = Statement {
            name: $name,
            sql: include_str!(concat!("../", $folder, "/", $name, ".sql")),
        };)+)+

        pub(crate) const $all: &[Statement] = &[$($($constant),+),+];
    };
}

// What each store has.
rows::statements!(list SHARED);

list! {
    _
    "locks" {
        ALLOWANCE_LOCK "allowance_lock";
        BOOKING_LOCK "booking_lock";
        BOOTSTRAP_CREATE "bootstrap_create";
        BOOTSTRAP_INSERT "bootstrap_insert";
        BOOTSTRAP_LOCK "bootstrap_lock";
        CITUS_IS_THERE "citus_is_there";
        CITUS_TABLES "citus_tables";
        CLOCK_NOW "clock_now";
        FEED_CLAIM "feed_claim";
        FEED_LOCK "feed_lock";
        RECORD_LOCK "record_lock";
        SCHEMA_IS_THERE "schema_is_there";
        SESSION_OTHERS "session_others";
        STORE_BYTES "store_bytes";
        WRITER_EXPIRE "writer_expire";
        WRITER_INSERT "writer_insert";
        WRITER_LAST_INSTANT "writer_last_instant";
        WRITER_LAST_OF_ACCOUNT "writer_last_of_account";
        WRITER_LOCK "writer_lock";
        WRITER_PUT "writer_put";
    }
}

/// What begins and ends transactions. The level is said, so that no default of a database changes it.
pub(crate) const BEGIN: Statement =
    Statement { name: "begin", sql: "begin isolation level read committed" };
/// Begins a transaction that reads a consistent snapshot.
pub(crate) const BEGIN_READ: Statement =
    Statement { name: "begin_read", sql: "begin isolation level repeatable read, read only" };
pub(crate) const COMMIT: Statement = Statement { name: "commit", sql: "commit" };
pub(crate) const ROLLBACK: Statement = Statement { name: "rollback", sql: "rollback" };
