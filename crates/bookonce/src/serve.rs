//! `bookonce serve`

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use engine::reads::Reads;
use engine::{Clock, Observer};
use server::clock::SystemClock;
use server::logs::LogLines;
use server::metrics::Metrics;
use server::secrets::Secrets;
use server::stores::{Address, ClockOf, Serving, StoreWatch, superseded};
use server::{Server, Settings, Start, Stores};
use tokio::signal::unix::{SignalKind, signal};

use crate::demo::{self, Sample};
use crate::flags::{Failure, Flags, Serve};
use crate::{failpoints, logs};

pub(crate) fn run(flags: &Flags, serve: &Serve) -> Result<ExitCode, Failure> {
    let settings = flags.settings(serve.given())?;
    let log = logs::start(&settings.log)?;
    // Stores may wait, so all of this comes before anything asynchronous.
    let address = flags.address(&settings)?;
    let opened = Opened::open(&address, &settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let log = log.lines.clone();
    let settings_file = flags.settings_file()?;
    let told = Told { address, settings, settings_file, has_sample: serve.demo };
    let ended = runtime.block_on(until_stopped(&told, opened, log));
    // Whatever still waits for the store waits for nobody.
    runtime.shutdown_background();
    ended?;
    Ok(ExitCode::SUCCESS)
}

/// What it was told to serve.
struct Told {
    address: Address,
    settings: Settings,
    settings_file: Option<PathBuf>,
    has_sample: bool,
}

/// What has to be there before anything can be served.
struct Opened {
    stores: Stores,
    secrets: Secrets,
    clock: Arc<SystemClock>,
    schema_version: u32,
    serving: Serving,
    watch: StoreWatch,
    connections_max: usize,
}

impl Opened {
    fn open(address: &Address, settings: &Settings) -> Result<Self, Failure> {
        let connections_max = server::connections_max(settings.writers)?;
        let failpoints = failpoints::from_environment()?;
        let serving = Serving { writers: settings.writers, clock: ClockOf::Database, failpoints };
        let file = settings.secrets.file.as_deref();
        let is_there = address.is_there()?;
        // Who comes without the right secrets leaves the store as it is.
        let secrets = address.secrets(file)?;
        let stores = address.serve(&serving)?;
        if !is_there {
            tracing::info!(store = %address.in_full(), "made a new store");
        }
        let watch = address.watch();
        let clock = Arc::new(clock(stores.reads.as_ref(), settings.accept_clock)?);
        let schema_version = stores.reads.identity()?.schema_version;
        Ok(Self { stores, secrets, clock, schema_version, serving, watch, connections_max })
    }
}

/// The store's own clock, where it has one; else the machine's.
fn clock(reads: &dyn Reads, accept: bool) -> Result<SystemClock, Failure> {
    let last = reads.last_instant()?;
    Ok(match reads.clock()? {
        Some(now) => SystemClock::of_store(now, last, accept)?,
        None => SystemClock::start(last, accept)?,
    })
}

async fn until_stopped(told: &Told, opened: Opened, log: LogLines) -> Result<(), Failure> {
    let Told { address, settings, settings_file, has_sample } = told;
    let Opened { stores, secrets, clock, schema_version, serving, watch, connections_max } = opened;
    // As people write it who mean all addresses.
    let listen = settings.listen.strip_prefix(':').map(|port| format!("0.0.0.0:{port}"));
    let listen = listen.unwrap_or_else(|| settings.listen.clone());
    let hint = if listen.contains(':') { "" } else { "; use ADDRESS:PORT, such as 0.0.0.0:7070" };
    let listener = server::listen(&listen)
        .await
        .map_err(|error| format!("cannot listen on {listen}: {error}{hint}"))?;
    // Taken before anything is served, so that no signal finds the process unprepared.
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);

    let sample = Sample {
        credentials: Arc::clone(&stores.credentials),
        reads: Arc::clone(&stores.reads),
        secrets: secrets.clone(),
    };
    let superseded = superseded(stores.superseded.clone());
    let follow = Arc::clone(&clock).follow(Arc::clone(&stores.reads));
    let failpoints = serving.failpoints;
    let start = Start { settings, stores, secrets, failpoints, listener, log, connections_max };
    let observe = |metrics: Arc<Metrics>| -> Arc<dyn Observer> { metrics };
    let server = Server::start(start, Arc::<SystemClock>::clone(&clock), observe)?;
    let store = address.in_full();
    tracing::info!(
        address = %server.address,
        %store,
        version = env!("CARGO_PKG_VERSION"),
        schema_version,
        settings_file = settings_file.as_ref().map(|file| display(file.display())),
        connections_max,
        "serving"
    );
    if *has_sample {
        demo::show(&server, sample, clock.now()).await?;
    }
    let lost = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        () = follow => None,
        // Nothing that is decided from here on would be there after the next start.
        why = watch.moved() => Some(format!(
            "the store was taken away: {why}. Put it back, with its log, and start again"
        )),
        // Nothing is decided any more: each batch was refused.
        why = superseded => Some(format!("{why}. Start that program instead of this one")),
    };
    if let Some(why) = &lost {
        tracing::error!(why, "the store cannot be served any more");
    }
    tracing::info!("stopping: no new work, open requests are answered");
    server.stop().await;
    tracing::info!("stopped");
    lost.map_or(Ok(()), |why| Err(why.into()))
}
