//! What the schemas of the document must be for the clients that are generated from it.

use serde_json::Value;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::{Components, Ref, RefOr, Schema};

use super::codes;

/// How the schema of a list begins, before the name of its rows.
const LIST_OF: &str = "List_";
/// The schema of error codes.
const ERROR_CODE: &str = "ErrorCode";
/// Enumerations that only requests name: what a client may send is known.
const CLOSED: [&str; 1] = ["PaymentMethod"];

/// Names the list of bookings `BookingList`, and lets the rows of lists refer to their schema instead of
/// repeating it.
pub(super) fn name_lists(components: &mut Components) {
    let names: Vec<_> = components.schemas.keys().cloned().collect();
    for name in &names {
        let Some(row) = name.strip_prefix(LIST_OF) else { continue };
        let Some(mut list) = components.schemas.remove(name) else { continue };
        if let RefOr::T(Schema::Object(list)) = &mut list
            && let Some(RefOr::T(Schema::Array(data))) = list.properties.get_mut("data")
            && components.schemas.contains_key(row)
        {
            let row = Ref::from_schema_name(row);
            data.items = ArrayItems::RefOrSchema(Box::new(RefOr::Ref(row)));
        }
        components.schemas.insert(list_of(row), list);
    }
}

/// Follows the lists to their names.
pub(super) fn refer_to_lists(response: &mut Response) {
    for content in response.content.values_mut() {
        if let RefOr::T(content) = content
            && let Some(RefOr::Ref(reference)) = &mut content.schema
            && let Some(row) = reference.ref_location.rsplit('/').next()
            && let Some(row) = row.strip_prefix(LIST_OF)
        {
            *reference = Ref::from_schema_name(list_of(row));
        }
    }
}

fn list_of(row: &str) -> String {
    format!("{row}List")
}

/// Leaves enumerations open: a client that is older than a code, a status or a type must read it as text.
/// What is known today stands in `x-extensible-enum`, and in the description for people.
pub(super) fn open_enumerations(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        let RefOr::T(Schema::Object(schema)) = schema else { continue };
        if CLOSED.contains(&name.as_str()) {
            continue;
        }
        let Some(mut known) = schema.enum_values.take() else { continue };
        if name == ERROR_CODE {
            known = codes::occurring().into_iter().map(|code| code.as_str().into()).collect();
        }
        let words: Vec<_> = known.iter().filter_map(Value::as_str).collect();
        let about = schema.description.take().unwrap_or_default();
        let list = words.join("`, `");
        schema.description = Some(format!("{about} One of `{list}`; more may be added."));
        schema.example = known.first().cloned();
        let known = Extensions::builder().add("x-extensible-enum", known);
        schema.extensions = Some(known.build());
    }
}
