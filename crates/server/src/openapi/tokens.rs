//! Operations on customer tokens.
#![expect(dead_code, reason = "the functions are there for their documentation only")]

use wire::{CreateCustomerToken, CustomerToken};

use super::call::Call;
use super::examples;
use crate::call::Rule;

pub(super) const TAG: &str = "Customer tokens";
pub(super) const ABOUT: &str =
    "Credentials for apps and browsers: each speaks for one of your users.";

pub(super) const CALLS: &[Call] = &[Call::write("customer_token_create", Rule::ADMIN, &[])];

/// Make a customer token
///
/// The token may look, reserve, see and release for its own user. It is shown once: the answer to a
/// retry with the same key has `null` in its place and says so in `note`.
#[utoipa::path(
    post,
    path = "/customer_tokens",
    operation_id = "customer_token_create",
    tag = TAG,
    request_body(content = CreateCustomerToken, example = json!(examples::create_token())),
    responses((
        status = 201,
        description = "The token.",
        body = CustomerToken,
        examples(
            ("first" = (summary = "The first answer", value = json!(examples::token()))),
            ("replayed" = (
                summary = "The answer to a retry",
                value = json!(examples::replayed_token()),
            )),
        ),
    )),
)]
pub(super) fn create() {}
