//! Problems with the request itself: its form, its key, its credential, and the server's state.

use wire::Retry;

use super::Entry;

pub(super) const INVALID_REQUEST: Entry = Entry {
    status: 400,
    title: "Invalid request",
    action: "Correct the fields that are listed and send the request again.",
    tip: None,
    retry: Retry::Never,
    explanation: "The body is not JSON, or a field or query parameter is unknown, missing or not \
        of its type or range. `fields` names each one and says what it must be, as in \
        `zones[0].price is required`. Nothing was decided and the idempotency key is not used up, \
        so the corrected request may carry the same key.",
};

pub(super) const INVALID_QUANTITY: Entry = Entry {
    status: 400,
    title: "Invalid quantity",
    action: "Ask for a whole number of tickets between 1 and 1,000.",
    tip: None,
    retry: Retry::Never,
    explanation: "The quantity is below 1 or above what one booking may hold. Check the number \
        before you send it; for more tickets make several bookings, each with its own key. For \
        example `\"quantity\": 0` is answered with this code, and so is `\"quantity\": 1001`.",
};

pub(super) const IDEMPOTENCY_KEY_REQUIRED: Entry = Entry {
    status: 400,
    title: "Idempotency key required",
    action: "Send the header Idempotency-Key with a new random value for every new booking, and \
        the same value on every retry of it.",
    tip: Some(
        "A UUID made when the buyer presses the button, and kept until the answer, is right.",
    ),
    retry: Retry::Never,
    explanation: "Every request that takes stock or money needs an idempotency key, because \
        without one a retry after a lost answer would book twice. Make the key where the intent \
        is born and store it before the first attempt. For example: \
        `Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324`.",
};

pub(super) const IDEMPOTENCY_KEY_INVALID: Entry = Entry {
    status: 400,
    title: "Idempotency key invalid",
    action: "Send one key of 1 to 255 visible ASCII characters.",
    tip: None,
    retry: Retry::Never,
    explanation: "The key is empty, longer than 255 characters, or contains spaces, control \
        characters or characters outside ASCII; or two headers name two different keys. A comma \
        without quotes is refused as well, since a proxy joins two header lines by one. \
        `abc` and `\"abc\"` are the same key, so either form may be sent. For example \
        `Idempotency-Key: order 17` is refused and `Idempotency-Key: order-17` is not.",
};

pub(super) const UNAUTHORIZED: Entry = Entry {
    status: 401,
    title: "Unauthorized",
    action: "Send a valid credential in the header Authorization: Bearer.",
    tip: None,
    retry: Retry::Never,
    explanation: "There is no credential, or it is unknown, revoked or expired. Send a secret key \
        or a customer token; a customer token that has expired is replaced by a new one from \
        `POST /customer_tokens`. For example: `Authorization: Bearer bo_live_…`. Nothing was \
        decided, so the same idempotency key works once the credential does.",
};

pub(super) const FORBIDDEN: Entry = Entry {
    status: 403,
    title: "Forbidden",
    action: "Use a credential that has the scope for this.",
    tip: None,
    retry: Retry::Never,
    explanation: "The credential is valid but may not do this: a key lacks the scope, or a \
        customer token tried to pay, to allow a duplicate or to act for another user. Make the \
        request from your own server with a key that has the scope. For example creating an \
        event needs the scope `admin`, reserving needs `book`.",
};

pub(super) const NOT_FOUND: Entry = Entry {
    status: 404,
    title: "Not found",
    action: "Check the id and that it belongs to this account and mode.",
    tip: Some("Live and test data never mix: a test key does not see live bookings."),
    retry: Retry::Never,
    explanation: "Nothing has this address or id, or it belongs to another account, which looks \
        the same from outside. When the body names something that does not exist, the answer is \
        final for its idempotency key. For example reserving in a `zone_id` of another event is \
        answered with this code.",
};

pub(super) const METHOD_NOT_ALLOWED: Entry = Entry {
    status: 405,
    title: "Method not allowed",
    action: "Use one of the methods in the header Allow.",
    tip: None,
    retry: Retry::Never,
    explanation: "The address exists but not with this method. The header `Allow` lists those it \
        has, and `/openapi.json` describes them. For example a booking is cancelled by \
        `POST /bookings/{id}/cancel`, not by `DELETE`.",
};

pub(super) const BODY_TOO_LARGE: Entry = Entry {
    status: 413,
    title: "Body too large",
    action: "Send at most 256 KiB, or 4 MiB to create an event.",
    tip: None,
    retry: Retry::Never,
    explanation: "The body is larger than 256 KiB (4 MiB to create an event), which no request needs except a zone with very \
        many labelled seats. Shorten the labels or divide the seats among several zones. Nothing \
        of the body was read as a request.",
};

