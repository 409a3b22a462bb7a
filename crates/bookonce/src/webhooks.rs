//! `bookonce webhooks`: tools for who receives them.

mod endpoint;
mod http;
mod listen;
mod receive;
mod show;

use std::process::ExitCode;

use crate::flags::{Failure, WebhookTools};

pub(crate) fn run(command: &WebhookTools) -> Result<ExitCode, Failure> {
    match command {
        WebhookTools::Listen(flags) => listen::run(flags),
    }
}
