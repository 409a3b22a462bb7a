//! Parameters that several operations take, each described once.

use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::{Components, Object, ObjectBuilder, Ref, RefOr, Required, Type};

use super::common::component;
use crate::commands::DUPLICATE_WAIT_SECONDS;
use crate::key_header::{IDEMPOTENCY_KEY_CHARS_MAX, PREFER_WAIT_SECONDS_MAX, REQUEST_ID_CHARS_MAX};
use crate::operations::Described;
use crate::query::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};

/// A key that must be there.
pub(super) const KEY_REQUIRED: &str = "IdempotencyKeyRequired";
/// A key that may be there.
pub(super) const KEY_OPTIONAL: &str = "IdempotencyKey";
const LIMIT: &str = "Limit";
const PREFER: &str = "Prefer";
const REQUEST: &str = "RequestId";
const CORRELATION: &str = "CorrelationId";

/// A parameter by its name among the components.
pub(super) fn reference(name: &str) -> Ref {
    component("parameters", name)
}

/// The shared parameters of an operation.
pub(super) fn of(
    Described { operation, rule, id: _ }: Described,
) -> impl Iterator<Item = &'static str> {
    let names: &[_] = if !operation.is_change() {
        &[REQUEST, CORRELATION]
    } else if rule.key_required {
        &[KEY_REQUIRED, PREFER, REQUEST, CORRELATION]
    } else {
        &[KEY_OPTIONAL, PREFER, REQUEST, CORRELATION]
    };
    operation.is_paged.then_some(LIMIT).into_iter().chain(names.iter().copied())
}

/// Puts all shared parameters where operations refer to them. They have no examples: pages that send requests
/// fill them in, and a key or a request's id that everybody sends is none.
pub(super) fn declare(components: &mut Components) {
    let wait = format!(
        "`wait=N`: how many seconds to wait for a request with the same key that is still being \
         decided, at most {PREFER_WAIT_SECONDS_MAX} and {DUPLICATE_WAIT_SECONDS} unless given. \
         Other preferences are ignored."
    );
    let sane = format!(
        "1 to {REQUEST_ID_CHARS_MAX} letters, digits and `.` `_` `:` `-`; what has another form \
         is ignored."
    );
    let request = format!("Your id of this request; it is logged and sent back. {sane}");
    let correlation = format!(
        "Your id of the business process that this request belongs to; it is kept with what the \
         request changes. {sane}"
    );
    let page = format!("Rows of the page, {PAGE_ROWS_DEFAULT} unless given.");
    let limit = header("limit", &page, rows());
    let key_header = || header("Idempotency-Key", KEY_TEXT, key());
    let declared = [
        (LIMIT, limit.parameter_in(ParameterIn::Query)),
        (KEY_REQUIRED, key_header().required(Required::True)),
        (KEY_OPTIONAL, key_header()),
        (PREFER, header("Prefer", &wait, text())),
        (REQUEST, header("X-Request-Id", &request, text())),
        (CORRELATION, header("X-Correlation-Id", &correlation, text())),
    ];
    let declared = declared.map(|(name, parameter)| (name.to_owned(), RefOr::T(parameter.build())));
    components.parameters.extend(declared);
}

const KEY_TEXT: &str = "Names the intent: the same value on every retry of it, a new one for every \
    new intent. Visible ASCII characters, bare or as a quoted string; one with a comma must be quoted. \
    `X-Idempotency-Key` is read as well.";

fn header(name: &str, about: &str, schema: Object) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema))
}

fn text() -> Object {
    Object::with_type(Type::String)
}

fn key() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(IDEMPOTENCY_KEY_CHARS_MAX))
        .pattern(Some("^[!-~]+$"))
        .build()
}

fn rows() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(PAGE_ROWS_MAX))
        .build()
}
