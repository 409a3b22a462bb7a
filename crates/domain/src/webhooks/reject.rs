//! Refusals about webhooks.

use crate::id::{DeliveryId, WebhookEndpointId};

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookReject {
    /// No such endpoint.
    EndpointNotFound(WebhookEndpointId),
    /// No such delivery, or its endpoint is gone.
    DeliveryNotFound(DeliveryId),
    /// The account has as many endpoints as it can.
    TooManyEndpoints {
        /// How many that are.
        max: u32,
    },
    /// Nothing is sent to an endpoint that is disabled.
    EndpointDisabled(WebhookEndpointId),
    /// The position lies beyond the feed's end.
    AheadOfFeed {
        /// Where the feed ends.
        head: u64,
    },
}

impl WebhookReject {
    /// Whether it is the key's answer for good.
    pub(crate) const fn is_final(self) -> bool {
        match self {
            Self::TooManyEndpoints { .. } | Self::EndpointDisabled(_) => true,
            Self::EndpointNotFound(_) | Self::DeliveryNotFound(_) | Self::AheadOfFeed { .. } => {
                false
            }
        }
    }
}
