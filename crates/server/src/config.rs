//! Settings: from flags, then `BOOKONCE_*` variables, then `bookonce.toml`, then these defaults.

use std::path::PathBuf;

use domain::retention::{ACTIVITY_DAYS_DEFAULT, DELIVERY_DAYS_DEFAULT, Retention};
use domain::time::DAY_MS;
use serde::{Deserialize, Serialize};

use crate::limit::{CUSTOMER_BURST_DEFAULT, CUSTOMER_RATE_DEFAULT, RATE_DEFAULT};

/// Connections that write, where the store can have several.
pub const WRITERS_DEFAULT: usize = 2;
/// Intents that may wait for their decision.
pub const QUEUE_MAX_DEFAULT: usize = 4_096;
/// Megabytes for answers of the last minutes.
pub const REPLAY_MB_DEFAULT: u32 = 64;
/// Megabytes for bodies that arrive.
pub const BODIES_MB_DEFAULT: u32 = 64;
const HOUR_MS: i64 = DAY_MS / 24;

/// All settings of `serve`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address and port to listen on.
    pub listen: String,
    /// `sqlite:FILE` or `postgres://…`.
    pub store: String,
    /// Connections that write, on PostgreSQL; a store on SQLite has one writer.
    pub writers: usize,
    /// Where clients reach the server, such as `https://tickets.example`; the addresses in its answers begin with it.
    pub public_url: Option<String>,
    /// Where the secrets are.
    pub secrets: SecretsSettings,
    /// Intents that may wait for their decision; beyond that it is 503 at once.
    pub queue_max: usize,
    /// Megabytes (2^20 bytes) for answers of the last minutes, which are replayed without the store; 0
    /// is none. With a store on SQLite only.
    pub replay_mb: u32,
    /// Megabytes (2^20 bytes) for request bodies that have arrived in part, over all connections; beyond
    /// that it is 503 at once.
    pub bodies_mb: u32,
    /// Requests per second of keys that do not say; 0 is unlimited.
    pub rate: u32,
    /// What customers may do.
    pub customers: CustomersSettings,
    /// Which browsers may call.
    pub cors: CorsSettings,
    /// How long answers, activity and deliveries are kept.
    pub retention: RetentionSettings,
    /// What webhooks are sent by.
    pub webhooks: WebhooksSettings,
    /// Metrics.
    pub metrics: MetricsSettings,
    /// Logs.
    pub log: LogSettings,
    /// Serve `POST /bench/constant` as well, for measurements.
    pub bench_routes: bool,
    /// Go on from the store's last instant though the machine's clock is far behind it.
    pub accept_clock: bool,
}

/// Where the secrets are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretsSettings {
    /// The secrets file; beside a store on SQLite when absent.
    pub file: Option<PathBuf>,
}

/// What customers may do with their tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CustomersSettings {
    /// Requests per second of each customer; 0 is unlimited.
    pub rate: u32,
    /// Requests of each customer at once.
    pub burst: u32,
}

/// Which browsers may call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorsSettings {
    /// Origins whose pages may send customers' tokens, such as `https://shop.example`.
    pub allow_origins: Vec<String>,
}

/// How long answers, activity and deliveries are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSettings {
    /// Hours after the booking's end, or after a refusal.
    pub answer_hours: u32,
    /// Days that a tombstone stays after that.
    pub tombstone_days: u32,
    /// Days that entries of the activity feed are kept; 0 is for ever.
    pub activity_days: u32,
    /// Days that a delivery of a webhook is kept after it was over; 0 is for ever.
    pub delivery_days: u32,
}

/// What webhooks are sent by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhooksSettings {
    /// Endpoints may lie in private networks, and be called by `http`.
    pub allow_private: bool,
    /// An HTTP proxy that all deliveries go through; it then decides what may be called.
    pub proxy: Option<String>,
    /// A PEM file with certificates of authorities that are believed besides those of the machine.
    pub ca_file: Option<PathBuf>,
}

impl WebhooksSettings {
    /// Whether webhooks can be sent by these settings, without sending any.
    ///
    /// # Errors
    /// Which setting is wrong, and what it has to be.
    pub fn check(&self) -> Result<(), String> {
        crate::webhooks::check(self).map_err(|error| error.to_string())
    }
}

/// Metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsSettings {
    /// `/metrics` asks for this bearer token; open when absent.
    pub token: Option<String>,
}

/// Logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// `text` or `json`.
    pub format: LogFormat,
    /// What is logged, such as `info` or `server=debug`.
    pub filter: String,
    /// Thousandths of a second from which on a request has a line at `warn`; 0 is never.
    pub slow_ms: u32,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7070".to_owned(),
            store: "sqlite:bookonce.db".to_owned(),
            writers: WRITERS_DEFAULT,
            public_url: None,
            secrets: SecretsSettings::default(),
            queue_max: QUEUE_MAX_DEFAULT,
            replay_mb: REPLAY_MB_DEFAULT,
            bodies_mb: BODIES_MB_DEFAULT,
            rate: RATE_DEFAULT,
            customers: CustomersSettings::default(),
            cors: CorsSettings::default(),
            retention: RetentionSettings::default(),
            webhooks: WebhooksSettings::default(),
            metrics: MetricsSettings::default(),
            log: LogSettings::default(),
            bench_routes: false,
            accept_clock: false,
        }
    }
}

impl Default for CustomersSettings {
    fn default() -> Self {
        Self { rate: CUSTOMER_RATE_DEFAULT, burst: CUSTOMER_BURST_DEFAULT }
    }
}

impl Default for RetentionSettings {
    fn default() -> Self {
        let days = |days: i64| u32::try_from(days).unwrap_or(0);
        Self {
            answer_hours: 24,
            tombstone_days: 90,
            activity_days: days(ACTIVITY_DAYS_DEFAULT),
            delivery_days: days(DELIVERY_DAYS_DEFAULT),
        }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::default(), filter: "info".to_owned(), slow_ms: 0 }
    }
}

impl From<RetentionSettings> for Retention {
    fn from(settings: RetentionSettings) -> Self {
        let days = |days: u32| i64::from(days).saturating_mul(DAY_MS);
        let unless_for_ever = |it: u32| (it > 0).then(|| days(it));
        Self {
            answer_ms: i64::from(settings.answer_hours).saturating_mul(HOUR_MS),
            tombstone_ms: days(settings.tombstone_days),
            activity_ms: unless_for_ever(settings.activity_days),
            delivery_ms: unless_for_ever(settings.delivery_days),
        }
    }
}
