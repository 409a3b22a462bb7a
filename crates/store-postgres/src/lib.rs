//! The store on PostgreSQL: many writers on any number of nodes, readers beside them.
//!
//! Here live the schema (`migrations/`), the statements (`sql/` with the same file names as in the store
//! on SQLite, `locks/` for what only several writers need), and what turns rows into things of the
//! domain and back. [`PostgresStore`] is a writer, [`PostgresReads`] the readers,
//! [`PostgresCredentials`] accounts and keys; [`PostgresTarget`] is a store that is filled from one of
//! another kind, [`PostgresRestored`] one that came out of a backup. All of them are synchronous and wait: none may be called on a thread that drives an
//! async runtime.
//!
//! What must not live here: rules. A row is written as it was decided; what a statement checks on
//! top is only that the store and the decision agree about what was there before.

mod arrays;
mod audit;
mod clean;
mod connect;
mod credentials;
mod errors;
mod generated;
mod load;
mod open;
mod reads;
mod restored;
mod session;
mod spread;
mod statements;
mod tickets;
mod transfer;
mod tx;
mod webhooks;
mod write;

pub use connect::{ClockOf, Options, place};
pub use credentials::PostgresCredentials;
pub use errors::OpenError;
pub use open::schema_version;
pub use reads::{PostgresReads, READERS_MAX};
pub use restored::{PostgresRestored, Renewed};
pub use spread::{Place, Spread, distribute, places};
pub use transfer::PostgresTarget;
pub use tx::PostgresStore;
