//! The headers of answers, each described once.

use serde_json::{Value, json};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::{Components, Object, Ref, RefOr, Type};

use super::common::component;
use super::examples::{REQUEST_ID, RETRY_SECONDS};

pub(super) const X_REQUEST_ID: &str = "X-Request-Id";
pub(super) const IDEMPOTENT_REPLAYED: &str = "Idempotent-Replayed";
pub(super) const RETRY_AFTER: &str = "Retry-After";
pub(super) const WWW_AUTHENTICATE: &str = "WWW-Authenticate";
/// The caller's rate limit, in both families.
pub(super) const RATE_LIMITS: &[&str] = &[
    "RateLimit",
    "RateLimit-Policy",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
];

/// A header by its name.
pub(super) fn reference(name: &str) -> Ref {
    component("headers", name)
}

/// Puts all headers where operations refer to them.
pub(super) fn declare(components: &mut Components) {
    for (name, description, example) in all() {
        let schema = Object::with_type(if example.is_u64() { Type::Integer } else { Type::String });
        let header = HeaderBuilder::new()
            .schema(Some(schema))
            .description(Some(description))
            .example(Some(example));
        components.headers.insert(name.to_owned(), RefOr::T(header.build()));
    }
}

fn all() -> [(&'static str, &'static str, Value); 9] {
    [
        (X_REQUEST_ID, "The id under which this request is logged.", json!(REQUEST_ID)),
        (
            IDEMPOTENT_REPLAYED,
            "`true` where the answer was decided for an earlier request with the same key; absent \
             otherwise.",
            json!("true"),
        ),
        (RETRY_AFTER, "Seconds to wait before the next attempt.", json!(RETRY_SECONDS)),
        (WWW_AUTHENTICATE, "The scheme of credentials.", json!("Bearer")),
        (
            "RateLimit",
            "What is left in the credential's bucket, and seconds until it is full. Absent where \
             the credential has no limit or was not accepted.",
            json!("\"default\";r=1999;t=1"),
        ),
        (
            "RateLimit-Policy",
            "What the bucket holds, and the seconds that an empty one takes to fill.",
            json!("\"default\";q=2000;w=2"),
        ),
        ("X-RateLimit-Limit", "What the credential's bucket holds.", json!(2000)),
        ("X-RateLimit-Remaining", "What is left in it.", json!(1999)),
        ("X-RateLimit-Reset", "When it is full, in Unix seconds.", json!(1_771_146_001)),
    ]
}
