//! Webhooks: endpoints that are told of what happens, and the deliveries to them.
//!
//! The feed is the outbox: a change writes its entry and nothing else. Each enabled endpoint has a job and a cursor
//! into its account's feed; whoever has the job leased delivers what comes after the cursor, and writes what came
//! of it in one decision with the cursor ([`RecordDeliveries`](deliveries::RecordDeliveries)).

pub(crate) mod clean_up;
pub mod deliveries;
pub mod delivery;
pub mod endpoint;
pub(crate) mod endpoints;
pub mod intent;
pub mod reject;
pub mod schedule;
