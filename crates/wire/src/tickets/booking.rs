//! Bookings: reserve, confirm, cancel, and what came of them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `POST /bookings/reserve`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReserveRequest {
    /// The event.
    #[cfg_attr(
        feature = "openapi",
        schema(
            example = "evt_01kh3v0h2efk9b6t4wq8m7x5ra",
            pattern = "^evt_[0-7][0-9a-hjkmnp-tv-z]{25}$"
        )
    )]
    pub event_id: String,
    /// The zone of that event.
    #[cfg_attr(
        feature = "openapi",
        schema(
            example = "zon_01kh3v0h2efk9b6t4wq8m7x5ra",
            pattern = "^zon_[0-7][0-9a-hjkmnp-tv-z]{25}$"
        )
    )]
    pub zone_id: String,
    /// How many tickets; not together with `seats`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = 2, minimum = 1, maximum = 1000))]
    pub quantity: Option<i64>,
    /// Labels of the seats wanted, all or none, each once; not together with `quantity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 1000))]
    pub seats: Option<Vec<String>>,
    /// Your id of the buyer; required with a secret key, implied by a customer token. No white space at
    /// its ends, no characters that cannot be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "user-42", min_length = 1, max_length = 128))]
    pub user_id: Option<String>,
    /// The total the buyer was shown; another one is refused with `PRICE_CHANGED`. It is compared as a
    /// number: `15`, `15.00` and `15.000` are one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(example = "99.80", pattern = r"^(0|[1-9][0-9]*)(\.[0-9]+)?$")
    )]
    pub expected_amount: Option<String>,
    /// In a numbered zone: pick `quantity` seats, as close together as there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = false))]
    pub best_available: Option<bool>,
}

/// `POST /bookings/{id}/confirm`. The body may be left out where nothing is to pay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// How it is paid; required for a price above zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentRequest>,
}

/// How a booking is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PaymentRequest {
    /// With what.
    pub method: PaymentMethod,
    /// Names an external payment, for which it is required; each can pay for one booking. No white space
    /// at its ends, no characters that cannot be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(example = "pi_3Q9xyz", min_length = 1, max_length = 255)
    )]
    pub reference: Option<String>,
}

/// With what a booking is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// The account's wallet.
    Wallet,
    /// A payment taken elsewhere and named by its reference.
    External,
}

/// `POST /bookings/{id}/cancel`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CancelRequest {
    /// Why, in the caller's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(example = "The buyer fell ill", min_length = 1, max_length = 500)
    )]
    pub reason: Option<String>,
    /// Whether to refund what the event's policy allows (yes unless given).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = true))]
    pub refund: Option<bool>,
}

