//! Replies: what a decision that says yes has to tell.

use crate::id::{PersonId, WebhookEndpointId};
use crate::job::Leased;
use crate::payment::Payment;
use crate::record::Record;
use crate::tickets::booking::Booking;
use crate::tickets::event::{Event, ZoneStock};
use crate::time::Timestamp;
use crate::webhooks::delivery::Delivery;
use crate::webhooks::endpoint::WebhookEndpoint;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// An event, as it now is.
    Event {
        /// The event.
        event: Box<Event>,
        /// Its zones, in order.
        zones: Vec<ZoneStock>,
        /// Whether it is new.
        created: bool,
    },
    /// A zone, as it now is.
    Zone(Box<ZoneStock>),
    /// A booking, as it now is.
    Booking {
        /// The booking.
        booking: Box<Booking>,
        /// Its payment.
        payment: Option<Box<Payment>>,
        /// Whether it is new.
        created: bool,
    },
    /// A key's record, as it now is.
    Key(Box<Record>),
    /// A token may be minted.
    Token {
        /// For whom.
        user_id: String,
        /// Which person that is.
        person: PersonId,
        /// It ends then.
        expires_at: Timestamp,
    },
    /// A webhook endpoint, as it now is.
    Endpoint {
        /// The endpoint.
        endpoint: Box<WebhookEndpoint>,
        /// Whether it is new.
        is_new: bool,
        /// Whether its secret is, and has to be shown.
        has_new_secret: bool,
    },
    /// A ping may go to this endpoint.
    Ping(Box<WebhookEndpoint>),
    /// A delivery, as it now is.
    Delivery(Box<Delivery>),
    /// An endpoint is told again.
    Replay {
        /// Which one.
        endpoint: WebhookEndpointId,
        /// Of what comes after this position …
        after: u64,
        /// … up to this one.
        until: u64,
    },
    /// Something is gone.
    Deleted {
        /// Its id.
        id: String,
    },
    /// What came of deliveries was written, if their endpoint was still the worker's.
    Recorded {
        /// Whether it was.
        was_ours: bool,
        /// Whether what the worker knows of the endpoint is still so.
        is_current: bool,
        /// Those that were written, as they now are, in their order.
        deliveries: Vec<Delivery>,
    },
    /// These jobs were leased; the others are not to be had now.
    Leased(Vec<Leased>),
    /// A job was settled, if it was still the worker's.
    Settled {
        /// Whether it was.
        was_ours: bool,
    },
    /// A command of the engine's own was carried out, or there was nothing to do.
    Done,
}

impl Reply {
    /// The jobs that were leased.
    #[must_use]
    pub fn leased(&self) -> &[Leased] {
        if let Self::Leased(leased) = self { leased } else { &[] }
    }

    /// What the reply is about, as the text of its id.
    #[must_use]
    pub fn resource(&self) -> Option<String> {
        match self {
            Self::Event { event, .. } => Some(event.id.to_string()),
            Self::Zone(stock) => Some(stock.zone.id.to_string()),
            Self::Booking { booking, .. } => Some(booking.id.to_string()),
            Self::Endpoint { endpoint, .. } => Some(endpoint.id.to_string()),
            Self::Ping(endpoint) => Some(endpoint.id.to_string()),
            Self::Delivery(delivery) => Some(delivery.id.to_string()),
            Self::Replay { endpoint, .. } => Some(endpoint.to_string()),
            Self::Deleted { id } => Some(id.clone()),
            Self::Key(_)
            | Self::Token { .. }
            | Self::Recorded { .. }
            | Self::Leased(_)
            | Self::Settled { .. }
            | Self::Done => None,
        }
    }
}
