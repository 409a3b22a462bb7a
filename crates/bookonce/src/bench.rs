//! `bookonce bench`: a load generator and a checker in one.
//!
//! It starts a server of its own in a process of its own, drives it over HTTP, and asks it afterwards
//! whether anything was oversold, lost or doubled. Every figure stands beside the constant answer of
//! the same run, which is what HTTP costs by itself.

mod check;
mod counters;
mod earlier;
mod http;
mod load;
mod report;
mod subject;
mod target;
mod webhooks;
mod work;

use std::process::ExitCode;

use engine::cleaning::Removed;
use serde_json::Value;

pub(crate) use subject::Subject;

use crate::flags::{Bench, Failure, Flags};
use crate::out::{note, say};
use check::Check;
use counters::{Counters, since};
use earlier::Earlier;
use http::{Operator, Request};
use load::{Load, Pace, drive};
use report::{Measured, Report, Served};
use target::Target;
use work::{Ask, RESERVE, Sale, Workload};

/// Connections that may be asked for: more than the server takes would wait for each other.
const CONNECTIONS_MAX: usize = 5_000;
/// The constant answer is measured for one part in so many of the time.
const CEILING_SHARE: u64 = 3;

pub(crate) fn run(flags: &Flags, bench: &Bench) -> Result<ExitCode, Failure> {
    if !(1..=CONNECTIONS_MAX).contains(&bench.connections) {
        return Err(format!("--connections: must be 1 to {CONNECTIONS_MAX}").into());
    }
    if bench.seconds == 0 || bench.rate == Some(0) {
        return Err("--seconds and --rate: must be at least 1".into());
    }
    match bench.subject {
        Subject::Workload(workload) => run_workload(flags, bench, workload),
        Subject::Webhooks => webhooks::run(flags, bench),
    }
}

fn run_workload(flags: &Flags, bench: &Bench, workload: Workload) -> Result<ExitCode, Failure> {
    let earlier = Earlier::new(bench.earlier, bench.overdue)?;
    let (store, secrets) = (flags.store_flag(), bench.secrets_file.as_deref());
    let target = Target::start(store, secrets, earlier, &[])?;
    // One thread: what the generator takes, the server does not have.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let Done { ceiling, measured, check, removed } =
        runtime.block_on(measure(&target, bench, workload))?;
    let memory = target.memory();
    let check = check.with_verified(&target.verify()?);
    let is_ok = check.is_ok();
    let served = Served { earlier, ready: target.ready, memory, removed };
    let report = Report { ceiling, measured, served, check };
    if bench.json {
        say(report.json())?;
    } else {
        say(report.text())?;
        note(match store {
            Some(_) => format!("What was booked stays in {}.", target.in_full()),
            None => "It was a scratch store, which is gone.".to_owned(),
        });
    }
    Ok(if is_ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What was measured over HTTP.
struct Done {
    ceiling: Measured,
    measured: Measured,
    check: Check,
    /// What clean-up removed while the workload was measured, and in all.
    removed: [Removed; 2],
}

async fn measure(target: &Target, bench: &Bench, workload: Workload) -> Result<Done, Failure> {
    let mut operator = Operator::new(target.address);
    let sale = put_on_sale(&mut operator, &target.credential).await?;
    let connections = bench.connections;
    let seed = u64::from(u32::from_ne_bytes(server::random_bytes()));
    let pace = Pace { connections, seconds: bench.seconds, rate: bench.rate };
    let short = Pace { seconds: (bench.seconds / CEILING_SHARE).max(1), rate: None, ..pace };
    let load = |workload| Load { address: target.address, sale: &sale, workload, seed };

    let before = Counters::of(&mut operator, target).await?;
    let constant = drive(load(None), short).await;
    let between = Counters::of(&mut operator, target).await?;
    let done = drive(load(Some(workload)), pace).await;
    let after = Counters::of(&mut operator, target).await?;

    let check = Check::of(&mut operator, &sale, &done).await?;
    let in_all = Counters::of(&mut operator, target).await?.removed;
    let removed = [since(after.removed, between.removed), in_all];
    let [before, between, after] = [before, between, after].map(|it| it.cpu_seconds);
    let ceiling = Measured::new("constant", connections, &constant, before..between);
    let measured = Measured::new(workload.name(), connections, &done, between..after);
    Ok(Done { ceiling, measured, check, removed })
}

async fn put_on_sale(operator: &mut Operator, credential: &str) -> Result<Sale, Failure> {
    let body = work::event().to_string();
    let reply =
        operator.send(&Request::post("/api/v1/events", credential, &[&body]).bytes()).await?;
    let event: Value = serde_json::from_slice(reply.body)?;
    let text = |pointer: &str| {
        let text = event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        text.ok_or_else(|| format!("the event was answered {}: {event}", reply.status))
    };
    let (floor, sold_out) = (text("/zones/0/id")?, text("/zones/1/id")?);
    let credential = credential.to_owned();
    let sale = Sale { credential, event: text("/id")?, floor, sold_out };
    // The last of the small zone.
    let key = format!("last-{}", sale.event);
    let last = Ask { path: RESERVE, zone: &sale.sold_out, key: Some(&key), user: "first" };
    operator.send(&sale.ask(last)).await?;
    Ok(sale)
}
