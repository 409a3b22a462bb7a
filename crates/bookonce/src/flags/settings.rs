//! How settings of the command line and the environment meet those of the file.

mod mistakes;

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use figment::value::{Dict, Value};
use server::Settings;
use server::config::CustomersSettings;
use server::cors::is_origin;
use server::limit::RATE_MAX;
use server::stores::Address;

use super::{Failure, Flags, MigrateStore, Retention, Serve, Verify};

/// Where settings are looked for, if no other file is named.
const SETTINGS_FILE: &str = "bookonce.toml";
/// Requests that a queue may be made for: its room is taken when the server starts.
const QUEUE_MAX_MAX: usize = 1_000_000;
/// Megabytes for answers of the last minutes.
const REPLAY_MB_MAX: u32 = 65_536;
/// Megabytes for bodies that arrive: at least what one that creates an event may have.
const BODIES_MB: std::ops::RangeInclusive<u32> = 4..=65_536;
/// Connections that write: more than the database has processors only wait for each other.
const WRITERS_MAX: usize = 64;

impl Flags {
    /// The file with settings, if there is one.
    ///
    /// # Errors
    /// One was named that is not there.
    pub(crate) fn settings_file(&self) -> Result<Option<PathBuf>, Failure> {
        let file = self.config.clone().unwrap_or_else(|| SETTINGS_FILE.into());
        if !file.exists() && self.config.is_some() {
            return Err(format!("there is no settings file {}", file.display()).into());
        }
        Ok(Some(file).filter(|file| file.exists()))
    }

    /// What the settings are made of, with the flags and variables that the command was `given`.
    pub(crate) fn figment(&self, mut given: Dict) -> Result<Figment, Failure> {
        put(&mut given, "store", self.store.clone());
        let mut figment = Figment::from(Serialized::defaults(Settings::default()));
        if let Some(file) = self.settings_file()? {
            mistakes::check_syntax(&file)?;
            figment = figment.merge(Toml::file_exact(file));
        }
        Ok(figment.merge(Serialized::defaults(given)))
    }

    /// The settings, with the flags and variables that the command was `given`.
    pub(crate) fn settings(&self, given: Dict) -> Result<Settings, Failure> {
        let extracted = self.figment(given)?.extract();
        let settings: Settings = extracted.map_err(|error| mistakes::explain(&error))?;
        let Settings { rate, queue_max, replay_mb, bodies_mb, writers, .. } = settings;
        if rate > RATE_MAX {
            return Err(format!("the setting rate: must be at most {RATE_MAX}").into());
        }
        if !(1..=QUEUE_MAX_MAX).contains(&queue_max) {
            return Err(format!("the setting queue_max: must be 1 to {QUEUE_MAX_MAX}").into());
        }
        if replay_mb > REPLAY_MB_MAX {
            return Err(format!("the setting replay_mb: must be at most {REPLAY_MB_MAX}").into());
        }
        if !BODIES_MB.contains(&bodies_mb) {
            let (min, max) = (BODIES_MB.start(), BODIES_MB.end());
            return Err(format!("the setting bodies_mb: must be {min} to {max}").into());
        }
        if !(1..=WRITERS_MAX).contains(&writers) {
            return Err(format!("the setting writers: must be 1 to {WRITERS_MAX}").into());
        }
        if settings.metrics.token.as_ref().is_some_and(|token| token.trim().is_empty()) {
            let what = "must not be empty; leave it out to open /metrics to everybody";
            return Err(format!("the setting metrics.token: {what}").into());
        }
        if !settings.public_url.as_deref().is_none_or(is_origin) {
            let what = "must be where clients reach the server, without a path, such as";
            return Err(format!("the setting public_url: {what} https://tickets.example").into());
        }
        check_filter(&settings.log.filter)?;
        check_customers(&settings.customers)?;
        check_origins(&settings.cors.allow_origins)?;
        Ok(settings)
    }

    /// The store that the settings name.
    pub(crate) fn address(&self, settings: &Settings) -> Result<Address, Failure> {
        Ok(settings.store.parse()?)
    }
}

/// Levels, or levels of crates and spans, as the library takes them. A word alone that is no level would be
/// taken for a name, and nothing else would be logged.
fn check_filter(filter: &str) -> Result<(), Failure> {
    if filter.split(',').all(is_directive) {
        return Ok(());
    }
    let what = "must be error, warn, info or debug, or such levels by crate: info,server=debug";
    Err(format!("the setting log.filter: {what}").into())
}

fn is_directive(part: &str) -> bool {
    const LEVELS: [&str; 12] =
        ["off", "error", "warn", "info", "debug", "trace", "0", "1", "2", "3", "4", "5"];
    let is_level = |word: &str| LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
    let is_crate = |word: &str| {
        word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:-".contains(&byte))
    };
    match (part.split_once('['), part.split_once('=')) {
        // `crate[span{field=value}]=level`: what is in the brackets is the library's to check.
        (Some((of, _)), _) if is_crate(of) => match part.rsplit_once(']') {
            Some((_, "")) => true,
            Some((_, level)) => level.strip_prefix('=').is_some_and(is_level),
            None => false,
        },
        (None, Some((of, level))) => !of.is_empty() && is_crate(of) && is_level(level),
        (None, None) => is_level(part),
        (Some(_), _) => false,
    }
}

