//! The command line: its commands, flags and variables.

mod backups;
mod bench;
mod settings;
mod variables;
mod webhooks;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub(crate) use backups::{Backup, Restore};
pub(crate) use bench::Bench;
pub(crate) use variables::Source;
pub(crate) use webhooks::{Listen, WebhookTools};

/// Where flags of all commands stand in their help: behind those of the command.
const GLOBAL: usize = 500;

/// Anything that ends the program with a message.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// A booking engine: one intent makes one booking, whatever retries, crashes and races happen.
#[derive(Debug, Parser)]
#[command(name = "bookonce", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Flags {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// The store: sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE [default:
    /// sqlite:bookonce.db]
    #[arg(
        long,
        global = true,
        display_order = GLOBAL,
        env = "BOOKONCE_STORE",
        value_name = "ADDRESS",
        hide_env_values = true
    )]
    pub(crate) store: Option<String>,

    /// A file with settings [default: bookonce.toml, if it is there]
    #[arg(long, global = true, display_order = GLOBAL, env = "BOOKONCE_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Where settings were given, by their flags.
    #[arg(skip)]
    pub(crate) sources: BTreeMap<String, Source>,
}

impl Flags {
    /// What the program was given. Ends it with a message where that is not understood.
    pub(crate) fn of_command_line() -> Self {
        let program = Self::command();
        let refuse = |kind, what: String| -> ! { Self::command().error(kind, what).exit() };
        let with_files = variables::with_files(program.clone())
            .unwrap_or_else(|wrong| refuse(ErrorKind::InvalidValue, wrong));
        let matches = with_files.get_matches();
        let flags = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        if let Some(unknown) = variables::unknown(&program) {
            refuse(ErrorKind::UnknownArgument, unknown);
        }
        let mut sources = variables::sources(&program, &matches);
        if let Some((name, matches)) = matches.subcommand()
            && let Some(command) = program.find_subcommand(name)
        {
            // Flags of the whole program may stand behind the command's name.
            sources.extend(variables::sources(&program, matches));
            sources.extend(variables::sources(command, matches));
        }
        Self { sources, ..flags }
    }

    /// The store, where it was named on the command line and not by a variable: what was exported for other commands may
    /// be the one that customers book in.
    pub(crate) fn store_flag(&self) -> Option<&str> {
        self.store.as_deref().filter(|_| self.sources.get("store") == Some(&Source::Flag))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API.
    ///
    /// Settings come from these flags, then from the variables named beside them, then from
    /// bookonce.toml (the same names, with the dots as tables), then from the defaults.
    Serve(Box<Serve>),
    /// Create, list and revoke secret keys. Works beside a running server, and before its first start.
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
    /// Check every invariant over the whole store. Works beside a running server.
    ///
    /// Exits 0 when everything holds, 1 when something does not, 2 when it could not be checked.
    Verify(Verify),
    /// Copy a store on SQLite to a file, while it is served. Its secrets file goes with it.
    ///
    /// The copy has everything that was acknowledged when it began. Nobody is kept from booking
    /// meanwhile. A store on PostgreSQL is backed up by PostgreSQL's own means.
    Backup(Backup),
    /// Check a backup and make a store of it, where there is none.
    ///
    /// What was acknowledged after the backup was taken is not in it. On PostgreSQL it is given no file:
    /// it checks what PostgreSQL has restored. Either way the store is a new incarnation, which tells
    /// clients and operators that it was restored.
    ///
    /// Exits 0 when it is done, 1 when the backup contradicts itself, 2 when it could not be done.
    Restore(Restore),
    /// Move everything from a file to PostgreSQL. Nothing may serve the store meanwhile.
    ///
    /// Interrupted, it goes on when it is started again. The source is not served any more from the first
    /// moment, and the target not before it is whole and was checked.
    ///
    /// Exits 0 when it is done, 1 when the check found something, 2 when it could not be done.
    MigrateStore(MigrateStore),
    /// Spread a store on PostgreSQL over the machines of a Citus cluster, by account.
    ///
    /// What is done already is left as it is, so it can be repeated: tables of later versions are spread
    /// when a node brings the schema up to date, or by this.
    Distribute(Distribute),
    /// Make the secrets file that the nodes of a store on PostgreSQL share, or rotate what is in one.
    Secrets {
        #[command(subcommand)]
        command: Secrets,
    },
    /// Measure: start a server of its own, drive it over HTTP, and check that nothing was oversold, lost
    /// or doubled.
    ///
    /// Uses a scratch store, or the one that --store names (a variable does not): it stays
    /// there, with what was booked, which may be gigabytes.
    /// Exits 0 when all promises were kept, 1 when not, 2 when it could not be measured.
    Bench(Bench),
    /// Show all settings of serve as they are, and where each comes from.
    ///
    /// It takes what serve takes. Values that nobody should read over a shoulder are not shown.
    Config(Box<Config>),
    /// Tools for who receives webhooks.
    Webhooks {
        #[command(subcommand)]
        command: WebhookTools,
    },
    /// Print the OpenAPI 3.1 document.
    Openapi,
}

#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(flatten)]
    pub(crate) serve: Serve,

