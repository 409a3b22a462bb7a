//! Exchanges with receivers over HTTP.

mod client;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use domain::id::AccountId;
use domain::limits::ATTEMPT_BODY_BYTES_MAX;
use domain::time::SECOND_MS;
use domain::webhooks::delivery::{AttemptFault, DeliveryAttempt};
use domain::webhooks::endpoint::SigningSecret;
use engine::credentials::{Credentials, Mode};
use engine::reads::Reads;
use engine::webhooks::{Done, Ended, Exchange, Outbound};
use engine::{ActivityRow, Clock, StoreError};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response};
use tokio::runtime::Handle;
use tokio::time::timeout;

use self::client::OutboundError;
use super::address::{Refused, UrlRules};
use super::names::{CheckedDns, Unresolved};
use super::signing::{Message, Signer, signature};
use crate::activity::told::{FeedOf, Told};
use crate::config::WebhooksSettings;
use crate::render::{JSON, bytes};
use crate::secrets::Secrets;

/// A receiver has so long to take an event and answer, from the first look at its name to the last byte.
pub(crate) const EXCHANGE: Duration = Duration::from_secs(15);
/// Bytes of an answer's body that are read; who has more to say is not listened to any longer.
const BODY_BYTES_READ_MAX: usize = 65_536;

/// Sends to receivers.
#[derive(Clone)]
pub(crate) struct Sender {
    client: Client,
    secrets: Secrets,
    clock: Arc<dyn Clock>,
    rules: UrlRules,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sender").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// What is sent, and to whom.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub(crate) url: Arc<str>,
    pub(crate) signer: Signer,
    pub(crate) secrets: Arc<[SigningSecret]>,
    /// The `webhook-id`.
    pub(crate) id: String,
    pub(crate) body: Vec<u8>,
}

/// Whether there can be a sender by these settings.
///
/// # Errors
/// [`OutboundError`].
pub(crate) fn check(settings: &WebhooksSettings) -> Result<(), OutboundError> {
    client::client(settings, CheckedDns::of(UrlRules::default())).map(drop)
}

impl Sender {
    /// A sender by these settings.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub(crate) fn new(
        settings: &WebhooksSettings,
        secrets: Secrets,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OutboundError> {
        let rules = UrlRules { allow_private: settings.allow_private };
        Self::by_names(settings, CheckedDns::of(rules), secrets, clock)
    }

    /// A sender by these settings that finds receivers by these names.
    fn by_names(
        settings: &WebhooksSettings,
        names: CheckedDns,
        secrets: Secrets,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OutboundError> {
        let rules = UrlRules { allow_private: settings.allow_private };
        let client = client::client(settings, names)?;
        Ok(Self { client, secrets, clock, rules })
    }

    /// One attempt.
    pub(crate) async fn send(&self, parcel: Parcel, limit: Duration) -> Ended {
        let (at, began_micros) = (self.clock.now(), self.clock.micros());
        let exchanged = timeout(limit, self.exchange(&parcel, at)).await;
        let micros = self.clock.micros().saturating_sub(began_micros);
        let millis = u32::try_from(micros / 1_000).unwrap_or(u32::MAX);
        let (answered, fault) = match exchanged {
            Ok(Ok(answered)) => (answered, None),
            Ok(Err(fault)) => (Answered::default(), Some(fault)),
            Err(_) => (Answered::default(), Some(AttemptFault::Timeout)),
        };
        let Answered { status, retry_after_ms, body } = answered;
        let attempt = DeliveryAttempt { at, millis, response_status: status, fault, body };
        Ended { attempt, retry_after_ms }
    }

    async fn exchange(&self, parcel: &Parcel, at: Timestamp) -> Result<Answered, AttemptFault> {
        // The rules may have become stricter since the endpoint was made.
        let url = self.rules.check(&parcel.url).map_err(|_| AttemptFault::AddressRefused)?;
        let timestamp = at.as_millis().div_euclid(SECOND_MS);
        let message = Message { id: &parcel.id, timestamp, body: &parcel.body };
        let signature = signature(&self.secrets, parcel.signer, &parcel.secrets, message);
        let Some(signature) = signature else {
            tracing::error!(
                endpoint = %parcel.signer.endpoint,
                "a delivery cannot be signed: this node lacks the secret; give it the newest secrets file"
            );
            return Err(AttemptFault::Connect);
        };
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, JSON)
            .header("webhook-id", &parcel.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(parcel.body.clone());
        let response = request.send().await.map_err(|error| fault_of(&error))?;
        let status = response.status().as_u16();
        let retry_after_ms = retry_after(response.headers(), at);
        let body = first_bytes(response).await?;
        Ok(Answered { status: Some(status), retry_after_ms, body })
    }
}

/// What a receiver said.
#[derive(Debug, Default)]
struct Answered {
    status: Option<u16>,
    retry_after_ms: Option<i64>,
    body: Vec<u8>,
}

/// The beginning of an answer. A body that breaks off is a broken answer: the receiver may have failed while it wrote.
async fn first_bytes(mut response: Response) -> Result<Vec<u8>, AttemptFault> {
    let mut kept = Vec::new();
    let mut read = 0_usize;
    while read < BODY_BYTES_READ_MAX {
        let chunk = response.chunk().await.map_err(|error| fault_of(&error))?;
        let Some(chunk) = chunk else { break };
        read = read.saturating_add(chunk.len());
        let room = ATTEMPT_BODY_BYTES_MAX.saturating_sub(kept.len());
        kept.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
    }
    Ok(kept)
}

/// Milliseconds that `Retry-After` asks for: seconds, or an HTTP date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Whatever has more digits is a day and more.
        let seconds = text.parse::<i64>().unwrap_or(i64::MAX);
        return Some(seconds.saturating_mul(SECOND_MS));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    let at = i64::try_from(since.as_millis()).ok()?;
    Some(Timestamp::from_millis(at).millis_since(now).max(0))
}