fn check_customers(settings: &CustomersSettings) -> Result<(), Failure> {
    let CustomersSettings { rate, burst } = *settings;
    if rate > RATE_MAX {
        return Err(format!("the setting customers.rate: must be at most {RATE_MAX}").into());
    }
    if !(1..=RATE_MAX).contains(&burst) {
        return Err(format!("the setting customers.burst: must be 1 to {RATE_MAX}").into());
    }
    Ok(())
}

fn check_origins(origins: &[String]) -> Result<(), Failure> {
    let Some(wrong) = origins.iter().position(|origin| !is_origin(origin)) else { return Ok(()) };
    let must = "must be an origin as browsers send it, such as https://shop.example";
    Err(format!("the setting cors.allow_origins: number {} {must}", wrong + 1).into())
}

impl Verify {
    /// The flags and variables that were given, as a tree of settings.
    pub(crate) fn given(&self) -> Dict {
        let mut given = Dict::new();
        self.retention.give(&mut given);
        given
    }
}

impl MigrateStore {
    /// The flags and variables that were given, as a tree of settings.
    pub(crate) fn given(&self) -> Dict {
        let mut given = Dict::new();
        self.retention.give(&mut given);
        given
    }
}

impl Retention {
    fn given(&self) -> Dict {
        let mut retention = Dict::new();
        put(&mut retention, "answer_hours", self.answer_hours);
        put(&mut retention, "tombstone_days", self.tombstone_days);
        retention
    }

    pub(super) fn give(&self, given: &mut Dict) {
        let retention = self.given();
        put(given, "retention", (!retention.is_empty()).then_some(retention));
    }
}

impl Serve {
    /// The flags and variables that were given, as a tree of settings.
    pub(crate) fn given(&self) -> Dict {
        let mut given = Dict::new();
        put(&mut given, "listen", self.listen.clone());
        put(&mut given, "public_url", self.public_url.clone());
        put(&mut given, "rate", self.rate);
        put(&mut given, "queue_max", self.queue_max);
        put(&mut given, "replay_mb", self.replay_mb);
        put(&mut given, "bodies_mb", self.bodies_mb);
        put(&mut given, "writers", self.writers);
        put(&mut given, "bench_routes", self.bench_routes.then_some(true));
        put(&mut given, "accept_clock", self.accept_clock.then_some(true));
        give_secrets(self.secrets_file.as_deref(), &mut given);
        let mut retention = self.retention.given();
        put(&mut retention, "activity_days", self.server_retention.activity_days);
        put(&mut retention, "delivery_days", self.server_retention.delivery_days);
        let (mut customers, mut cors) = (Dict::new(), Dict::new());
        put(&mut customers, "rate", self.customers.customers_rate);
        put(&mut customers, "burst", self.customers.customers_burst);
        put(&mut cors, "allow_origins", self.customers.allow_origins.clone());
        let mut webhooks = Dict::new();
        put(&mut webhooks, "allow_private", self.webhooks.allow_private);
        put(&mut webhooks, "proxy", self.webhooks.webhooks_proxy.clone());
        let ca_file = self.webhooks.webhooks_ca_file.as_ref();
        put(&mut webhooks, "ca_file", ca_file.map(|file| file.display().to_string()));
        let mut metrics = Dict::new();
        put(&mut metrics, "token", self.metrics_token.clone());
        let mut log = Dict::new();
        put(&mut log, "format", self.log_format.clone());
        put(&mut log, "filter", self.log_filter.clone());
        put(&mut log, "slow_ms", self.log_slow_ms);
        let tables = [
            ("customers", customers),
            ("cors", cors),
            ("retention", retention),
            ("webhooks", webhooks),
            ("metrics", metrics),
            ("log", log),
        ];
        for (name, table) in tables {
            put(&mut given, name, (!table.is_empty()).then_some(table));
        }
        given
    }
}

pub(super) fn give_secrets(file: Option<&Path>, given: &mut Dict) {
    let mut secrets = Dict::new();
    put(&mut secrets, "file", file.map(|file| file.display().to_string()));
    put(given, "secrets", (!secrets.is_empty()).then_some(secrets));
}

fn put(dict: &mut Dict, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        dict.insert(name.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_what_the_library_takes() {
        for filter in [
            "info",
            "INFO",
            "3",
            "off",
            "warn,server=debug",
            "Warn,store-sqlite=5",
            "info,server::call=TRACE",
            "info,[request{method=POST}]=debug",
            "info,server[request]",
            "server[request{id}]=trace",
        ] {
            assert!(check_filter(filter).is_ok(), "{filter}");
            assert!(tracing_subscriber::EnvFilter::try_new(filter).is_ok(), "{filter}");
        }
        for filter in [
            "",
            "chatty",
            "==",
            "6",
            "info,",
            "=info",
            "server=",
            "server=loud",
            "[request",
            "a b[c]",
            "warn, info",
        ] {
            assert!(check_filter(filter).is_err(), "{filter}");
        }
    }
}
