//! Flags of `bookonce webhooks`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookTools {
    /// Show what is sent: make an endpoint of a running server for as long as this runs, check each delivery and
    /// print it.
    ///
    /// The server calls a port of its own machine, so it has to run here, and with the setting
    /// `webhooks.allow_private`. Ctrl-C removes the endpoint and ends this.
    Listen(Listen),
}

#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// Where the server is
    #[arg(
        long,
        env = "BOOKONCE_SERVER",
        default_value = "http://127.0.0.1:7070",
        value_name = "URL"
    )]
    pub(crate) server: String,

    /// A secret key of the account, with the scope `admin`
    #[arg(long, env = "BOOKONCE_KEY", value_name = "KEY", hide_env_values = true)]
    pub(crate) key: String,

    /// Types of events, separated by commas: booking.*,payment.captured
    #[arg(long, default_value = "*", value_name = "TYPES", value_delimiter = ',')]
    pub(crate) types: Vec<String>,

    /// Send each delivery on to this address, with its headers and bytes as they came, and answer what is answered
    /// there [default: answer 204]
    #[arg(long, value_name = "URL")]
    pub(crate) forward: Option<String>,

    /// Print one JSON document a line for each delivery
    #[arg(long)]
    pub(crate) json: bool,
}
