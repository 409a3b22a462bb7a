//! The store on SQLite: one file, one writer, readers beside it.
//!
//! Here live the schema (`migrations/`), the statements (`sql/`, one per file), and what turns rows
//! into things of the domain and back. [`SqliteStore`] is the writer, [`SqliteReads`] the readers,
//! [`SqliteCredentials`] accounts and keys; [`ServeLock`] keeps a second server away; [`SqliteSource`]
//! is a store that is moved to one of another kind; [`back_up`] copies one that is served.
//!
//! What must not live here: rules. A row is written as it was decided; what a statement checks on
//! top is only that the store and the decision agree about what was there before.

mod audit;
mod backup;
mod checkpoint;
mod clean;
mod connection;
mod credentials;
mod dictionary;
mod entry_row_id;
mod errors;
mod file;
mod generated;
mod hash_index;
mod load;
mod lock;
mod open;
mod prepared;
mod reads;
mod session;
mod statements;
mod tickets;
mod transfer;
mod tx;
mod webhooks;
mod write;
mod write_context;

pub use backup::{BACKUP_STEP_PAGES, BackedUp, Copied, Renewed, back_up, check_file, renew};
pub use credentials::SqliteCredentials;
pub use errors::OpenError;
pub use file::{SIDECARS, Watch, beside, folder, open_plain, open_to_others};
pub use lock::{ServeLock, is_served};
pub use open::{Options, schema_version};
pub use reads::{READERS_MAX, SqliteReads};
pub use transfer::SqliteSource;
pub use tx::SqliteStore;
