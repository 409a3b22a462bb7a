//! Operations on the activity feed.
#![expect(dead_code, reason = "the functions are there for their documentation only")]

use wire::ActivityList;

use super::{describe, examples};

const TAG: &str = "Activity";
const ABOUT: &str = "Everything that happened in the account, in order and without gaps, \
    written in the commit of the change itself: `event.created`, `event.updated`, `zone.updated`, \
    `booking.reserved`, `booking.confirmed`, `booking.released`, `booking.expired`, \
    `booking.cancelled`, `payment.captured`, `payment.refund_pending`, `payment.refunded`, \
    `idempotency.collision`, `webhook_endpoint.created`, `webhook_endpoint.updated`, \
    `webhook_endpoint.disabled`, `webhook_endpoint.deleted`. `data` is the thing as its GET shows it, as it was then, without free text.";

describe! {
    /// List activity
    ///
    /// The oldest first: go on from the last `position` that you have seen. Entries are kept for a number of
    /// days that is a setting of the server; `removed_up_to` says which are gone. `head` is where the feed
    /// ends: if it is lower than your `after`, the store was restored from a backup that is older than what
    /// you have seen.
    activity_list(
        params(
            (
                "after" = Option<u64>,
                Query,
                description = "Only what has a higher `position`; `next` of the page before.",
                example = 1040,
            ),
            (
                "type" = Option<String>,
                Query,
                description = "Only these types, separated by commas; `booking.*` is all that begin so.",
                example = "booking.confirmed,payment.*",
            ),
            (
                "resource_id" = Option<String>,
                Query,
                description = "Only what happened to this.",
                example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra",
            ),
        ),
        responses((
            status = 200,
            description = "A page of the feed.",
            body = ActivityList,
            example = json!(examples::activities()),
        )),
    )

    /// Stream activity
    ///
    /// Server-sent events, as they are committed. `id` is the `position`, `event` the `type`, and `data` the
    /// JSON of an `ActivityEvent`. A comment every 15 s shows that the stream lives. When it breaks, open it
    /// again with the last `id` as `Last-Event-ID`, as browsers do by themselves: nothing is skipped.
    ///
    /// If entries after the one that you name are not kept any more, the first event is `activity.removed`
    /// with `{"removed_up_to": …}`: what happened up to that position has to be read from the things themselves.
    /// If you name a position that is beyond the end of the feed, as after a restore from a backup, the first
    /// event is `activity.ahead` with `{"head": …}`, and the stream goes on from there: read the things again.
    /// An open stream tells it within some seconds, when its database has failed over to a standby that was behind.
    ///
    /// Without `Last-Event-ID` and `after` the stream begins with what happens from now on.
    activity_stream(
        params(
            (
                "Last-Event-ID" = Option<u64>,
                Header,
                description = "Only what has a higher `position`; it counts before `after`.",
                example = 1040,
                nullable = false,
            ),
            (
                "after" = Option<u64>,
                Query,
                description = "Only what has a higher `position`.",
                example = 1040,
            ),
            (
                "type" = Option<String>,
                Query,
                description = "Only these types, separated by commas; `booking.*` is all that begin so.",
                example = "booking.*",
            ),
            (
                "resource_id" = Option<String>,
                Query,
                description = "Only what happens to this.",
                example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra",
            ),
        ),
        responses((
            status = 200,
            description = "The stream. It ends when the server stops.",
            body = String,
            content_type = "text/event-stream",
            headers(
                ("Cache-Control" = String, description = "Always `no-cache`."),
                ("X-Accel-Buffering" = String, description = "Always `no`: proxies pass entries on as they come."),
            ),
            example = json!(examples::stream()),
        )),
    )
}
