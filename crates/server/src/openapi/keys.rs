//! Operations on idempotency keys.
#![expect(dead_code, reason = "the functions are there for their documentation only")]

use wire::KeyRecord;

use super::{describe, examples};

const TAG: &str = "Idempotency keys";
const ABOUT: &str = "Did my request arrive? And what if it must not arrive any more?";

describe! {
    /// Retrieve an idempotency key
    ///
    /// `in_progress` while its request is being decided, `completed` with the status and id of what it made,
    /// or `retired`. 404 says that nothing is committed under it; the request may still be on its way: send
    /// it again with the same key, or retire the key. A customer token sees the keys of its own user.
    idempotency_key_show(
        params((
            "key" = String,
            Path,
            description = "The key as it was sent, without quotes, percent-encoded.",
            min_length = 1,
            max_length = 255,
            example = "8e03978e-40d5-43dd-bc93-6894a57f9324",
        )),
        responses((
            status = 200,
            description = "The record of the key.",
            body = KeyRecord,
            example = json!(examples::key_record()),
        )),
    )

    /// Retire an idempotency key
    ///
    /// Makes sure that nothing will ever be booked under the key: if no request was decided under it, none
    /// will be, and every one that comes is refused with `KEY_RETIRED`. If one was, its record is answered
    /// and stays. A customer token retires only keys that were used with it: of others it is 404. Takes no
    /// body, or `{}`.
    idempotency_key_retire(
        params((
            "key" = String,
            Path,
            description = "The key, without quotes, percent-encoded.",
            min_length = 1,
            max_length = 255,
            example = "8e03978e-40d5-43dd-bc93-6894a57f9324",
        )),
        responses((
            status = 200,
            description = "The record of the key: retired, or what it was already.",
            body = KeyRecord,
            examples(
                ("nothing_decided" = (
                    summary = "Nothing was decided, and nothing will be",
                    value = json!(examples::retired_key()),
                )),
                ("was_decided" = (
                    summary = "It was decided before",
                    value = json!(examples::key_record()),
                )),
            ),
        )),
    )
}
