//! Flags of `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;
use figment::value::Dict;

use super::Retention;
use super::settings::give_secrets;

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Where to; nothing may be there
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Leave the secrets file out; otherwise it is copied to FILE.secrets
    #[arg(long)]
    pub(crate) without_secrets: bool,

    /// The store's secrets file [default: beside the store]
    #[arg(long = "secrets.file", env = "BOOKONCE_SECRETS_FILE", value_name = "FILE")]
    secrets_file: Option<PathBuf>,

    /// Print one JSON document: `{file, bytes, store_id, incarnation, secrets}`
    #[arg(long)]
    pub(crate) json: bool,
}

impl Backup {
    /// The flags and variables that were given, as a tree of settings.
    pub(crate) fn given(&self) -> Dict {
        let mut given = Dict::new();
        give_secrets(self.secrets_file.as_deref(), &mut given);
        given
    }
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup; none for a store on PostgreSQL
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// The store's secrets file [default: beside the store, copied from FILE.secrets]
    #[arg(long = "secrets.file", env = "BOOKONCE_SECRETS_FILE", value_name = "FILE")]
    secrets_file: Option<PathBuf>,

    /// Take a backup although no key tells who made it: one of a version before seals had a key, or a
    /// copy that was made by hand
    #[arg(long)]
    pub(crate) accept_unverified: bool,

    /// Print one JSON document: `{ok, store, store_id, incarnation, …, details}`
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    retention: Retention,
}

impl Restore {
    /// The flags and variables that were given, as a tree of settings.
    pub(crate) fn given(&self) -> Dict {
        let mut given = Dict::new();
        give_secrets(self.secrets_file.as_deref(), &mut given);
        self.retention.give(&mut given);
        given
    }
}