/// What an error comes down to. Its text is not kept: it would tell what is in the network of the server.
fn fault_of(error: &reqwest::Error) -> AttemptFault {
    let mut next = error.source();
    while let Some(cause) = next {
        if cause.is::<Refused>() {
            return AttemptFault::AddressRefused;
        }
        if cause.is::<Unresolved>() {
            return AttemptFault::Dns;
        }
        if cause.is::<rustls::Error>() {
            return AttemptFault::Tls;
        }
        // What an I/O error carries is not among its sources, and may be another one that carries something.
        let carried = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = carried.map_or_else(|| cause.source(), |carried| Some(carried));
    }
    if error.is_timeout() {
        AttemptFault::Timeout
    } else if error.is_connect() {
        AttemptFault::Connect
    } else {
        AttemptFault::Broken
    }
}

/// Carries out the exchanges of the dispatcher on the server's runtime.
pub(crate) struct HttpOutbound {
    sender: Sender,
    runtime: Handle,
    reads: Arc<dyn Reads>,
    credentials: Arc<dyn Credentials>,
    /// Whether accounts are about real data, of those that are known.
    modes: BTreeMap<AccountId, Mode>,
}

impl std::fmt::Debug for HttpOutbound {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("HttpOutbound").field("sender", &self.sender).finish_non_exhaustive()
    }
}

impl HttpOutbound {
    pub(crate) fn new(
        sender: Sender,
        runtime: Handle,
        reads: Arc<dyn Reads>,
        credentials: Arc<dyn Credentials>,
    ) -> Self {
        Self { sender, runtime, reads, credentials, modes: BTreeMap::new() }
    }

    fn mode(&mut self, account: AccountId) -> Result<Mode, StoreError> {
        if !self.modes.contains_key(&account) {
            // Whoever has an endpoint has had a key.
            let accounts = self.credentials.keys()?.into_iter().map(|(_, account)| account);
            self.modes = accounts.map(|account| (account.id, account.mode)).collect();
        }
        Ok(self.modes.get(&account).copied().unwrap_or(Mode::Live))
    }

    /// The event as everybody is told of it.
    fn tell(&mut self, account: AccountId, event: &ActivityRow) -> Result<Told, StoreError> {
        let mode = self.mode(account)?;
        let told =
            FeedOf { account, mode }.tell(self.reads.as_ref(), std::slice::from_ref(event))?;
        told.into_iter().next().ok_or_else(|| StoreError::Unavailable("nothing is told".to_owned()))
    }
}

impl Outbound for HttpOutbound {
    fn send(&mut self, exchange: Exchange, done: Done) {
        let Exchange { account, endpoint, url, secrets, event } = exchange;
        let envelope = match self.tell(account, &event) {
            Ok(told) => told.event,
            Err(error) => {
                tracing::warn!(%error, "an event cannot be read to be sent; it is tried again");
                return;
            }
        };
        let signer = Signer { account, endpoint };
        let body = bytes(&envelope);
        let parcel = Parcel { url, signer, secrets, id: envelope.id, body };
        let sender = self.sender.clone();
        // There are never more than the dispatcher keeps open, and each tells its end by itself.
        let _exchange = self.runtime.spawn(async move {
            done.tell(sender.send(parcel, EXCHANGE).await);
        });
    }
}