pub(super) const UNSUPPORTED_MEDIA_TYPE: Entry = Entry {
    status: 415,
    title: "Unsupported media type",
    action: "Send JSON with the header Content-Type: application/json.",
    tip: None,
    retry: Retry::Never,
    explanation: "The body is declared as something other than JSON, or is compressed. Encode it \
        as JSON in UTF-8 and say so. For example a form post with \
        `application/x-www-form-urlencoded` is answered with this code.",
};

pub(super) const HEADERS_TOO_LARGE: Entry = Entry {
    status: 431,
    title: "Headers too large",
    action: "Send less than 16 KiB of headers.",
    tip: None,
    retry: Retry::Never,
    explanation: "The request line and headers together are larger than 16 KiB. Cookies of other \
        services on the same domain are the usual cause. Leave out what this API does not need: \
        it reads no cookies.",
};

pub(super) const REQUEST_IN_PROGRESS: Entry = Entry {
    status: 409,
    title: "Request in progress",
    action: "Wait for the seconds in Retry-After, then send the same request with the same key.",
    tip: Some("With Prefer: wait=30 the server waits for the outcome up to 30 seconds."),
    retry: Retry::SameKey,
    explanation: "The first request with this key is still being decided, and this one has waited \
        for it as long as it asked to. Send it again, unchanged: as soon as the first is decided, \
        its answer is yours. For example two tabs that complete the same checkout at once can \
        meet like this.",
};

pub(super) const KEY_RETIRED: Entry = Entry {
    status: 409,
    title: "Idempotency key retired",
    action: "If existing_id is given, read that booking; otherwise nothing was booked under this \
        key, and a new attempt needs a new key.",
    tip: None,
    retry: Retry::Never,
    explanation: "This key was decided long ago and its answer is no longer kept, or it was \
        retired by request; it can never book again. `existing_id` names what it made, or is \
        `null` if it made nothing. For example a job that repeats a request of last month is \
        answered with this code, not with a second booking.",
};

pub(super) const IDEMPOTENCY_KEY_REUSED: Entry = Entry {
    status: 422,
    title: "Idempotency key reused",
    action: "For a retry send exactly the first request; for a new booking make a new key.",
    tip: Some("Member order and white space may differ; values and the path may not."),
    retry: Retry::Never,
    explanation: "The key belongs to a request with another method, path, query or body. Find out \
        which of the two was meant before sending anything: a new key for what was really a retry \
        books twice. For example a client that recomputes a timestamp in the body on every \
        attempt is answered with this code.",
};

pub(super) const TOO_MANY_REQUESTS: Entry = Entry {
    status: 429,
    title: "Too many requests",
    action: "Wait for the seconds in Retry-After, then send the same request with the same key.",
    tip: Some("X-RateLimit-Remaining shows how many requests are left before this happens."),
    retry: Retry::SameKey,
    explanation: "The credential has used up its rate limit. Nothing was decided and nothing is \
        reserved by waiting, so slow down and repeat the request as it was. For example \
        `Retry-After: 1` means that a second later there is room again.",
};

pub(super) const INTERNAL_ERROR: Entry = Entry {
    status: 500,
    title: "Internal error",
    action: "Send the same request with the same key after a short wait.",
    tip: Some("Quote request_id when you report it."),
    retry: Retry::SameKey,
    explanation: "Something went wrong on our side. Whether the request took effect is not known \
        from this answer, but its key knows: the same request with the same key returns the first \
        outcome or carries it out once. Wait a little longer after each attempt, for example 1, \
        2, then 4 seconds.",
};

pub(super) const NOT_IMPLEMENTED: Entry = Entry {
    status: 501,
    title: "Not implemented",
    action: "Send the body as it is, or with Transfer-Encoding: chunked.",
    tip: None,
    retry: Retry::Never,
    explanation: "The body is sent in a transfer coding that is not read. Send it plain, with its \
        length or in chunks. For example `Transfer-Encoding: gzip, chunked` is answered with this \
        code.",
};

pub(super) const SERVICE_UNAVAILABLE: Entry = Entry {
    status: 503,
    title: "Service unavailable",
    action: "Wait for the seconds in Retry-After, then send the same request with the same key.",
    tip: None,
    retry: Retry::SameKey,
    explanation: "The server cannot decide now: its queue is full, its store is out of reach, or \
        time ran out. Whether the request took effect is not known from this answer, but the same \
        request with the same key returns the first outcome or carries it out once. For example \
        during a restart every request is answered like this for a moment.",
};
