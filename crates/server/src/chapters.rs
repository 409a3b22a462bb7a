//! The chapters of the API: what each is asked for, and what the document says of it.

use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use wire::Code;

use crate::openapi::{self, Met};
use crate::operations::Operation;
use crate::{activity, keys, ops, pages, tickets, tokens};

/// A chapter.
pub(crate) struct Chapter {
    /// Its operations.
    pub(crate) operations: &'static [Operation],
    /// Its parts of the document.
    pub(crate) documents: &'static [fn() -> OpenApi],
    /// An example of a refusal, if it is one of its own.
    pub(crate) example: fn(Code) -> Option<Met>,
}

/// It has no refusals of its own.
const fn none(_: Code) -> Option<Met> {
    None
}

/// All of them, in the order in which the document shows them.
pub(crate) static CHAPTERS: [Chapter; 6] = [
    Chapter {
        operations: tickets::OPERATIONS,
        documents: &[
            tickets::openapi::events::Chapter::openapi,
            tickets::openapi::bookings::Chapter::openapi,
        ],
        example: tickets::openapi::refusals::example,
    },
    Chapter {
        operations: keys::OPERATIONS,
        documents: &[openapi::keys::Chapter::openapi],
        example: none,
    },
    Chapter {
        operations: activity::OPERATIONS,
        documents: &[openapi::activity::Chapter::openapi],
        example: none,
    },
    Chapter {
        operations: tokens::OPERATIONS,
        documents: &[openapi::tokens::Chapter::openapi],
        example: none,
    },
    Chapter {
        operations: ops::OPERATIONS,
        documents: &[openapi::operations::Chapter::openapi],
        example: none,
    },
    Chapter {
        operations: pages::OPERATIONS,
        documents: &[openapi::pages::Chapter::openapi],
        example: none,
    },
];
