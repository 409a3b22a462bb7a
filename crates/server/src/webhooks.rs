//! Webhooks: endpoints, deliveries, and the way out to receivers (chapter 9 of the contract).

mod address;
mod deliveries;
mod endpoints;
mod names;
pub(crate) mod openapi;
mod operations;
mod outbound;
mod parse;
pub(crate) mod prose;
pub(crate) mod reject;
mod signing;
mod try_out;
pub(crate) mod views;

pub(crate) use address::UrlRules;
pub(crate) use operations::OPERATIONS;
pub(crate) use outbound::{HttpOutbound, Sender, check};
pub(crate) use signing::{Signer, secret_text};
