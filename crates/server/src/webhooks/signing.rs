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
    let sign = |secret: &SigningSecret| sign(&secret_text(secrets, signer, *secret)?, message);
    let signatures: Vec<String> = all.iter().filter_map(sign).collect();
    (!signatures.is_empty()).then(|| signatures.join(" "))
}

/// A signature by a secret as receivers have it; `None` where that is none.
fn sign(secret: &str, message: Message<'_>) -> Option<String> {
    Webhook::new(secret).ok()?.sign(message.id, message.timestamp, message.body).ok()
}

#[cfg(test)]
mod tests {
    use domain::record::FIRST_SECRET;

    use super::*;

    /// Of the reference libraries: that of JavaScript, Python and Go, and that of Rust. The tests of the crate
    /// `bookonce-client` believe the same.
    #[test]
    fn published_vectors_are_signed_as_published() {
        for (secret, id, timestamp, body, signature) in [
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                r#"{"test": 2432232314}"#,
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                1_649_367_553,
                r#"{"email":"test@example.com","username":"test_user"}"#,
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
        ] {
            let message = Message { id, timestamp, body: body.as_bytes() };
            assert_eq!(sign(secret, message).as_deref(), Some(signature), "{id}");
        }
    }

    #[test]
    fn each_secret_signs_and_the_current_one_comes_first() {
        let secrets = Secrets::from_master(&[7; 32]);
        let signer =
            Signer { account: AccountId::from_raw(1), endpoint: WebhookEndpointId::from_raw(2) };
        let of = |generation| SigningSecret { generation, derived_from: FIRST_SECRET.into() };
        let message = Message { id: "msg_1", timestamp: 1, body: b"{}" };
        let alone = |generation| sign(&secret_text(&secrets, signer, of(generation))?, message);
        let (new, old) = (alone(1).unwrap(), alone(0).unwrap());
        assert_ne!(new, old);
        let both = signature(&secrets, signer, &[of(1), of(0)], message);
        assert_eq!(both, Some(format!("{new} {old}")));
        // One that is derived from what this node lacks is left out, and nothing is sent unsigned.
        let lacking = SigningSecret { generation: 0, derived_from: 9 };
        assert_eq!(signature(&secrets, signer, &[of(1), lacking], message), Some(new));
        assert_eq!(signature(&secrets, signer, &[lacking], message), None);
    }
}
