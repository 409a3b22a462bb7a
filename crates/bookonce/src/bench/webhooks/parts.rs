//! What is measured, one part after the other.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::Plan;
use super::figures::{AtRate, Figures, Hanging, Lags, Rush, Sustained};
use super::receiver::{HANGS, Receiver};
use crate::bench::check::Check;
use crate::bench::counters::Counters;
use crate::bench::http::{Operator, Request};
use crate::bench::load::{Load, Outcome, Pace, drive};
use crate::bench::put_on_sale;
use crate::bench::target::Target;
use crate::bench::work::{Sale, Workload};
use crate::flags::Failure;

/// Accounts with endpoints of which one hangs, and endpoints of each.
const ACCOUNTS: u32 = 10;
const ENDPOINTS_EACH: u32 = 100;
/// The path of the first of them, which is the one that hangs.
const FIRST_PATH: u32 = 100;
/// Events per second of each such account: each comes to all its endpoints.
const RATE_EACH: u32 = 1;
/// What is on its way arrives within this.
const ARRIVAL: Duration = Duration::from_secs(20);
/// How often it is looked whether something has arrived.
const LOOK: Duration = Duration::from_millis(5);

const ENDPOINTS: &str = "/api/v1/webhook_endpoints";

/// What all parts need.
struct Bench<'a> {
    target: &'a Target,
    plan: Plan,
    operator: Operator,
    receiver: Receiver,
    seed: u64,
    /// What was acknowledged in the account that is checked.
    all: Outcome,
}

/// An endpoint that was made.
struct Endpoint {
    id: String,
}

pub(super) async fn measure(target: &Target, plan: Plan) -> Result<Figures, Failure> {
    let mut operator = Operator::new(target.address);
    let sale = put_on_sale(&mut operator, &target.credential).await?;
    let seed = u64::from(u32::from_ne_bytes(server::random_bytes()));
    let receiver = Receiver::start()?;
    let all = Outcome::default();
    let mut bench = Bench { target, plan, operator, receiver, seed, all };
    let rush = bench.rush(&sale).await?;
    let sustained = bench.sustained(&sale).await?;
    let at_rate = bench.at_rate(&sale).await?;
    let hanging = bench.hanging().await?;
    let Bench { mut operator, all, .. } = bench;
    let check = Check::of(&mut operator, &sale, &all).await?;
    Ok(Figures { rush, sustained, at_rate, hanging, check })
}

