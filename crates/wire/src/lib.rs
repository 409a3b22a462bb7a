//! What crosses the network: requests, replies, problems.
//!
//! Here live the JSON shapes that clients rely on, one type per shape, and nothing else: instants,
//! ids and amounts are text, numbers from clients are `i64` so that whoever knows a limit can name
//! it in the answer.
//!
//! What must not live here: rules, conversions, HTTP. This crate knows no other crate of the
//! workspace. Requests refuse members they do not know; replies list theirs in the order in which
//! they are sent. The feature `openapi` derives schemas, for the server only.

mod activity;
mod code;
mod keys;
mod list;
mod patch;
mod problem;
#[cfg(test)]
mod tests;
mod tickets;
mod tokens;
mod webhooks;

pub use activity::{ActivityEvent, ActivityList, KeyCollision};
pub use code::Code;
pub use keys::{KeyRecord, KeyStatus};
pub use list::List;
pub use patch::Patch;
pub use problem::{FieldProblem, Problem, ProblemError, ProblemPage, Retry};
pub use tickets::{
    Availability, Booking, BookingSnapshot, BookingStatus, CancelRequest, ConfirmRequest,
    CreateEventRequest, CreateZoneRequest, Event, Payment, PaymentMethod, PaymentRequest,
    PaymentStatus, PolicyStep, ReserveRequest, Seat, SeatStatus, TimelineEntry, TimelineKind,
    UpdateEventRequest, UpdateZoneRequest, UserAllowance, Zone,
};
pub use tokens::{CreateCustomerTokenRequest, CustomerToken};
pub use webhooks::{
    CreateWebhookEndpointRequest, Deleted, ReplayWebhookRequest, UpdateWebhookEndpointRequest,
    WebhookAttempt, WebhookDelivery, WebhookDeliveryStatus, WebhookDisabledReason, WebhookEndpoint,
    WebhookEndpointSnapshot, WebhookEndpointStatus, WebhookFault, WebhookReplay, WebhookTest,
};
