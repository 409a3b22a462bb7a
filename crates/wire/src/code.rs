//! The error codes of the contract: stable names that clients branch on.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Declares [`Code`] and its two spellings, each written out so that a search for it finds it.
/// They are `tt`, not `literal`, because derives cannot look into a captured literal.
macro_rules! codes {
    ($($variant:ident $text:tt $slug:tt)+) => {
        /// The stable name of an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ErrorCode))]
        pub enum Code {
            $(
                #[doc = concat!("`", $text, "`, explained at `/problems/", $slug, "`.")]
                #[serde(rename = $text)]
                $variant,
            )+
        }

        impl Code {
            /// Every code, by the status it is answered with.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As it stands in an answer: `INSUFFICIENT_SEATS`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// As it stands in the address of its page: `insufficient-seats`.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self {
                    $(Self::$variant => $slug,)+
                }
            }

            /// The code whose page has this address.
            #[must_use]
            pub fn from_slug(slug: &str) -> Option<Self> {
                match slug {
                    $($slug => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The code of an answer; `None` for one that a newer server knows and this crate does not.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

codes! {
    // 400
    InvalidRequest "INVALID_REQUEST" "invalid-request"
    InvalidQuantity "INVALID_QUANTITY" "invalid-quantity"
    IdempotencyKeyRequired "IDEMPOTENCY_KEY_REQUIRED" "idempotency-key-required"
    IdempotencyKeyInvalid "IDEMPOTENCY_KEY_INVALID" "idempotency-key-invalid"
    // 401, 402, 403
    Unauthorized "UNAUTHORIZED" "unauthorized"
    InsufficientBalance "INSUFFICIENT_BALANCE" "insufficient-balance"
    PaymentRequired "PAYMENT_REQUIRED" "payment-required"
    Forbidden "FORBIDDEN" "forbidden"
    QueuePassRequired "QUEUE_PASS_REQUIRED" "queue-pass-required"
    QueuePassInvalid "QUEUE_PASS_INVALID" "queue-pass-invalid"
    QueuePassExpired "QUEUE_PASS_EXPIRED" "queue-pass-expired"
    // 404, 405
    NotFound "NOT_FOUND" "not-found"
    MethodNotAllowed "METHOD_NOT_ALLOWED" "method-not-allowed"
    // 409
    InsufficientSeats "INSUFFICIENT_SEATS" "insufficient-seats"
    SeatTaken "SEAT_TAKEN" "seat-taken"
    RoomUnavailable "ROOM_UNAVAILABLE" "room-unavailable"
    MaxTicketsExceeded "MAX_TICKETS_EXCEEDED" "max-tickets-exceeded"
    AlreadyConfirmed "ALREADY_CONFIRMED" "already-confirmed"
    AlreadyReleased "ALREADY_RELEASED" "already-released"
    AlreadyCancelled "ALREADY_CANCELLED" "already-cancelled"
    Expired "EXPIRED" "expired"
    NotConfirmable "NOT_CONFIRMABLE" "not-confirmable"
    PriceChanged "PRICE_CHANGED" "price-changed"
    DuplicateReservation "DUPLICATE_RESERVATION" "duplicate-reservation"
    OrderInProgress "ORDER_IN_PROGRESS" "order-in-progress"
    RequestInProgress "REQUEST_IN_PROGRESS" "request-in-progress"
    KeyRetired "KEY_RETIRED" "key-retired"
    SalesClosed "SALES_CLOSED" "sales-closed"
    BelowTaken "BELOW_TAKEN" "below-taken"
    RefundExceedsPayment "REFUND_EXCEEDS_PAYMENT" "refund-exceeds-payment"
    PaymentReferenceUsed "PAYMENT_REFERENCE_USED" "payment-reference-used"
    CheckoutExpired "CHECKOUT_EXPIRED" "checkout-expired"
    AlreadyResolved "ALREADY_RESOLVED" "already-resolved"
    TooManyEndpoints "TOO_MANY_ENDPOINTS" "too-many-endpoints"
    EndpointDisabled "ENDPOINT_DISABLED" "endpoint-disabled"
    // 413, 415
    BodyTooLarge "BODY_TOO_LARGE" "body-too-large"
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" "unsupported-media-type"
    // 422
    IdempotencyKeyReused "IDEMPOTENCY_KEY_REUSED" "idempotency-key-reused"
    OfferExpired "OFFER_EXPIRED" "offer-expired"
    OfferUnavailable "OFFER_UNAVAILABLE" "offer-unavailable"
    OfferAlreadyBooked "OFFER_ALREADY_BOOKED" "offer-already-booked"
    InvalidPassenger "INVALID_PASSENGER" "invalid-passenger"
    InvalidStay "INVALID_STAY" "invalid-stay"
    // 429, 431
    TooManyRequests "TOO_MANY_REQUESTS" "too-many-requests"
    HeadersTooLarge "HEADERS_TOO_LARGE" "headers-too-large"
    // 500, 501, 503
    InternalError "INTERNAL_ERROR" "internal-error"
    NotImplemented "NOT_IMPLEMENTED" "not-implemented"
    ServiceUnavailable "SERVICE_UNAVAILABLE" "service-unavailable"
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_leads_back_to_its_code() {
        for &code in Code::ALL {
            assert_eq!(code.slug(), code.as_str().to_lowercase().replace('_', "-"));
            assert_eq!(Code::from_slug(code.slug()), Some(code));
            assert_eq!(Code::from_name(code.as_str()), Some(code));
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(serde_json::from_value::<Code>(code.as_str().into()).unwrap(), code);
        }
        assert_eq!(Code::ALL.len(), 48);
        assert_eq!(Code::from_slug("INSUFFICIENT_SEATS"), None);
        assert_eq!(Code::from_name("insufficient-seats"), None);
    }
}
