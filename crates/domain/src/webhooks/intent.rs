//! What clients want of webhook endpoints.

use crate::id::WebhookEndpointId;
use crate::webhooks::endpoint::EventTypes;

/// An endpoint to make. Everything was checked at the edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEndpoint {
    /// Where to.
    pub url: String,
    /// Which events.
    pub event_types: EventTypes,
    /// What people call it.
    pub description: Option<String>,
    /// Number of the server's secret that its own is derived from.
    pub derived_from: u16,
}

/// Changes to an endpoint; `None` leaves a field as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointPatch {
    /// Which one.
    pub endpoint: WebhookEndpointId,
    /// Where to.
    pub url: Option<String>,
    /// Which events.
    pub event_types: Option<EventTypes>,
    /// What people call it.
    pub description: Option<Option<String>>,
    /// Whether events are sent to it.
    pub is_enabled: Option<bool>,
}

/// A secret to put in the place of an endpoint's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretRotation {
    /// Which endpoint.
    pub endpoint: WebhookEndpointId,
    /// Number of the server's secret that it is derived from.
    pub derived_from: u16,
}

/// An endpoint to send back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Which one.
    pub endpoint: WebhookEndpointId,
    /// What comes after this position is sent again.
    pub after: u64,
}
