//! Tests of the program as it is shipped: the real binary, real sockets, real signals.
//!
//! The store is SQLite, or PostgreSQL where `BOOKONCE_TEST_STORE=postgres`. What only several nodes on one
//! database can meet is tested on PostgreSQL always.
#![expect(clippy::indexing_slicing, reason = "an answer that lacks a member fails its test")]

#[path = "it/buyers.rs"]
mod buyers;
#[path = "it/http.rs"]
mod http;
#[path = "it/inbox.rs"]
mod inbox;
#[path = "it/ledger.rs"]
mod ledger;
#[path = "it/place.rs"]
mod place;
#[path = "it/process.rs"]
mod process;
#[path = "it/settings.rs"]
mod settings;
#[path = "it/workload.rs"]
mod workload;

#[path = "it/backup.rs"]
mod backup;
#[path = "it/bench.rs"]
mod bench;
#[path = "it/cli.rs"]
mod cli;
#[path = "it/clients.rs"]
mod clients;
#[path = "it/deliveries.rs"]
mod deliveries;
#[path = "it/demo.rs"]
mod demo;
#[path = "it/distribute.rs"]
mod distribute;
#[path = "it/expiry.rs"]
mod expiry;
#[path = "it/failing_disk.rs"]
mod failing_disk;
#[path = "it/failpoints.rs"]
mod failpoints;
#[path = "it/files.rs"]
mod files;
#[path = "it/hostile.rs"]
mod hostile;
#[path = "it/keys.rs"]
mod keys;
#[path = "it/kill.rs"]
mod kill;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/listen.rs"]
mod listen;
#[path = "it/load.rs"]
mod load;
#[path = "it/logs.rs"]
mod logs;
#[path = "it/metrics.rs"]
mod metrics;
#[path = "it/migrate_store.rs"]
mod migrate_store;
#[path = "it/precedence.rs"]
mod precedence;
#[path = "it/receivers.rs"]
mod receivers;
#[path = "it/refusals.rs"]
mod refusals;
#[path = "it/restore.rs"]
mod restore;
#[path = "it/rotation.rs"]
mod rotation;
#[path = "it/stop.rs"]
mod stop;
#[path = "it/verify.rs"]
mod verify;
#[path = "it/which_store.rs"]
mod which_store;

// Several nodes on one database.
#[path = "it/clocks.rs"]
mod clocks;
#[path = "it/config.rs"]
mod config;
#[path = "it/joining.rs"]
mod joining;
#[path = "it/lost_node.rs"]
mod lost_node;
#[path = "it/missing.rs"]
mod missing;
#[path = "it/network.rs"]
mod network;
#[path = "it/nodes.rs"]
mod nodes;
#[path = "it/outage.rs"]
mod outage;
#[path = "it/restore_database.rs"]
mod restore_database;
#[path = "it/shared.rs"]
mod shared;
#[path = "it/versions.rs"]
mod versions;
