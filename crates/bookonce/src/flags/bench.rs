//! Flags of `bookonce bench`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// What is measured
    #[arg(value_enum, value_name = "WORKLOAD")]
    pub(crate) subject: crate::bench::Subject,

    /// Connections at the same time
    #[arg(long, default_value_t = 256, value_name = "CONNECTIONS")]
    pub(crate) connections: usize,

    /// How long, besides a third of it for the constant answer; with webhooks each of seven parts
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    pub(crate) seconds: u64,

    /// Requests per second, sent whether or not the last were answered [default: as many as are
    /// answered; with webhooks 1000 in the part that is about time]
    #[arg(long, value_name = "PER_SECOND")]
    pub(crate) rate: Option<u32>,

    /// Bookings that the store has before it is served: 70 % confirmed, 30 % expired, made without HTTP.
    /// A store that has them already is taken as it is
    #[arg(long, default_value_t = 0, value_name = "BOOKINGS", hide_default_value = true)]
    pub(crate) earlier: u64,

    /// Make them so old that clean-up has to remove their answers and their activity meanwhile
    #[arg(long, requires = "earlier")]
    pub(crate) overdue: bool,

    /// The secrets file of a store on PostgreSQL
    #[arg(long = "secrets.file", env = "BOOKONCE_SECRETS_FILE", value_name = "FILE")]
    pub(crate) secrets_file: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
