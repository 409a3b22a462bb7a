//! The program: commands and wiring, nothing else.

mod backup;
mod bench;
mod config;
mod demo;
mod distribute;
mod failpoints;
mod flags;
mod keys;
mod logs;
mod migrate_store;
mod out;
mod restore;
mod secrets;
mod serve;
mod verify;
mod webhooks;

use std::process::ExitCode;
use std::sync::Arc;

use flags::{Command, Flags};

/// Memory is asked for and given back across threads, thousands of times for each batch.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A write beyond a limit on the length of files (`ulimit -f`) fails, as on a full disk, where the
/// system would otherwise end the process without a word.
fn survive_limits() {
    let noticed = Arc::default();
    // If it cannot be done, it is as it was.
    let _left_as_it_was =
        signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noticed).is_err();
}

fn main() -> ExitCode {
    let flags = Flags::of_command_line();
    survive_limits();
    let done = match &flags.command {
        Command::Serve(serve) => serve::run(&flags, serve),
        Command::Keys { command } => keys::run(&flags, command),
        Command::Verify(verify) => verify::run(&flags, verify),
        Command::Backup(backup) => backup::run(&flags, backup),
        Command::Restore(restore) => restore::run(&flags, restore),
        Command::MigrateStore(migrate) => migrate_store::run(&flags, migrate),
        Command::Distribute(distribute) => distribute::run(&flags, distribute),
        Command::Secrets { command } => secrets::run(command),
        Command::Bench(bench) => bench::run(&flags, bench),
        Command::Config(config) => config::run(&flags, config),
        Command::Webhooks { command } => webhooks::run(command),
        Command::Openapi => {
            out::say(server::openapi::document_text().trim_end()).map(|()| ExitCode::SUCCESS)
        }
    };
    done.unwrap_or_else(|error| {
        let red = anstyle::AnsiColor::Red.on_default().bold();
        let mut lines = format!("{red}error:{red:#} {error}\n");
        let mut source = error.source();
        while let Some(cause) = source {
            lines += &format!("  because: {cause}\n");
            source = cause.source();
        }
        out::note_last(lines);
        ExitCode::from(2)
    })
}