    /// Print one JSON document: `{file, settings: [{name, value, from}]}`
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Add sample data, a key, and lines to try it with
    #[arg(long)]
    pub(crate) demo: bool,

    /// Address and port to listen on [default: 127.0.0.1:7070]
    #[arg(long, env = "BOOKONCE_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,

    /// Connections that write, with a store on PostgreSQL [default: 2]
    #[arg(long, env = "BOOKONCE_WRITERS", value_name = "CONNECTIONS")]
    writers: Option<usize>,

    /// The secrets file [default: beside a store on SQLite, made with it; a store on PostgreSQL has to
    /// be given one]
    #[arg(long = "secrets.file", env = "BOOKONCE_SECRETS_FILE", value_name = "FILE")]
    secrets_file: Option<PathBuf>,

    /// Where clients reach the server, such as <https://tickets.example>: what it calls problems begins with it
    /// [default: none, such addresses have no host]
    #[arg(
        long = "public-url",
        alias = "public_url",
        env = "BOOKONCE_PUBLIC_URL",
        value_name = "ORIGIN"
    )]
    public_url: Option<String>,

    /// Requests per second of keys that do not say; 0 is unlimited [default: 1000]
    #[arg(long, env = "BOOKONCE_RATE", value_name = "PER_SECOND")]
    rate: Option<u32>,

    /// Requests that may wait for their decision; beyond that it is 503 at once [default: 4096]
    #[arg(
        long = "queue-max",
        alias = "queue_max",
        env = "BOOKONCE_QUEUE_MAX",
        value_name = "REQUESTS"
    )]
    queue_max: Option<usize>,

    /// Megabytes of memory for answers of the last ten minutes, with a store on SQLite: a request that
    /// is repeated soon is answered from there; 0 is none [default: 64]
    #[arg(
        long = "replay-mb",
        alias = "replay_mb",
        env = "BOOKONCE_REPLAY_MB",
        value_name = "MEGABYTES"
    )]
    replay_mb: Option<u32>,

    /// Megabytes of memory for request bodies that have arrived in part, over all connections; beyond
    /// that it is 503 at once [default: 64]
    #[arg(
        long = "bodies-mb",
        alias = "bodies_mb",
        env = "BOOKONCE_BODIES_MB",
        value_name = "MEGABYTES"
    )]
    bodies_mb: Option<u32>,

    #[command(flatten)]
    customers: Customers,

    #[command(flatten)]
    retention: Retention,

    #[command(flatten)]
    server_retention: ServerRetention,

    #[command(flatten)]
    webhooks: Webhooks,

    /// Bearer token that /metrics asks for [default: none, it is open]
    #[arg(
        long = "metrics.token",
        env = "BOOKONCE_METRICS_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    metrics_token: Option<String>,

    /// How log lines look: text or json [default: text]
    #[arg(
        long = "log.format",
        env = "BOOKONCE_LOG_FORMAT",
        value_name = "FORMAT",
        value_parser = ["text", "json"],
        hide_possible_values = true
    )]
    log_format: Option<String>,

    /// What is logged: error, warn, info, debug (a line per request) [default: info]
    #[arg(long = "log.filter", env = "BOOKONCE_LOG_FILTER", value_name = "FILTER")]
    log_filter: Option<String>,

    /// Thousandths of a second from which on a request has a line at warn, its waiting included; 0 is never
    /// [default: 0]
    #[arg(
        long = "log.slow-ms",
        alias = "log.slow_ms",
        env = "BOOKONCE_LOG_SLOW_MS",
        value_name = "MILLISECONDS"
    )]
    log_slow_ms: Option<u32>,

    /// Serve POST /bench/constant as well: what HTTP costs by itself
    #[arg(long = "bench-routes")]
    bench_routes: bool,

    /// Start although the machine's clock is far behind the store's last instant
    #[arg(long = "accept-clock")]
    accept_clock: bool,
}

/// Settings of webhooks.
#[derive(Debug, Args)]
pub(crate) struct Webhooks {
    /// Send webhooks into private networks and by http as well: for tests, and where all endpoints are your own
    /// [default: not]
    #[arg(
        long = "webhooks.allow-private", alias = "webhooks.allow_private",
        env = "BOOKONCE_WEBHOOKS_ALLOW_PRIVATE",
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    allow_private: Option<bool>,

    /// HTTP proxy that all webhooks go through; it then decides what may be called [default: none]
    #[arg(
        long = "webhooks.proxy",
        env = "BOOKONCE_WEBHOOKS_PROXY",
        value_name = "URL",
        hide_env_values = true
    )]
    webhooks_proxy: Option<String>,

    /// PEM file with certificates of authorities that receivers of webhooks may have theirs from, besides those that
    /// the machine believes [default: none]
    #[arg(
        long = "webhooks.ca-file",
        alias = "webhooks.ca_file",
        env = "BOOKONCE_WEBHOOKS_CA_FILE",
        value_name = "FILE"
    )]
    webhooks_ca_file: Option<PathBuf>,
}

