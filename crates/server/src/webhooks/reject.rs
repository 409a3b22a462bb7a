//! Refusals about webhooks.

use domain::webhooks::reject::WebhookReject;
use wire::Code;

use crate::problem::ProblemBuilder;
use crate::reject::not_found;

/// What is said about webhooks.
pub(crate) fn webhook(reject: WebhookReject) -> ProblemBuilder {
    match reject {
        WebhookReject::EndpointNotFound(id) => not_found("id", &id, false),
        WebhookReject::DeliveryNotFound(id) => not_found("id", &id, false),
        WebhookReject::TooManyEndpoints { max } => ProblemBuilder::new(Code::TooManyEndpoints)
            .detail(format!(
                "The account has {max} webhook endpoints, which is as many as there can be."
            ))
            .extra("max", i64::from(max)),
        WebhookReject::EndpointDisabled(id) => ProblemBuilder::new(Code::EndpointDisabled)
            .detail(format!("The webhook endpoint {id} is disabled, so nothing is sent to it."))
            .extra("endpoint_id", id.to_string()),
        WebhookReject::AheadOfFeed { head } => ProblemBuilder::new(Code::InvalidRequest)
            .detail(format!("The feed ends at position {head}."))
            .field("after", format!("must be at most {head}, where the feed ends")),
    }
}
