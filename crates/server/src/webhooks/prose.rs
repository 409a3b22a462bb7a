//! What we say about the codes of this chapter.

use wire::Retry;

use crate::problem::Entry;

pub(crate) const TOO_MANY_ENDPOINTS: Entry = Entry {
    status: 409,
    title: "Too many webhook endpoints",
    action: "Delete an endpoint that nobody needs any more, or send several event types to one.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "An account has at most 100 webhook endpoints. `GET /webhook_endpoints` lists them; one that is \
        disabled counts, one that was deleted does not. One endpoint can take any number of event types: for example \
        `\"event_types\": [\"booking.*\", \"payment.*\"]`.",
};

pub(crate) const ENDPOINT_DISABLED: Entry = Entry {
    status: 409,
    title: "Webhook endpoint disabled",
    action: "Enable the endpoint first: PATCH it with {\"enabled\": true}.",
    tip: None,
    retry: Retry::NewKey,
    explanation: "Nothing is sent to a webhook endpoint that is disabled, so nothing can be sent again. It was \
        disabled by you, by an answer 410, or by five days of nothing but failures; `disabled_reason` says which. For \
        example `PATCH /webhook_endpoints/whk_… {\"enabled\": true}`, then `POST /webhook_endpoints/whk_…/replay`.",
};