/// A booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Booking {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub id: String,
    /// The same as `id`.
    #[cfg_attr(feature = "openapi", schema(example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub booking_id: String,
    /// Where it stands.
    pub status: BookingStatus,
    /// The event.
    #[cfg_attr(feature = "openapi", schema(example = "evt_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub event_id: String,
    /// The zone.
    #[cfg_attr(feature = "openapi", schema(example = "zon_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub zone_id: String,
    /// Your id of the buyer.
    #[cfg_attr(feature = "openapi", schema(example = "user-42"))]
    pub user_id: String,
    /// Tickets.
    #[cfg_attr(feature = "openapi", schema(example = 2))]
    pub quantity: i64,
    /// Labels of the seats; `null` where seats are not numbered.
    #[cfg_attr(feature = "openapi", schema(required, example = json!(["A1", "A2"])))]
    pub seats: Option<Vec<String>>,
    /// Price of all tickets together.
    #[cfg_attr(feature = "openapi", schema(example = "99.80"))]
    pub total_amount: String,
    /// ISO 4217 code of the price.
    #[cfg_attr(feature = "openapi", schema(example = "USD"))]
    pub total_currency: String,
    /// What the buyer shows at the door; `null` until confirmed.
    #[cfg_attr(feature = "openapi", schema(required, example = "7GK2QD9XWM"))]
    pub confirmation_code: Option<String>,
    /// The payment; `null` while there is none.
    #[cfg_attr(feature = "openapi", schema(required, example = "pay_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub payment_id: Option<String>,
    /// Where the payment stands.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub payment_status: Option<PaymentStatus>,
    /// What went back of it; `null` while there is no payment.
    #[cfg_attr(feature = "openapi", schema(required, example = "0.00"))]
    pub refunded_amount: Option<String>,
    /// What you still have to give back of it, where the payment was taken outside; `null` while there is
    /// no payment.
    #[cfg_attr(feature = "openapi", schema(required, example = "99.80"))]
    pub refund_pending_amount: Option<String>,
    /// Why it was cancelled.
    #[cfg_attr(feature = "openapi", schema(required, example = "The buyer fell ill"))]
    pub cancel_reason: Option<String>,
    /// When the hold ends, or would have ended; `null` once it is sold.
    #[cfg_attr(
        feature = "openapi",
        schema(required, example = "2026-02-15T09:10:00.000Z", format = DateTime)
    )]
    pub expires_at: Option<String>,
    /// When it was reserved.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "2026-02-15T09:00:00.000Z", format = DateTime)
    )]
    pub created_at: String,
    /// When it was confirmed.
    #[cfg_attr(
        feature = "openapi",
        schema(required, example = "2026-02-15T09:02:00.000Z", format = DateTime)
    )]
    pub confirmed_at: Option<String>,
    /// When it was released, expired or cancelled.
    #[cfg_attr(
        feature = "openapi",
        schema(required, example = "2026-02-16T12:00:00.000Z", format = DateTime)
    )]
    pub ended_at: Option<String>,
}

/// A booking as events tell of it: with what `GET /bookings/{id}` shows, but for `cancel_reason`, which may
/// name people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BookingSnapshot {
    /// Its id.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required, example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub id: String,
    /// The same as `id`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required, example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub booking_id: String,
    /// Where it stood then.
    pub status: BookingStatus,
    /// The event.
    #[cfg_attr(feature = "openapi", schema(example = "evt_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub event_id: String,
    /// The zone.
    #[cfg_attr(feature = "openapi", schema(example = "zon_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub zone_id: String,
    /// Your id of the buyer, read when the event is told; `null` once the buyer was erased.
    #[cfg_attr(feature = "openapi", schema(required, example = "user-42"))]
    pub user_id: Option<String>,
    /// Our id of the buyer, which stays.
    #[cfg_attr(feature = "openapi", schema(example = "per_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub person_id: String,
    /// Tickets.
    #[cfg_attr(feature = "openapi", schema(example = 2))]
    pub quantity: i64,
    /// Labels of the seats; `null` where seats are not numbered.
    #[cfg_attr(feature = "openapi", schema(required, example = json!(["A1", "A2"])))]
    pub seats: Option<Vec<String>>,
    /// Price of all tickets together.
    #[cfg_attr(feature = "openapi", schema(example = "99.80"))]
    pub total_amount: String,
    /// ISO 4217 code of the price.
    #[cfg_attr(feature = "openapi", schema(example = "USD"))]
    pub total_currency: String,
    /// What the buyer shows at the door; `null` until confirmed.
    #[cfg_attr(feature = "openapi", schema(required, example = "7GK2QD9XWM"))]
    pub confirmation_code: Option<String>,
    /// The payment; `null` while there is none.
    #[cfg_attr(feature = "openapi", schema(required, example = "pay_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub payment_id: Option<String>,
    /// Where the payment stood.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub payment_status: Option<PaymentStatus>,
    /// What had gone back of it; `null` while there is no payment.
    #[cfg_attr(feature = "openapi", schema(required, example = "0.00"))]
    pub refunded_amount: Option<String>,
    /// What was still to go back of it; `null` while there is no payment.
    #[cfg_attr(feature = "openapi", schema(required, example = "0.00"))]
    pub refund_pending_amount: Option<String>,
    /// When the hold ends, or would have ended; `null` once it is sold.
    #[cfg_attr(
        feature = "openapi",
        schema(required, example = "2026-02-15T09:10:00.000Z", format = DateTime)
    )]
    pub expires_at: Option<String>,
    /// When it was reserved.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "2026-02-15T09:00:00.000Z", format = DateTime)
    )]
    pub created_at: String,
    /// When it was confirmed.
    #[cfg_attr(
        feature = "openapi",
        schema(required, example = "2026-02-15T09:02:00.000Z", format = DateTime)
    )]
    pub confirmed_at: Option<String>,
    /// When it was released, expired or cancelled.
    #[cfg_attr(
        feature = "openapi",
        schema(required, example = "2026-02-16T12:00:00.000Z", format = DateTime)
    )]
    pub ended_at: Option<String>,
}

