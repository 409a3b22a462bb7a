//! One schema for each type of event, so that a client that looks at `type` knows what `data` is.
//!
//! Each is the envelope, with its `type`, its version and what `data` is in that version. What is of another
//! type or version, as entries of earlier releases are, is an `OtherEvent`: a client that is older than a type
//! reads it as that.

use domain::activity::{ActivityKind, SCHEMA_VERSION};
use serde_json::{Map, Value, json};

/// The schema that they are alternatives of. Before, it is the envelope as it is written.
const EVENT: &str = "ActivityEvent";
const OTHER: &str = "OtherEvent";

/// What is said of events of a type: what happened, and the schema of what it happened to.
struct Described {
    about: &'static str,
    data: &'static str,
}

/// Puts the schemas of all types into a document.
pub(super) fn describe(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    let schemas = schemas.expect("the document has schemas");
    let envelope = schemas.remove(EVENT).expect("the envelope is among them");
    let Value::Object(envelope) = envelope else { panic!("a schema is an object") };
    let (mut any, mut mapping) = (Vec::new(), Map::new());
    for kind in ActivityKind::ALL {
        let name = name(kind);
        any.push(json!({"$ref": place(&name)}));
        mapping.insert(kind.as_str().to_owned(), place(&name).into());
        schemas.insert(name, typed(&envelope, kind));
    }
    any.push(json!({"$ref": place(OTHER)}));
    schemas.insert(OTHER.to_owned(), other(&envelope));
    let event = json!({
        "description": "One thing that happened. Its `type` says what `data` is; more types may be added.",
        "oneOf": any,
        "discriminator": {"propertyName": "type", "mapping": mapping},
    });
    schemas.insert(EVENT.to_owned(), event);
}

fn place(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

/// `BookingReservedEvent` for `booking.reserved`.
fn name(kind: ActivityKind) -> String {
    let words = kind.as_str().split(['.', '_']);
    let capital = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    };
    words.map(capital).collect::<String>() + "Event"
}

/// What is known of events of this type.
fn typed(envelope: &Map<String, Value>, kind: ActivityKind) -> Value {
    let Described { about, data } = described(kind);
    let what = json!({
        "type": "string", "description": "What happened.", "const": kind.as_str(),
    });
    let version = json!({
        "type": "integer", "description": "The version of the shape of `data`.", "const": SCHEMA_VERSION,
    });
    let data = json!({"$ref": place(data)});
    with(envelope, about, [("type", what), ("schema_version", version), ("data", data)]).into()
}

/// Whatever is of no known type and version.
fn other(envelope: &Map<String, Value>) -> Value {
    let about = format!(
        "An event of a type that this document does not know, or with `data` of another version than \
         {SCHEMA_VERSION}: entries that earlier releases wrote have version 1, and names of their own."
    );
    let what = json!({
        "type": "string", "description": "What happened.", "example": "booking.transferred",
    });
    let mut schema = with(envelope, &about, [("type", what)]);
    let known = ActivityKind::ALL.map(ActivityKind::as_str);
    let not = json!({
        "properties": {"type": {"enum": known}, "schema_version": {"const": SCHEMA_VERSION}},
    });
    schema.insert("not".to_owned(), not);
    schema.into()
}

/// The envelope with other descriptions of some members.
fn with<const N: usize>(
    envelope: &Map<String, Value>,
    about: &str,
    members: [(&str, Value); N],
) -> Map<String, Value> {
    let mut schema = envelope.clone();
    schema.insert("description".to_owned(), about.into());
    let described = schema.get_mut("properties").and_then(Value::as_object_mut);
    let described = described.expect("the envelope has members");
    described.extend(members.map(|(name, member)| (name.to_owned(), member)));
    schema
}

fn described(kind: ActivityKind) -> Described {
    let (about, data) = match kind {
        ActivityKind::EventCreated => ("An event was created.", "Event"),
        ActivityKind::EventUpdated => ("An event was changed.", "Event"),
        ActivityKind::ZoneUpdated => ("A zone was changed.", "Zone"),
        ActivityKind::BookingReserved => ("Tickets are held.", "BookingSnapshot"),
        ActivityKind::BookingConfirmed => ("Tickets are sold.", "BookingSnapshot"),
        ActivityKind::BookingReleased => ("A hold was given back.", "BookingSnapshot"),
        ActivityKind::BookingExpired => ("A hold's deadline passed.", "BookingSnapshot"),
        ActivityKind::BookingCancelled => ("A sale was undone.", "BookingSnapshot"),
        ActivityKind::PaymentCaptured => ("Money was taken.", "Payment"),
        ActivityKind::PaymentRefundPending => {
            ("Money is to go back, and you are the one to carry that out.", "Payment")
        }
        ActivityKind::PaymentRefunded => ("Money went back.", "Payment"),
        ActivityKind::IdempotencyCollision => {
            ("An idempotency key came with another request than its own.", "KeyCollision")
        }
        ActivityKind::WebhookEndpointCreated => {
            ("A webhook endpoint was created.", "WebhookEndpointSnapshot")
        }
        ActivityKind::WebhookEndpointUpdated => (
            "A webhook endpoint was changed, or its secret was rotated.",
            "WebhookEndpointSnapshot",
        ),
        ActivityKind::WebhookEndpointDisabled => {
            ("Nothing is sent to a webhook endpoint any more.", "WebhookEndpointSnapshot")
        }
        ActivityKind::WebhookEndpointDeleted => {
            ("A webhook endpoint was deleted.", "WebhookEndpointSnapshot")
        }
    };
    Described { about, data }
}
