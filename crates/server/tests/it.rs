//! The server as its clients meet it: over real sockets, on a store of its own, with a clock that stands
//! until a test moves it. When a test's server ends, its whole store is audited.
//!
//! The store is SQLite, or PostgreSQL where `BOOKONCE_TEST_STORE=postgres`.

// Said again, so that helpers are tests to clippy as well.
#[cfg(test)]
mod it {
    // What the tests stand on.
    mod answer;
    mod backend;
    mod client;
    mod documented;
    mod faults;
    mod http;
    mod logs;
    mod outside;
    mod receiver;
    mod schema;
    mod server;
    mod shop;
    mod snapshot;
    mod stream;

    mod activity;
    mod attach;
    mod availability;
    mod bodies;
    mod connections;
    mod cors;
    mod credentials;
    mod customers;
    mod defects;
    mod deliveries;
    mod front_door;
    mod happy_path;
    mod harness;
    mod hostile;
    mod kept_answers;
    mod key_binding;
    mod key_forms;
    mod key_records;
    mod key_scope;
    mod levers;
    mod limits;
    mod lists;
    mod money;
    mod operations;
    mod outages;
    mod outbound;
    mod problems;
    mod races;
    mod rates;
    mod remembered;
    mod retention;
    mod slow_clients;
    mod texts;
    mod told;
    mod webhooks;
}
