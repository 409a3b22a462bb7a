//! What this store does beyond what all stores do, and that it does all of that as well.

mod backend;
mod catalogue;
mod lost;
mod moving;
mod moving_source;
mod node;
mod same_state;
mod statements;
mod suites;
mod writers;
