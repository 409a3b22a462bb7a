//! The real peers that tests run against: a PostgreSQL of one test's own that can be killed, stopped
//! and doubled, and a network in between that loses, cuts and delays what is said; receivers that speak TLS with
//! certificates good and bad, and a proxy on the way to them.
//!
//! Nothing here ships, and nothing here knows what is tested: it depends on no crate of ours.

#[cfg(feature = "https")]
pub mod certificates;
#[cfg(feature = "sql")]
pub mod cluster;
#[cfg(feature = "https")]
pub mod egress;
mod guard;
#[cfg(feature = "https")]
pub mod https;
#[cfg(feature = "https")]
pub mod listening;
mod processes;
pub mod proxy;
pub mod server;

/// What the databases of tests are called, and users of their own; then comes the run, if it has a name.
pub const DATABASE_PREFIX: &str = "bookonce_test_";
/// The variable that names the run of tests, so that nothing of it is left behind.
pub const RUN_VARIABLE: &str = "BOOKONCE_TEST_RUN";
/// The variable that names a server to test against.
pub const URL_VARIABLE: &str = "TEST_DATABASE_URL";
