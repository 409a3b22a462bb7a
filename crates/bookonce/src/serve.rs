//! `bookonce serve`

use std::process::ExitCode;
use std::sync::Arc;

use engine::{Clock, Observer};
use server::clock::SystemClock;
use server::metrics::Metrics;
use server::{Server, Settings, Start};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::flags::{Failure, Flags, Serve};
use crate::{demo, failpoints, logs};

pub(crate) fn run(flags: &Flags, serve: &Serve) -> Result<ExitCode, Failure> {
    let settings = flags.settings(serve.given())?;
    logs::start(&settings.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(until_stopped(flags, &settings, serve.demo))?;
    Ok(ExitCode::SUCCESS)
}

async fn until_stopped(flags: &Flags, settings: &Settings, demo: bool) -> Result<(), Failure> {
    let failpoints = failpoints::from_environment()?;
    let address = flags.address(settings)?;
    let stores = address.serve(failpoints.clone())?;
    let secrets = address.secrets(settings.secrets.file.as_deref(), stores.credentials.as_ref())?;
    let last = stores.reads.last_instant()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start(last, settings.accept_clock)?);
    let listener = TcpListener::bind(&settings.listen)
        .await
        .map_err(|error| format!("can not listen on {}: {error}", settings.listen))?;
    // Taken before anything is served, so that no signal finds the process unprepared.
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);

    let sample = (Arc::clone(&stores.credentials), Arc::clone(&stores.reads));
    let start = Start { settings, stores, secrets, failpoints, listener };
    let observe = |metrics: Arc<Metrics>| -> Arc<dyn Observer> { metrics };
    let server = Server::start(start, Arc::clone(&clock), observe)?;
    tracing::info!(address = %server.address, store = settings.store, "serving");
    if demo {
        demo::show(&server, (sample.0.as_ref(), sample.1.as_ref()), clock.now()).await?;
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: no new work, open requests are answered");
    server.stop().await;
    tracing::info!("stopped");
    Ok(())
}
