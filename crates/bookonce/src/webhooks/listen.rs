//! `bookonce webhooks listen`: an endpoint for as long as this runs.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;

use client::webhooks::Secrets;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver as Queue, channel};
use tokio::task::JoinSet;

use super::endpoint::{Api, Endpoint};
use super::http;
use super::receive::{Delivery, Receiver};
use super::show;
use crate::flags::{Failure, Listen};
use crate::out::{note, say};

/// Deliveries that wait to be printed; beyond that their answers wait.
const PRINTED_MAX: usize = 64;

pub(super) fn run(flags: &Listen) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(listen(flags))?;
    Ok(ExitCode::SUCCESS)
}

async fn listen(flags: &Listen) -> Result<(), Failure> {
    let server = http::url("--server", &flags.server)?;
    let forward = flags.forward.as_deref().map(|text| http::url("--forward", text)).transpose()?;
    let api = Api { client: http::client()?, server, key: flags.key.clone() };
    // Before there is anything to remove, so that no signal finds it left behind.
    let mut stop = Stop::new()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    if !is_here(&api) {
        note(format!("{} calls {url} on its own machine; run this there.", api.server));
    }
    let endpoint = tokio::select! {
        made = api.make(&url, &flags.types) => made?,
        () = stop.asked() => return Err("it was stopped while the endpoint was made; if it is \
            there all the same it leads nowhere, and GET /webhook_endpoints shows it".into()),
    };
    note(format!(
        "{} of {} leads to {}; Ctrl-C ends it.",
        endpoint.id,
        api.server,
        forward.as_ref().map_or("this terminal", |url| url.as_str())
    ));
    let received = receive(flags, &api, &endpoint, Open { listener, forward, stop }).await;
    if let Err(error) = api.remove(&endpoint).await {
        let Endpoint { id, .. } = endpoint;
        return Err(format!(
            "the endpoint {id} is still there, and leads nowhere: {error}. Remove it with DELETE \
             /webhook_endpoints/{id}"
        )
        .into());
    }
    note(format!("{} is removed.", endpoint.id));
    received
}

/// Whether the server is on this machine, as far as its address says.
fn is_here(api: &Api) -> bool {
    let host = api.server.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// What is open while this runs.
struct Open {
    listener: TcpListener,
    forward: Option<reqwest::Url>,
    stop: Stop,
}

/// Receives and prints until it is told to stop, or nobody reads what is printed.
async fn receive(
    flags: &Listen,
    api: &Api,
    endpoint: &Endpoint,
    open: Open,
) -> Result<(), Failure> {
    let Open { listener, forward, mut stop } = open;
    let (printer, mut printed) = channel(PRINTED_MAX);
    let secrets = Secrets::new([&endpoint.secret])?;
    let receiver = Receiver { secrets, client: api.client.clone(), forward, printer };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(()),
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                connections.spawn(serve(TokioIo::new(stream), receiver.clone()));
            }
            Some(_ended) = connections.join_next() => {}
            shown = print_next(&mut printed, flags.json) => shown?,
        }
    }
}

async fn serve(stream: TokioIo<tokio::net::TcpStream>, receiver: Receiver) {
    let service = service_fn(move |request| {
        let receiver = receiver.clone();
        async move { Ok::<_, Infallible>(receiver.receive(request).await) }
    });
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(stream, service);
    // Whoever breaks off sends again.
    let _broken = connection.await.is_err();
}

async fn print_next(printed: &mut Queue<Delivery>, json: bool) -> Result<(), Failure> {
    // The receiver has the other end for as long as this runs.
    let Some(delivery) = printed.recv().await else { return Ok(()) };
    if json { say(show::line(&delivery)) } else { say(show::text(&delivery)) }
}

/// What ends it.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn new() -> Result<Self, Failure> {
        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        Ok(Self { interrupt: signal(interrupt)?, terminate: signal(terminate)? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
