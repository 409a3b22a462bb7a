//! The chapters of the API: what each is asked for, and what the document says of it.

use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use wire::Code;

use crate::openapi::{self, Met};
use crate::operations::Operation;
use crate::{activity, keys, ops, pages, tickets, tokens, webhooks};

/// A chapter.
pub(crate) struct Chapter {
    /// Its operations.
    pub(crate) operations: &'static [Operation],
    /// Its parts of the document.
    pub(crate) documents: &'static [fn() -> OpenApi],
    /// An example of a refusal, if it is one of its own.
    pub(crate) example: fn(Code) -> Option<Met>,
}

impl Chapter {
    /// A chapter without refusals of its own.
    const fn new(operations: &'static [Operation], documents: &'static [fn() -> OpenApi]) -> Self {
        Self { operations, documents, example: |_| None }
    }
}

/// All of them, in the order in which the document shows them.
pub(crate) static CHAPTERS: [Chapter; 7] = [
    Chapter {
        operations: tickets::OPERATIONS,
        documents: &[
            tickets::openapi::events::Chapter::openapi,
            tickets::openapi::bookings::Chapter::openapi,
        ],
        example: tickets::openapi::refusals::example,
    },
    Chapter::new(keys::OPERATIONS, &[openapi::keys::Chapter::openapi]),
    Chapter::new(activity::OPERATIONS, &[openapi::activity::Chapter::openapi]),
    Chapter {
        operations: webhooks::OPERATIONS,
        documents: &[webhooks::openapi::Chapter::openapi],
        example: webhooks::openapi::refusal,
    },
    Chapter::new(tokens::OPERATIONS, &[openapi::tokens::Chapter::openapi]),
    Chapter::new(ops::OPERATIONS, &[]),
    Chapter::new(pages::OPERATIONS, &[]),
];
