//! Sample data: a concert, a key, and lines to try it with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use domain::intent::Command;
use domain::money::Currency;
use domain::policy::Terms;
use domain::tickets::intent::{NewEvent, NewZone};
use domain::time::DAY_MS;
use domain::{Timestamp, id::AccountId};
use engine::credentials::{Credentials, Mode, Scope, Scopes};
use engine::reads::{Page, Reads};
use engine::tickets::EventView;
use server::secrets::Secrets;
use server::{Server, hash_secret, secret_of};

use crate::flags::Failure;
use crate::keys::{NewKey, create_with};
use crate::out::say;

const ACCOUNT: &str = "demo";
const EVENT: &str = "Bookonce in concert";
/// Keys of the demo that may have been revoked: each has the next one in its place.
const KEYS_REVOKED_MAX: u32 = 1_000;
/// Events of the account that are looked through for an earlier sample.
const EVENTS_LOOKED_AT: usize = 50;

/// What a demo is made with.
pub(crate) struct Sample {
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) reads: Arc<dyn Reads>,
    pub(crate) secrets: Secrets,
}

/// Makes sure that there is a concert on sale, and tells how to buy a ticket.
pub(crate) async fn show(server: &Server, sample: Sample, now: Timestamp) -> Result<(), Failure> {
    let reads = Arc::clone(&sample.reads);
    let DemoKey { account, secret } = patiently(move || key(&sample, now)).await?;
    let look = || {
        let reads = Arc::clone(&reads);
        patiently(move || on_sale(reads.as_ref(), account, now))
    };
    let event = match look().await? {
        Some(event) => event,
        None => {
            server.command(account, Command::CreateEvent(concert(now)?)).await?;
            look().await?.ok_or("the sample event is not there")?
        }
    };
    say(lines(server, &event, &secret))
}

/// The demo's key.
struct DemoKey {
    account: AccountId,
    secret: String,
}

/// It follows from the store's secrets, so that it is the same at each start: it is kept as a hash
/// only, and each start would leave another one.
fn key(sample: &Sample, now: Timestamp) -> Result<DemoKey, Failure> {
    let (credentials, store) = (sample.credentials.as_ref(), sample.reads.identity()?.store_id);
    let scopes = Scopes::of(&Scope::ALL);
    let new = NewKey { account: ACCOUNT, mode: Mode::Test, scopes, rate: Some(0) };
    for revoked in 0..=KEYS_REVOKED_MAX {
        let secret = secret_of(new.mode, sample.secrets.demo_key(&store, revoked));
        match credentials.key_by_hash(&hash_secret(&secret))? {
            Some(key) if key.revoked_at.is_some() => {}
            Some(key) => return Ok(DemoKey { account: key.account, secret }),
            None => {
                let made = create_with(credentials, now, &new, &secret);
                // Another node may have been faster.
                let key = match credentials.key_by_hash(&hash_secret(&secret))? {
                    Some(key) => key,
                    None => made?,
                };
                return Ok(DemoKey { account: key.account, secret });
            }
        }
    }
    let told = "the keys of the demo were revoked too often; make one with `bookonce keys create`";
    Err(told.into())
}

/// Does what may wait where that is allowed.
async fn patiently<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let told = |error: Failure| error.to_string();
    Ok(tokio::task::spawn_blocking(move || work().map_err(told)).await??)
}

fn on_sale(
    reads: &dyn Reads,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<EventView>, Failure> {
    let events = reads.events(account, Page { after: None, limit: EVENTS_LOOKED_AT })?;
    let usable = |view: &EventView| view.event.name == EVENT && view.event.starts_at > now;
    Ok(events.into_iter().find(usable))
}

fn concert(now: Timestamp) -> Result<NewEvent, Failure> {
    let zone = |name: &str, capacity, price| NewZone {
        name: name.to_owned(),
        capacity,
        price,
        seats: Vec::new(),
    };
    let seats: Vec<_> = ["A", "B", "C"]
        .into_iter()
        .flat_map(|row| (1..=8).map(move |seat| format!("{row}-{seat}")))
        .collect();
    let boxes = NewZone { seats, ..zone("Box", 24, 12_900) };
    Ok(NewEvent {
        name: EVENT.to_owned(),
        starts_at: now.plus_millis(30 * DAY_MS),
        currency: Currency::new("USD").ok_or("USD is a currency")?,
        max_per_user: 4,
        hold_seconds: 600,
        sales_open_at: None,
        sales_close_at: None,
        terms: Terms::default(),
        zones: vec![
            zone("Floor", 5_000, 4_990),
            zone("Stalls", 800, 7_900),
            zone("Balcony", 300, 5_950),
            boxes,
        ],
    })
}

/// Where it is reached from this machine: nobody can connect to "all addresses".
fn reached(address: SocketAddr) -> SocketAddr {
    let own: IpAddr = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(own, address.port())
}

/// What a stranger pastes. Keys differ from start to start, so that nothing replays by accident.
fn lines(server: &Server, view: &EventView, secret: &str) -> String {
    let try_id = format!("{:08x}", u32::from_ne_bytes(server::random_bytes()));
    let mut zones = view.zones.iter().map(|stock| stock.zone.id.to_string());
    let (floor, boxes) = (zones.next().unwrap_or_default(), zones.next_back().unwrap_or_default());
    let (bold, dim) = (anstyle::Style::new().bold(), anstyle::Style::new().dimmed());
    format!(
        r#"
{bold}Bookonce sells tickets for "{name}".{bold:#} Paste these into another terminal:

{dim}# where it is, and a key for everything in test mode, the same at each start{dim:#}
export API=http://{address}/api/v1 KEY={secret}

{dim}# what is left on the floor{dim:#}
curl -s "$API/events/{event}/zones/{floor}/availability" -H "Authorization: Bearer $KEY"; echo

{dim}# hold two; run it again: the same answer, no second booking{dim:#}
curl -si "$API/bookings/reserve" -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
  -H "Idempotency-Key: try-{try_id}" \
  -d '{{"event_id":"{event}","zone_id":"{floor}","quantity":2,"user_id":"ann"}}'; echo

{dim}# hold two seats next to each other, remember the booking, and confirm it as paid{dim:#}
BOOKING=$(curl -s "$API/bookings/reserve" -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
  -H "Idempotency-Key: box-{try_id}" \
  -d '{{"event_id":"{event}","zone_id":"{boxes}","quantity":2,"best_available":true,"user_id":"bob"}}' \
  | sed -n 's/.*"booking_id":"\([^"]*\)".*/\1/p')
curl -s "$API/bookings/$BOOKING/confirm" -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
  -d '{{"payment":{{"method":"external","reference":"receipt-{try_id}"}}}}'; echo

{dim}# why it is as it is{dim:#}
curl -s "$API/bookings/$BOOKING/timeline" -H "Authorization: Bearer $KEY"; echo

The API to read and try: http://{address}/docs
"#,
        name = view.event.name,
        address = reached(server.address),
        event = view.event.id,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_is_printed_can_be_pasted() {
        for (listens, shown) in [
            ("0.0.0.0:7070", "127.0.0.1:7070"),
            ("[::]:7070", "[::1]:7070"),
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("192.0.2.7:80", "192.0.2.7:80"),
        ] {
            assert_eq!(reached(listens.parse().unwrap()).to_string(), shown);
        }
    }
}
