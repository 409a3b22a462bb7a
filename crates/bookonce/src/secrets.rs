//! `bookonce secrets`

use std::process::ExitCode;

use server::secrets::{Rotated, Secrets};

use crate::flags::{self, Failure};
use crate::out::note;

pub(crate) fn run(command: &flags::Secrets) -> Result<ExitCode, Failure> {
    match command {
        flags::Secrets::Init { file } => {
            Secrets::create(file, server::random_bytes())?;
            note(format!(
                "Made {}. Give every node a copy, and keep one apart from the store's backups: \
                 without it neither idempotency keys nor users are recognised.",
                file.display()
            ));
        }
        flags::Secrets::Rotate { file, stage } => {
            let rotated = Secrets::rotate(file, server::random_bytes(), *stage)?;
            note(format!("{}: {}", file.display(), told(rotated)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is to be done now.
fn told(Rotated { current, staged }: Rotated) -> String {
    match staged {
        Some(staged) => format!(
            "secret {staged} is staged; {current} stays in use. Give every node a copy and restart it, \
             then run this again without --stage."
        ),
        None => format!(
            "secret {current} is in use from the next start on. Give every node a copy and restart it. \
             The earlier ones stay in the file: keys, tokens, users and backups that were made with \
             them are recognised by them. Back the file up again."
        ),
    }
}
