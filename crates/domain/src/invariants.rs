//! What must always hold. The same rules serve the assertions, the simulator and `bookonce verify`.

mod audit;
mod money;
mod step;
mod stock;

pub use audit::{AUDIT_KEYS_MAX, Audit, DETAILS_MAX, LookedAt, Report};
pub use step::check_step;
#[cfg(test)]
pub(crate) use stock::Moves;
