//! Tests of the engine as a whole: one suite for all stores, worlds from seeds, random commands against
//! the model, the writer with real threads, and mutants that must be caught.

#[path = "it/mutant.rs"]
mod mutant;
#[path = "it/running.rs"]
mod running;
#[path = "it/scripted.rs"]
mod scripted;
#[path = "it/settings.rs"]
mod settings;
#[path = "it/sqlite.rs"]
mod sqlite;

#[path = "it/apart.rs"]
mod apart;
#[path = "it/commits.rs"]
mod commits;
#[path = "it/controls.rs"]
mod controls;
#[path = "it/crash.rs"]
mod crash;
#[path = "it/due.rs"]
mod due;
#[path = "it/forgetful.rs"]
mod forgetful;
#[path = "it/lost_writer.rs"]
mod lost_writer;
#[path = "it/maintenance.rs"]
mod maintenance;
#[path = "it/many_jobs.rs"]
mod many_jobs;
#[path = "it/queue.rs"]
mod queue;
#[path = "it/random.rs"]
mod random;
#[path = "it/replay.rs"]
mod replay;
#[path = "it/same_state.rs"]
mod same_state;
#[path = "it/seeds.rs"]
mod seeds;
#[path = "it/slices.rs"]
mod slices;
#[path = "it/suites.rs"]
mod suites;
#[path = "it/webhooks.rs"]
mod webhooks;
#[path = "it/workers.rs"]
mod workers;
