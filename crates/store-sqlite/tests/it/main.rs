//! What this store does beyond what all stores do: opening, migrating, locking, failing, and that
//! every field comes back as it was written.

mod audit;
mod clean;
mod commit;
mod credentials;
mod failing;
mod fixture;
mod open;
mod plans;
mod reads;
mod round_trip;
mod transfer;
