//! `bookonce secrets`

use std::process::ExitCode;

use crate::flags::{Failure, Secrets};
use crate::out::note;

pub(crate) fn run(command: &Secrets) -> Result<ExitCode, Failure> {
    let Secrets::Init { file } = command;
    server::secrets::Secrets::create(file, server::random_bytes())?;
    note(format!(
        "{} is made. Give every node a copy, and keep one apart from the store's backups: without it \
         neither idempotency keys nor users are recognised.",
        file.display()
    ));
    Ok(ExitCode::SUCCESS)
}
