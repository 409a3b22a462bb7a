//! The HTTP server: requests become intents, decisions become answers.
//!
//! Here live the routes (a module per chapter of the contract), what goes around them (credentials,
//! limits, keys, problems), the clock, the secrets and the metrics. The way of a request that changes
//! something is `fast_path` (for most routes through the `router`) → `context` → `commands` → (`call`,
//! `canonical`, `tickets::parse`) → the engine → `render` → `commands`.
//!
//! What must not live here: rules of booking (they are `domain`'s) and SQL (it is the stores').

pub mod backups;
pub mod canonical;
mod chapters;
pub mod clock;
pub mod config;
pub mod cors;
pub mod key_header;
mod levers;
pub mod limit;
pub mod logs;
pub mod metrics;
pub mod migrate;
pub mod openapi;
pub mod problem;
pub mod secrets;
pub mod stores;
pub mod text;

mod accept;
mod activity;
mod app;
mod auth;
mod bench;
mod body;
mod call;
mod commands;
mod context;
mod descriptors;
mod document;
mod echo;
mod embedded;
mod explained;
mod fast_path;
mod header_timer;
mod inflight;
mod json;
mod keys;
mod operations;
mod ops;
mod pages;
mod parse;
mod query;
mod reading;
mod recent;
mod refusal;
mod reject;
mod render;
mod request_log;
mod router;
mod serve;
mod spelling;
mod start;
mod tickets;
mod tokens;
mod views;
mod webhooks;
mod writing;

pub use auth::{hash_secret, new_secret, secret_of};
pub use bench::CONSTANT_BYTES;
pub use call::{BODY_BYTES_MAX, EVENT_BODY_BYTES_MAX, READ_SECONDS, REQUEST_SECONDS};
pub use commands::DUPLICATE_WAIT_SECONDS;
pub use config::Settings;
pub use context::HEADER_BYTES_MAX;
pub use descriptors::{
    CONNECTIONS_MIN, DESCRIPTORS_RESERVED, LISTEN_BACKLOG, connections_max, listen,
};
pub use embedded::{EMBEDDED_BATCH_MAX, Embedded, Sent};
pub use query::{PAGE_BYTES_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};
pub use request_log::{LOG_WINDOW_SECONDS, REFUSED_APART_MAX, SLOW_LINES_MAX};
pub use serve::{
    CONNECTIONS_MAX, DRAIN_SECONDS, HEADER_LINES_MAX, HEADER_READ_SECONDS, WRITE_SECONDS,
};
pub use start::{STOP_MAX, Server, Start, Stores};

/// Unpredictable bytes, from the system's generator.
#[must_use]
pub fn random_bytes<const BYTES: usize>() -> [u8; BYTES] {
    rand::random()
}
