//! Examples of requests and answers: one event, one buyer, one booking, from first to last.

use domain::Timestamp;
use domain::activity::SCHEMA_VERSION;
use wire::{
    ActivityEvent, ActivityList, BookingSnapshot, CreateCustomerTokenRequest, CustomerToken,
    KeyRecord, KeyStatus, List,
};

use crate::tickets::openapi::examples::reserved;
use crate::views::instant;

pub(crate) const REQUEST_ID: &str = "req_01kh3v0h2efk9b6t4wq8m7x5ra";
pub(crate) const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";
pub(crate) const RETRY_SECONDS: u64 = 2;
pub(crate) const EVENT: &str = "evt_01kh3v0h2efk9b6t4wq8m7x5ra";
pub(crate) const ZONE: &str = "zon_01kh3v0h2efk9b6t4wq8m7x5ra";
pub(crate) const BOOKING: &str = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra";
pub(crate) const BOXES: &str = "zon_01kh3v0h2efk9b6t4wq8m7x5rb";
pub(crate) const PAYMENT: &str = "pay_01kh3v0h2efk9b6t4wq8m7x5ra";
const PERSON: &str = "per_01kh3v0h2efk9b6t4wq8m7x5ra";
pub(crate) const USER: &str = "user-42";
pub(crate) const REFERENCE: &str = "pi_3Q9xyz";
/// `2026-02-14T12:00:00.000Z`.
pub(crate) const CREATED: Timestamp = Timestamp::from_millis(1_771_070_400_000);
/// `2026-02-15T09:00:00.000Z`.
pub(crate) const OPENS: Timestamp = Timestamp::from_millis(1_771_146_000_000);
/// Three seconds later.
pub(crate) const RESERVED: Timestamp = Timestamp::from_millis(1_771_146_003_120);
/// Two minutes later.
pub(crate) const CONFIRMED: Timestamp = Timestamp::from_millis(1_771_146_161_807);
/// Or, another minute later.
pub(crate) const RELEASED: Timestamp = Timestamp::from_millis(1_771_146_190_064);
/// Five days later.
pub(crate) const CANCELLED: Timestamp = Timestamp::from_millis(1_771_605_900_391);
pub(crate) const STARTS_AT: &str = "2026-06-01T19:00:00.000Z";

#[expect(clippy::unnecessary_wraps, reason = "the fields that it is for are optional")]
pub(crate) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn reserved_at() -> String {
    instant(RESERVED)
}

pub(crate) fn list<T>(row: T) -> List<T> {
    List { data: vec![row], next: None }
}

pub(crate) fn activities() -> ActivityList {
    ActivityList { data: vec![activity()], next: None, removed_up_to: 0, head: 1_041 }
}

/// The booking as the feed tells of it when it is reserved.
fn snapshot() -> BookingSnapshot {
    let booking = reserved();
    BookingSnapshot {
        id: booking.id,
        booking_id: booking.booking_id,
        status: booking.status,
        event_id: booking.event_id,
        zone_id: booking.zone_id,
        user_id: Some(booking.user_id),
        person_id: PERSON.to_owned(),
        quantity: booking.quantity,
        seats: booking.seats,
        total_amount: booking.total_amount,
        total_currency: booking.total_currency,
        confirmation_code: booking.confirmation_code,
        payment_id: booking.payment_id,
        payment_status: booking.payment_status,
        refunded_amount: booking.refunded_amount,
        refund_pending_amount: booking.refund_pending_amount,
        expires_at: booking.expires_at,
        created_at: booking.created_at,
        confirmed_at: booking.confirmed_at,
        ended_at: booking.ended_at,
    }
}

pub(crate) fn activity() -> ActivityEvent {
    ActivityEvent {
        id: "msg_01kh3v0h2efk9b6t4wq8m7x5ra".to_owned(),
        kind: "booking.reserved".to_owned(),
        schema_version: u32::from(SCHEMA_VERSION),
        livemode: true,
        created_at: reserved_at(),
        position: 1_041,
        resource_id: BOOKING.to_owned(),
        resource_seq: 1,
        data: serde_json::to_value(snapshot()).unwrap_or_default(),
    }
}

/// What stands on the wire of a live stream.
pub(crate) fn stream() -> String {
    let ActivityEvent { position, kind, .. } = activity();
    let data = serde_json::to_string(&activity()).unwrap_or_default();
    format!("id: {position}\nevent: {kind}\ndata: {data}\n\n")
}

pub(crate) fn key_record() -> KeyRecord {
    KeyRecord {
        key: KEY.to_owned(),
        status: KeyStatus::Completed,
        method: text("POST"),
        path: text("/api/v1/bookings/reserve"),
        resource_id: text(BOOKING),
        response_status: Some(201),
        attempts: 2,
        first_seen_at: reserved_at(),
        last_seen_at: "2026-02-15T09:00:08.911Z".to_owned(),
    }
}

/// The record of a key that no request had used when it was retired.
pub(crate) fn retired_key() -> KeyRecord {
    KeyRecord {
        status: KeyStatus::Retired,
        method: None,
        path: None,
        resource_id: None,
        response_status: None,
        attempts: 0,
        last_seen_at: reserved_at(),
        ..key_record()
    }
}

pub(crate) fn create_token() -> CreateCustomerTokenRequest {
    CreateCustomerTokenRequest { user_id: USER.to_owned(), expires_in: Some(3_600) }
}

pub(crate) fn token() -> CustomerToken {
    CustomerToken {
        token: text("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyLTQyIn0.c2lnbmF0dXJl"),
        token_type: "Bearer".to_owned(),
        user_id: USER.to_owned(),
        expires_at: "2026-02-15T10:00:03.120Z".to_owned(),
        note: None,
    }
}

/// The answer to a retry: tokens are never stored.
pub(crate) fn replayed_token() -> CustomerToken {
    CustomerToken { token: None, note: text(crate::render::TOKEN_NOT_KEPT), ..token() }
}