/// Where a booking stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// Held until `expires_at`.
    Reserved,
    /// Sold.
    Confirmed,
    /// Given back by the buyer before it was confirmed.
    Released,
    /// Given back because the hold ended.
    Expired,
    /// Given back after it was confirmed.
    Cancelled,
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Set aside.
    Authorized,
    /// Taken.
    Captured,
    /// Set aside and given back before it was taken.
    Reversed,
    /// Given back in full.
    Refunded,
    /// Given back in part.
    PartiallyRefunded,
    /// To be given back by the merchant, who has not yet said so.
    RefundPending,
}

/// Money that was taken for what is sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Payment {
    /// Its id.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required, example = "pay_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub id: String,
    /// What it paid for.
    #[cfg_attr(feature = "openapi", schema(example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub resource_id: String,
    /// The booking that it paid for; `null` where it paid for something else.
    #[cfg_attr(feature = "openapi", schema(required, example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub booking_id: Option<String>,
    /// With what it was paid.
    #[cfg_attr(feature = "openapi", schema(example = "external"))]
    pub method: String,
    /// What you call it.
    #[cfg_attr(feature = "openapi", schema(example = "pi_3Q9xyz"))]
    pub reference: String,
    /// Where it stands.
    pub status: PaymentStatus,
    /// What was taken.
    #[cfg_attr(feature = "openapi", schema(example = "99.80"))]
    pub amount: String,
    /// ISO 4217 code of all its amounts.
    #[cfg_attr(feature = "openapi", schema(example = "USD"))]
    pub currency: String,
    /// What went back of it.
    #[cfg_attr(feature = "openapi", schema(example = "0.00"))]
    pub refunded_amount: String,
    /// What is still to go back.
    #[cfg_attr(feature = "openapi", schema(example = "0.00"))]
    pub refund_pending_amount: String,
    /// When it was taken.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "2026-02-15T09:02:00.000Z", format = DateTime)
    )]
    pub created_at: String,
}

/// `GET /events/{id}/users/{user_id}/summary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserAllowance {
    /// Tickets the user holds or owns.
    #[cfg_attr(feature = "openapi", schema(example = 1))]
    pub booked_count: i64,
    /// Tickets the user may hold or own at a time.
    #[cfg_attr(feature = "openapi", schema(example = 4))]
    pub max_allowed: i64,
    /// Tickets the user may still reserve.
    #[cfg_attr(feature = "openapi", schema(example = 3))]
    pub remaining_slots: i64,
}

/// One line of what happened to a booking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelineEntry {
    /// When.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "2026-02-15T09:00:00.000Z", format = DateTime)
    )]
    pub at: String,
    /// What sort of thing.
    pub kind: TimelineKind,
    /// What happened, in a sentence.
    #[cfg_attr(feature = "openapi", schema(example = "Reserved 2 tickets until 09:10."))]
    pub summary: String,
    /// The request it came from; `null` where nobody asked.
    #[cfg_attr(feature = "openapi", schema(required, example = "req_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub request_id: Option<String>,
    /// Who did it.
    #[cfg_attr(feature = "openapi", schema(required, example = "key_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub actor: Option<String>,
    /// Details; the shape depends on `kind`.
    pub data: Value,
}

/// What sort of thing a line of a timeline tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// A request came.
    Attempt,
    /// It was decided.
    Decision,
    /// Money moved.
    Payment,
    /// Something happened that others are told.
    Event,
    /// They were told.
    Delivery,
    /// An airline was asked or answered.
    Supplier,
    /// A guest was written to.
    Notice,
}
