//! For programs that use Bookonce, a booking engine: what the other side of its interfaces needs.
//!
//! Here live checks and shapes for receivers of [webhooks]. It depends on no other crate of the project, on no async
//! runtime and on no HTTP library: what it works on are header values and bytes.

pub mod webhooks;
