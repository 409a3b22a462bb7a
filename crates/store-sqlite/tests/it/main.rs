//! What this store does beyond what all stores do: opening, migrating, locking, failing, and that
//! every field comes back as it was written.

mod accounts;
mod audit;
mod backup;
mod clean;
mod commit;
mod credentials;
mod failing;
mod files;
mod fixture;
mod hash_index;
mod older;
mod open;
mod overwritten;
mod plans;
mod reads;
mod round_trip;
mod transfer;
