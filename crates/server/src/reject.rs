//! Refusals as problems: what the domain says gets a code and words. Those of a chapter stand with it.

use domain::reject::{KeyReject, PaymentReject};
use wire::Code;

use crate::problem::ProblemBuilder;
use crate::views;

/// What is said about keys.
pub(crate) fn key(reject: &KeyReject) -> ProblemBuilder {
    match reject {
        KeyReject::Reused => ProblemBuilder::new(Code::IdempotencyKeyReused)
            .detail("This idempotency key was used with another request.".to_owned()),
        KeyReject::Unused => ProblemBuilder::new(Code::NotFound)
            .detail(
                "Nothing was answered under this key, and customers retire only what they used.",
            )
            .action("Send the request again with the same key."),
        KeyReject::Retired { existing } => {
            let detail = match existing {
                Some(existing) => {
                    format!("This key has made {existing}; its answer is no longer kept.")
                }
                None => "This key is retired and cannot book.".to_owned(),
            };
            ProblemBuilder::new(Code::KeyRetired)
                .detail(detail)
                .extra("existing_id", existing.clone())
        }
    }
}

/// Something is not there; it was asked for by `field` of the body if it is `named`, or else by the path.
pub(crate) fn not_found(field: &str, id: &impl ToString, named: bool) -> ProblemBuilder {
    let problem = ProblemBuilder::new(Code::NotFound)
        .detail(format!("There is no {} in this account.", id.to_string()));
    if named { problem.field(field, "was not found") } else { problem }
}

/// What is said about payments.
pub(crate) fn payment(reject: &PaymentReject) -> ProblemBuilder {
    match reject {
        PaymentReject::Required { total } => {
            let (amount, currency) = (views::amount(*total), total.currency);
            ProblemBuilder::new(Code::PaymentRequired)
                .detail(format!("The booking costs {amount} {}.", currency.code()))
                .field("payment", "is required for a booking that costs something")
                .extra("total_amount", amount)
                .extra("total_currency", currency.code())
        }
        PaymentReject::ReferenceUsed { reference } => {
            ProblemBuilder::new(Code::PaymentReferenceUsed)
                .detail(format!("The reference {reference} has paid for another booking."))
                .field("payment.reference", "was used before")
        }
    }
}