/// How much customers may ask for, and from which pages.
#[derive(Debug, Args)]
struct Customers {
    /// Requests per second of each customer; 0 is unlimited [default: 5]
    #[arg(long = "customers.rate", env = "BOOKONCE_CUSTOMERS_RATE", value_name = "PER_SECOND")]
    customers_rate: Option<u32>,

    /// Requests of each customer at once [default: 20]
    #[arg(long = "customers.burst", env = "BOOKONCE_CUSTOMERS_BURST", value_name = "REQUESTS")]
    customers_burst: Option<u32>,

    /// Origins whose pages may send customers' tokens, separated by commas, such as
    /// <https://shop.example> [default: none]
    #[arg(
        long = "cors.allow-origins",
        alias = "cors.allow_origins",
        env = "BOOKONCE_CORS_ALLOW_ORIGINS",
        value_name = "ORIGINS",
        value_delimiter = ','
    )]
    allow_origins: Option<Vec<String>>,
}

/// What a server and a check have to agree on.
#[derive(Debug, Args)]
struct Retention {
    /// Hours that an answer is kept after its booking ended, or a refusal was given [default: 24]
    #[arg(
        long = "retention.answer-hours",
        alias = "retention.answer_hours",
        env = "BOOKONCE_RETENTION_ANSWER_HOURS",
        value_name = "HOURS"
    )]
    answer_hours: Option<u32>,

    /// Days that a key stays retired after that, before it is new again [default: 90]
    #[arg(
        long = "retention.tombstone-days",
        alias = "retention.tombstone_days",
        env = "BOOKONCE_RETENTION_TOMBSTONE_DAYS",
        value_name = "DAYS"
    )]
    tombstone_days: Option<u32>,
}

/// What only a server has to know: what is gone of a feed is written down in the store, and of deliveries nothing has to be.
#[derive(Debug, Args)]
struct ServerRetention {
    /// Days that the activity feed is kept; 0 is for ever [default: 400]
    #[arg(
        long = "retention.activity-days",
        alias = "retention.activity_days",
        env = "BOOKONCE_RETENTION_ACTIVITY_DAYS",
        value_name = "DAYS"
    )]
    activity_days: Option<u32>,

    /// Days that a webhook's delivery is kept after it was over; 0 is for ever [default: 30]
    #[arg(
        long = "retention.delivery-days",
        alias = "retention.delivery_days",
        env = "BOOKONCE_RETENTION_DELIVERY_DAYS",
        value_name = "DAYS"
    )]
    delivery_days: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Print one JSON document: `{ok, oversold, …, details}`
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    retention: Retention,
}

#[derive(Debug, Args)]
pub(crate) struct MigrateStore {
    /// The store that is moved: sqlite:FILE
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: String,

    /// Where to: <postgres://USER:PASSWORD@HOST/DATABASE>, an empty database
    #[arg(long, env = "BOOKONCE_MIGRATE_TO", value_name = "ADDRESS", hide_env_values = true)]
    pub(crate) to: String,

    /// Give up a move that is not finished: empty the target, and let the source be served again
    #[arg(long)]
    pub(crate) abandon: bool,

    /// Print one JSON document: `{ok, already_moved, tables, details}`
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    retention: Retention,
}

#[derive(Debug, Args)]
pub(crate) struct Distribute {
    /// Print one JSON document: `{ok, tables}`
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Create a key, and its account if there is none of that name. The key is shown once.
    Create {
        /// The account's name
        #[arg(long, value_name = "NAME")]
        account: String,
        /// What the key may do, separated by commas: book, read, ops, admin
        #[arg(long, default_value = "book,read,ops,admin", value_name = "SCOPES")]
        scopes: String,
        /// Requests per second; 0 is unlimited [default: the server's setting]
        #[arg(long, value_name = "PER_SECOND")]
        rate: Option<u32>,
        /// A key for the account's test data, which never meets its live data
        #[arg(long)]
        test: bool,
        /// Print one JSON document: `{id, account_id, key}`
        #[arg(long)]
        json: bool,
    },
    /// List all keys, the newest first.
    List {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key. A running server stops taking it within a second.
    Revoke {
        /// The key's id: key_…
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Secrets {
    /// Make a secrets file with a new key. Give every node a copy, and keep one where backups are.
    Init {
        /// Where to; nothing may be there
        file: PathBuf,
    },
    /// Add a new secret to the file, and use it from the next start on. Earlier ones are kept for what was
    /// made with them.
    ///
    /// Several nodes are rotated without a gap in two steps: with --stage the new secret is only read with;
    /// once every node has the file and was restarted, the same without --stage makes it the one in use.
    Rotate {
        /// The secrets file
        file: PathBuf,

        /// Only get ready: nodes that have the file understand the new secret, and do not use it yet
        #[arg(long)]
        stage: bool,
    },
}
