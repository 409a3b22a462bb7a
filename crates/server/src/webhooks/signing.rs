//! Signatures, as the Standard Webhooks specification 1.0 has them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::id::{AccountId, WebhookEndpointId};
use domain::webhooks::endpoint::SigningSecret;
use standardwebhooks::Webhook;

use crate::secrets::Secrets;

/// What the text of a secret begins with.
const PREFIX: &str = "whsec_";

/// Whose secret it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signer {
    pub(crate) account: AccountId,
    pub(crate) endpoint: WebhookEndpointId,
}

/// A secret as receivers have it; `None` where the server's secret that it is derived from is not here.
pub(crate) fn secret_text(
    secrets: &Secrets,
    signer: Signer,
    secret: SigningSecret,
) -> Option<String> {
    let Signer { account, endpoint } = signer;
    let bytes = secrets.webhook_secret(account, endpoint, secret)?;
    Some(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    /// The `webhook-id`.
    pub(crate) id: &'a str,
    /// The `webhook-timestamp`: seconds since 1970.
    pub(crate) timestamp: i64,
    /// The body.
    pub(crate) body: &'a [u8],
}

/// The `webhook-signature`: one signature of each secret, the current one first. `None` where no secret is here.
pub(crate) fn signature(
    secrets: &Secrets,
    signer: Signer,
    all: &[SigningSecret],
    message: Message<'_>,
) -> Option<String> {
    let sign = |secret: &SigningSecret| {
        let webhook = Webhook::new(&secret_text(secrets, signer, *secret)?).ok()?;
        webhook.sign(message.id, message.timestamp, message.body).ok()
    };
    let signatures: Vec<String> = all.iter().filter_map(sign).collect();
    (!signatures.is_empty()).then(|| signatures.join(" "))
}
