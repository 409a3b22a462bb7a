//! Operations on customer tokens.
#![expect(dead_code, reason = "the functions are there for their documentation only")]

use wire::{CreateCustomerTokenRequest, CustomerToken};

use super::{describe, examples};

const TAG: &str = "Customer tokens";
const ABOUT: &str = "Credentials for apps and browsers: each speaks for one of your users.";

describe! {
    /// Create a customer token
    ///
    /// The token may look, reserve, see and release for its own user. It is shown once: the answer to a
    /// retry with the same key has `null` in its place and says so in `note`.
    customer_token_create(
        request_body(content = CreateCustomerTokenRequest, example = json!(examples::create_token())),
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
    )
}
