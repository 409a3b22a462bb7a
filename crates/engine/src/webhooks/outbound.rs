//! The way out: exchanges with receivers. What speaks to the network implements it; the simulator does as well.

use std::fmt;
use std::sync::Arc;

use domain::id::{AccountId, WebhookEndpointId};
use domain::webhooks::delivery::DeliveryAttempt;
use domain::webhooks::endpoint::SigningSecret;

use super::wake::Wake;
use crate::store::ActivityRow;

/// One request to a receiver.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Whose endpoint it is.
    pub account: AccountId,
    /// Which.
    pub endpoint: WebhookEndpointId,
    /// Where to.
    pub url: Arc<str>,
    /// What it is signed with.
    pub secrets: Arc<[SigningSecret]>,
    /// What is said.
    pub event: Arc<ActivityRow>,
}

/// What came of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The attempt.
    pub attempt: DeliveryAttempt,
    /// Milliseconds that the receiver asked to wait.
    pub retry_after_ms: Option<i64>,
}

/// Carries out exchanges.
pub trait Outbound: Send {
    /// Begins an exchange, and does not wait for it. `done` hears what came of it, in the end and once.
    fn send(&mut self, exchange: Exchange, done: Done);
}

/// An exchange that has ended, and which.
#[derive(Clone, Debug)]
pub(super) struct Completed {
    pub(super) exchange: u64,
    /// `None` where whoever had it is gone without a word.
    pub(super) ended: Option<Ended>,
}

/// Hears what came of an exchange. One that is dropped has heard that nothing did.
pub struct Done {
    exchange: u64,
    wake: Option<Wake>,
}

impl Done {
    pub(super) const fn new(exchange: u64, wake: Wake) -> Self {
        Self { exchange, wake: Some(wake) }
    }

    /// Tells it.
    pub fn tell(mut self, ended: Ended) {
        if let Some(wake) = self.wake.take() {
            wake.completed(Completed { exchange: self.exchange, ended: Some(ended) });
        }
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if let Some(wake) = self.wake.take() {
            wake.completed(Completed { exchange: self.exchange, ended: None });
        }
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Done").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}
