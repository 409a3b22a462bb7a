//! Signatures: the published vectors, and each check that can fail.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bookonce_client::webhooks::{
    Event, Headers, SECRET_BYTES_MIN, SecretError, Secrets, TOLERANCE, VerifyError, verify,
    verify_at,
};

/// A secret, what was signed with it, and the signature.
struct Vector {
    secret: &'static str,
    id: &'static str,
    timestamp: &'static str,
    body: &'static str,
    signature: &'static str,
}

/// Of the reference libraries: that of JavaScript, Python and Go, and that of Rust.
const PUBLISHED: [Vector; 2] = [
    Vector {
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330",
        body: r#"{"test": 2432232314}"#,
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    Vector {
        secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        timestamp: "1649367553",
        body: r#"{"email":"test@example.com","username":"test_user"}"#,
        signature: "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    },
];

/// Of another message.
const OTHER: &str = "v1,tFtCZ5RDCPxzWQRWXWPgrCgE2frDBe9gjpbWQxnVfsQ=";

impl Vector {
    fn headers(&self) -> Headers<'_> {
        Headers {
            id: Some(self.id),
            timestamp: Some(self.timestamp),
            signature: Some(self.signature),
        }
    }

    fn secrets(&self) -> Secrets {
        Secrets::new([self.secret]).expect("a secret")
    }

    fn sent_at(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.timestamp.parse().expect("seconds"))
    }

    fn check<'a>(&'a self, headers: Headers<'a>) -> Result<Event<'a>, VerifyError> {
        verify_at(&self.secrets(), headers, self.body.as_bytes(), self.sent_at())
    }
}

#[test]
fn published_vectors_are_believed() {
    for vector in &PUBLISHED {
        let Vector { id, body, .. } = vector;
        let event = vector.check(vector.headers()).expect("it is genuine");
        assert_eq!(event, Event { id, sent_at: vector.sent_at(), body: body.as_bytes() });
    }
}

#[test]
fn whatever_is_changed_is_noticed() {
    let [vector, other] = &PUBLISHED;
    let headers = vector.headers();
    let later = (vector.timestamp.parse::<u64>().expect("seconds") + 1).to_string();
    for changed in [
        Headers { id: Some("msg_p5jXN8AQM9LWM0D4loKWxJel"), ..headers },
        Headers { timestamp: Some(&later), ..headers },
        Headers { timestamp: Some("01614265330"), ..headers },
        Headers { signature: Some(OTHER), ..headers },
        Headers { signature: Some("v1,"), ..headers },
        Headers { signature: Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE"), ..headers },
        Headers { signature: Some("v1,g0hM9SsE"), ..headers },
        Headers { signature: Some("v1,é"), ..headers },
    ] {
        assert_eq!(vector.check(changed), Err(VerifyError::WrongSignature), "{changed:?}");
    }
    let now = vector.sent_at();
    for body in ["", r#"{"test": 2432232315}"#, r#"{"test":2432232314}"#] {
        let checked = verify_at(&vector.secrets(), headers, body.as_bytes(), now);
        assert_eq!(checked, Err(VerifyError::WrongSignature), "{body}");
    }
    let checked = verify_at(&other.secrets(), headers, vector.body.as_bytes(), now);
    assert_eq!(checked, Err(VerifyError::WrongSignature), "another secret");
}

#[test]
fn one_of_several_signatures_and_secrets_is_enough() {
    let [vector, other] = &PUBLISHED;
    let both = Secrets::new([other.secret, vector.secret]).expect("secrets");
    for signature in [
        format!("{OTHER} {}", vector.signature),
        format!("{} {OTHER}", vector.signature),
        format!("v1a,AAAA {} v2,x nonsense", vector.signature),
    ] {
        let headers = Headers { signature: Some(&signature), ..vector.headers() };
        for secrets in [&both, &vector.secrets()] {
            let checked = verify_at(secrets, headers, vector.body.as_bytes(), vector.sent_at());
            assert_eq!(checked.map(|event| event.id), Ok(vector.id), "{signature}");
        }
    }
}

#[test]
fn what_is_missing_or_unknown_is_said() {
    let [vector, _] = &PUBLISHED;
    let headers = vector.headers();
    for (name, without) in [
        ("webhook-id", Headers { id: None, ..headers }),
        ("webhook-timestamp", Headers { timestamp: None, ..headers }),
        ("webhook-signature", Headers { signature: None, ..headers }),
    ] {
        assert_eq!(vector.check(without), Err(VerifyError::MissingHeader(name)));
    }
    for timestamp in ["", "soon", "-1", "+1614265330", " 1614265330", "99999999999999999999999"] {
        let headers = Headers { timestamp: Some(timestamp), ..headers };
        assert_eq!(vector.check(headers), Err(VerifyError::Timestamp), "{timestamp}");
    }
    for signature in
        ["", "v1", "v1a,AAAA", "V1,g0hM", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="]
    {
        let headers = Headers { signature: Some(signature), ..headers };
        assert_eq!(vector.check(headers), Err(VerifyError::NoKnownSignature), "{signature}");
    }
}

#[test]
fn what_was_sent_at_another_time_is_not_believed() {
    let [vector, _] = &PUBLISHED;
    let at = |now| verify_at(&vector.secrets(), vector.headers(), vector.body.as_bytes(), now);
    let (sent_at, second) = (vector.sent_at(), Duration::from_secs(1));
    for now in [sent_at + TOLERANCE, sent_at - TOLERANCE] {
        assert!(at(now).is_ok(), "{now:?}");
    }
    let seconds = TOLERANCE.as_secs() + 1;
    assert_eq!(at(sent_at + TOLERANCE + second), Err(VerifyError::TooOld { seconds }));
    assert_eq!(at(sent_at - TOLERANCE - second), Err(VerifyError::TooNew { seconds }));
    let now = verify(&vector.secrets(), vector.headers(), vector.body.as_bytes());
    assert!(matches!(now, Err(VerifyError::TooOld { .. })), "{now:?}");
}

#[test]
fn secrets_are_checked_before_they_are_used() {
    let none: [&str; 0] = [];
    assert_eq!(Secrets::new(none).err(), Some(SecretError::None));
    for (text, why) in [
        ("", SecretError::Prefix),
        ("bo_live_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SecretError::Prefix),
        ("whsec_", SecretError::Length),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", SecretError::Base64),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaQ=", SecretError::Length),
    ] {
        assert_eq!(Secrets::new([text]).err(), Some(why), "{text}");
    }
    assert_eq!(SECRET_BYTES_MIN, 24);
    let read =
        Secrets::new(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"]).expect("as a file has it");
    assert_eq!(format!("{read:?}"), "Secrets(1)", "it is not shown");
}

#[cfg(feature = "envelope")]
#[test]
fn an_envelope_is_read_with_members_of_later_releases() {
    let body = br#"{"id":"msg_1","type":"booking.reserved","schema_version":2,"livemode":false,
        "created_at":"2026-02-15T09:00:00.000Z","position":7,"resource_id":"bkg_1","resource_seq":1,
        "data":{"quantity":2},"later":true}"#;
    let event = Event { id: "msg_1", sent_at: UNIX_EPOCH, body };
    let envelope = event.envelope().expect("an envelope");
    assert_eq!((envelope.kind.as_str(), envelope.resource_seq), ("booking.reserved", 1));
    assert_eq!(envelope.data["quantity"], 2);
    assert!(Event { body: b"[]", ..event }.envelope().is_err());
}
