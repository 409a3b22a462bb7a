//! Tidy, test, bench.
fn main() {}
