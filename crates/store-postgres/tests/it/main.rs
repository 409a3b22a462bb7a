//! What this store does beyond what all stores do, and that it does all of that as well.

mod anchors;
mod backend;
mod catalogue;
mod controls;
mod cuts;
mod faults;
mod instants;
mod lean;
mod lost;
mod many;
mod migrate;
mod migrate_source;
mod node;
mod older;
mod outage;
mod pending;
mod plans;
mod rivals;
mod same_state;
mod shards;
mod statements;
mod suites;
mod tls;
mod versions;
mod writers;
