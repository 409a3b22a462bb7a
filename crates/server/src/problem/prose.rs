//! What we say about each code: one entry per code, and no code without one.

mod money;
mod request;
mod travel;

use wire::{Code, Retry};

use crate::tickets::prose;
use crate::webhooks::prose as webhooks;

/// What is the same for every occurrence of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The HTTP status.
    pub status: u16,
    /// The code in words.
    pub title: &'static str,
    /// What the developer should do next.
    pub action: &'static str,
    /// Something worth knowing, if there is.
    pub tip: Option<&'static str>,
    /// How to try again, if at all.
    pub retry: Retry,
    /// When it happens, what to do, and an example: for the page about the code.
    pub explanation: &'static str,
}

impl Entry {
    /// Whether sending the same request with the same key may succeed.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        matches!(self.retry, Retry::SameKey)
    }
}

/// The entry of a code.
///
/// The advice follows one rule. Nothing was decided and it may be later: the same key. A refusal
/// that stock, money, time or other input can turn: a new key. Anything else, and whatever might
/// book twice if it were tried again: never.
#[must_use]
pub const fn entry(code: Code) -> Entry {
    match code {
        Code::InvalidRequest => request::INVALID_REQUEST,
        Code::InvalidQuantity => request::INVALID_QUANTITY,
        Code::IdempotencyKeyRequired => request::IDEMPOTENCY_KEY_REQUIRED,
        Code::IdempotencyKeyInvalid => request::IDEMPOTENCY_KEY_INVALID,
        Code::Unauthorized => request::UNAUTHORIZED,
        Code::InsufficientBalance => money::INSUFFICIENT_BALANCE,
        Code::PaymentRequired => money::PAYMENT_REQUIRED,
        Code::Forbidden => request::FORBIDDEN,
        Code::QueuePassRequired => prose::QUEUE_PASS_REQUIRED,
        Code::QueuePassInvalid => prose::QUEUE_PASS_INVALID,
        Code::QueuePassExpired => prose::QUEUE_PASS_EXPIRED,
        Code::NotFound => request::NOT_FOUND,
        Code::MethodNotAllowed => request::METHOD_NOT_ALLOWED,
        Code::InsufficientSeats => prose::INSUFFICIENT_SEATS,
        Code::SeatTaken => prose::SEAT_TAKEN,
        Code::RoomUnavailable => travel::ROOM_UNAVAILABLE,
        Code::MaxTicketsExceeded => prose::MAX_TICKETS_EXCEEDED,
        Code::AlreadyConfirmed => prose::ALREADY_CONFIRMED,
        Code::AlreadyReleased => prose::ALREADY_RELEASED,
        Code::AlreadyCancelled => prose::ALREADY_CANCELLED,
        Code::Expired => prose::EXPIRED,
        Code::NotConfirmable => prose::NOT_CONFIRMABLE,
        Code::PriceChanged => prose::PRICE_CHANGED,
        Code::DuplicateReservation => travel::DUPLICATE_RESERVATION,
        Code::OrderInProgress => travel::ORDER_IN_PROGRESS,
        Code::RequestInProgress => request::REQUEST_IN_PROGRESS,
        Code::KeyRetired => request::KEY_RETIRED,
        Code::SalesClosed => prose::SALES_CLOSED,
        Code::BelowTaken => prose::BELOW_TAKEN,
        Code::RefundExceedsPayment => money::REFUND_EXCEEDS_PAYMENT,
        Code::PaymentReferenceUsed => money::PAYMENT_REFERENCE_USED,
        Code::CheckoutExpired => money::CHECKOUT_EXPIRED,
        Code::AlreadyResolved => travel::ALREADY_RESOLVED,
        Code::TooManyEndpoints => webhooks::TOO_MANY_ENDPOINTS,
        Code::EndpointDisabled => webhooks::ENDPOINT_DISABLED,
        Code::BodyTooLarge => request::BODY_TOO_LARGE,
        Code::UnsupportedMediaType => request::UNSUPPORTED_MEDIA_TYPE,
        Code::IdempotencyKeyReused => request::IDEMPOTENCY_KEY_REUSED,
        Code::OfferExpired => travel::OFFER_EXPIRED,
        Code::OfferUnavailable => travel::OFFER_UNAVAILABLE,
        Code::OfferAlreadyBooked => travel::OFFER_ALREADY_BOOKED,
        Code::InvalidPassenger => travel::INVALID_PASSENGER,
        Code::InvalidStay => travel::INVALID_STAY,
        Code::TooManyRequests => request::TOO_MANY_REQUESTS,
        Code::HeadersTooLarge => request::HEADERS_TOO_LARGE,
        Code::InternalError => request::INTERNAL_ERROR,
        Code::NotImplemented => request::NOT_IMPLEMENTED,
        Code::ServiceUnavailable => request::SERVICE_UNAVAILABLE,
    }
}