impl Bench<'_> {
    /// Asks for something that has to be done.
    async fn ask(&mut self, request: Request<'_>) -> Result<Value, Failure> {
        ask(&mut self.operator, request).await
    }

    /// Makes an endpoint for everything that is booked from now on.
    async fn endpoint(&mut self, credential: &str, path: u32) -> Result<Endpoint, Failure> {
        let url = self.receiver.url(path);
        endpoint(&mut self.operator, credential, &url).await
    }

    async fn delete(&mut self, credential: &str, endpoint: &Endpoint) -> Result<(), Failure> {
        let path = format!("{ENDPOINTS}/{}", endpoint.id);
        self.ask(Request::new("DELETE", &path, credential)).await.map(drop)
    }

    /// Books as fast as is answered, or at a rate.
    async fn book(&mut self, sale: &Sale, rate: Option<u32>) -> Outcome {
        let Plan { seconds, connections, .. } = self.plan;
        // Each has keys of its own.
        self.seed = self.seed.wrapping_add(1 << 32);
        let workload = Some(Workload::Rush);
        let load = Load { address: self.target.address, sale, workload, seed: self.seed };
        drive(load, Pace { connections, seconds, rate }).await
    }

    /// Waits until so many have arrived, or nothing does for long.
    async fn arrived(&self, count: usize) {
        let until = Instant::now() + ARRIVAL;
        while self.receiver.count() < count && Instant::now() < until {
            sleep_until(Instant::now() + LOOK).await;
        }
    }

    /// `rush` without an endpoint, with one, and without again: what it costs who books.
    async fn rush(&mut self, sale: &Sale) -> Result<Rush, Failure> {
        let before = self.book(sale, None).await;
        let endpoint = self.endpoint(&sale.credential, 0).await?;
        let with = self.book(sale, None).await;
        let delivered = self.receiver.take().len();
        self.delete(&sale.credential, &endpoint).await?;
        let after = self.book(sale, None).await;
        let rush = Rush::new([&before, &after], &with, delivered);
        for outcome in [before, with, after] {
            self.all.add(outcome);
        }
        Ok(rush)
    }

    /// One endpoint is sent everything that happened so far, as fast as it goes.
    async fn sustained(&mut self, sale: &Sale) -> Result<Sustained, Failure> {
        self.receiver.take();
        let credential = &sale.credential;
        let endpoint = self.endpoint(credential, 0).await?;
        let path = format!("{ENDPOINTS}/{}/replay", endpoint.id);
        let before = Counters::of(&mut self.operator, self.target).await?.cpu_seconds;
        let key = format!("replay-{}", endpoint.id);
        let body = [r#"{"after":0}"#];
        self.ask(Request::post(&path, credential, &body).with_key(&key)).await?;
        self.arrived(1).await;
        let began = Instant::now();
        let (ends, booked) =
            (began + Duration::from_secs(self.plan.seconds), self.all.heard.booked.len());
        // It ends early where everything has come.
        while Instant::now() < ends && self.receiver.count() < booked {
            sleep_until((Instant::now() + LOOK).min(ends)).await;
        }
        let (count, seconds) = (self.receiver.count(), began.elapsed().as_secs_f64());
        let after = Counters::of(&mut self.operator, self.target).await?.cpu_seconds;
        self.delete(credential, &endpoint).await?;
        Ok(Sustained { deliveries: count, seconds, cpu_seconds: before..after })
    }

    /// Events at a rate, to one endpoint.
    async fn at_rate(&mut self, sale: &Sale) -> Result<AtRate, Failure> {
        // What is left of the part before has come to its end.
        sleep_until(Instant::now() + Duration::from_secs(1)).await;
        self.receiver.take();
        let endpoint = self.endpoint(&sale.credential, 1).await?;
        let rate = self.plan.rate;
        let booked = self.book(sale, Some(rate)).await;
        self.arrived(booked.heard.booked.len()).await;
        let arrivals: Vec<_> = self.receiver.take().into_iter().filter(|it| it.path == 1).collect();
        self.delete(&sale.credential, &endpoint).await?;
        let at_rate = AtRate::new(rate, &booked, &arrivals);
        self.all.add(booked);
        Ok(at_rate)
    }

    /// A thousand endpoints of ten accounts, first all well, then with one that hangs.
    async fn hanging(&mut self) -> Result<Hanging, Failure> {
        let (mut sales, mut accounts) = (Vec::new(), JoinSet::new());
        for account in 0..ACCOUNTS {
            let credential = self.target.credential_of(&format!("bench-{account}"))?;
            sales.push(put_on_sale(&mut self.operator, &credential).await?);
            let first = FIRST_PATH + account * ENDPOINTS_EACH;
            let urls = (first..first + ENDPOINTS_EACH).map(|path| self.receiver.url(path));
            accounts.spawn(endpoints(self.target.address, credential, urls.collect()));
        }
        let mut hangs = None;
        for made in accounts.join_all().await {
            let Made { leads_to, endpoint } = made?;
            if leads_to == self.receiver.url(FIRST_PATH) {
                hangs = Some(endpoint);
            }
        }
        let well = self.many(&sales, false).await?;
        let (Some(sale), Some(endpoint)) = (sales.first(), hangs) else {
            return Err("there are no endpoints".into());
        };
        let path = format!("{ENDPOINTS}/{}", endpoint.id);
        let body = json!({"url": self.receiver.url(HANGS)}).to_string();
        let body = [body.as_str()];
        let request = Request { body: &body, ..Request::new("PATCH", &path, &sale.credential) };
        self.ask(request.with_key("hang")).await?;
        let one_hangs = self.many(&sales, true).await?;
        Ok(Hanging { endpoints: ACCOUNTS * ENDPOINTS_EACH, well, one_hangs })
    }

    /// Events of all accounts in turn, and how late they came to all endpoints but the first.
    async fn many(&mut self, sales: &[Sale], first_hangs: bool) -> Result<Lags, Failure> {
        self.receiver.take();
        self.seed = self.seed.wrapping_add(1 << 32);
        let (address, seconds) = (self.target.address, self.plan.seconds);
        let (begin, turn) = (Instant::now(), Duration::from_secs(1) / RATE_EACH / ACCOUNTS);
        let mut accounts = JoinSet::new();
        for (number, sale) in (0..).zip(sales.iter().cloned()) {
            let seed = self.seed.wrapping_add(1_000 * u64::from(number));
            accounts.spawn(async move {
                sleep_until(begin + turn * number).await;
                let load = Load { address, sale: &sale, workload: Some(Workload::Rush), seed };
                let pace = Pace { connections: 1, seconds, rate: Some(RATE_EACH) };
                Booked { is_first: number == 0, count: drive(load, pace).await.heard.booked.len() }
            });
        }
        let (mut all, mut of_first) = (0, 0);
        for Booked { is_first, count } in accounts.join_all().await {
            all += count * ENDPOINTS_EACH as usize;
            of_first += if is_first { count } else { 0 };
        }
        self.arrived(if first_hangs { all - of_first } else { all }).await;
        let others = self.receiver.take().into_iter().filter(|it| it.path > FIRST_PATH);
        Ok(Lags::new(&others.collect::<Vec<_>>(), all - of_first))
    }
}

/// Asks for something that has to be done.
async fn ask(operator: &mut Operator, request: Request<'_>) -> Result<Value, Failure> {
    let reply = operator.send(&request.bytes()).await?;
    let value: Value = serde_json::from_slice(reply.body).unwrap_or_default();
    if (200..300).contains(&reply.status) {
        return Ok(value);
    }
    let Request { method, path, .. } = request;
    Err(format!("{method} {path} was answered {}: {value}", reply.status).into())
}

/// Makes an endpoint that leads to `url`.
async fn endpoint(
    operator: &mut Operator,
    credential: &str,
    url: &str,
) -> Result<Endpoint, Failure> {
    let body = json!({"url": url, "event_types": ["booking.*"]}).to_string();
    let key = format!("endpoint-{:x}", u64::from_ne_bytes(server::random_bytes()));
    let body = [body.as_str()];
    let made = ask(operator, Request::post(ENDPOINTS, credential, &body).with_key(&key)).await?;
    let id = made.get("id").and_then(Value::as_str).ok_or("an endpoint without an id")?;
    Ok(Endpoint { id: id.to_owned() })
}

/// The first of an account's endpoints.
struct Made {
    leads_to: String,
    endpoint: Endpoint,
}

/// Makes endpoints that lead to these, one after the other.
async fn endpoints(
    address: SocketAddr,
    credential: String,
    urls: Vec<String>,
) -> Result<Made, String> {
    let mut operator = Operator::new(address);
    let mut first = None;
    for url in urls {
        let made = endpoint(&mut operator, &credential, &url).await;
        let made = made.map_err(|error| error.to_string())?;
        first.get_or_insert(Made { leads_to: url, endpoint: made });
    }
    first.ok_or_else(|| "there are no endpoints".to_owned())
}

/// What an account has booked.
struct Booked {
    is_first: bool,
    count: usize,
}
