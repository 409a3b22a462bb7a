//! The domain's tests: scripts and the transcripts that they must leave.

mod accounts;
mod batch;
mod best_available;
mod cancel;
mod confirm;
mod customers;
mod events;
mod expire;
mod feeds;
mod jobs;
mod keys;
mod limits;
mod negative;
mod not_loaded;
mod people;
mod release;
mod reserve;
mod runner;
mod seats;
