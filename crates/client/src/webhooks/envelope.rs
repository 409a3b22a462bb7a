//! What an event says.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Event;

/// One thing that happened, as every delivery and `GET /activity` tell it. Later releases may add members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Envelope {
    /// Names this happening; `webhook-id` is the same.
    pub id: String,
    /// What happened: `booking.reserved`. There may be more types than you know.
    #[serde(rename = "type")]
    pub kind: String,
    /// The version of the shape of `data`.
    pub schema_version: u32,
    /// Whether it is about real data, and not that of a test key.
    pub livemode: bool,
    /// When it happened, as RFC 3339 has it, in UTC.
    pub created_at: String,
    /// Its place among all that happened in the account: grows, without gaps. 0 for a `ping`.
    pub position: i64,
    /// What it happened to.
    pub resource_id: String,
    /// Its place among all that happened to that resource, from 1. An event whose number is not higher than the last that
    /// was handled of its resource was handled before.
    pub resource_seq: i64,
    /// What it is about, as it was then; the shape depends on the type.
    pub data: Value,
}

impl Event<'_> {
    /// What it says.
    ///
    /// # Errors
    /// When the body is not an envelope. It is signed all the same, so this is not an attack.
    pub fn envelope(&self) -> Result<Envelope, serde_json::Error> {
        serde_json::from_slice(self.body)
    }
}
