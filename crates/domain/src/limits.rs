//! Every limit of the product that a rule depends on, by name.

/// An inclusive range that a number from outside must fall into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Smallest allowed value.
    pub min: u32,
    /// Largest allowed value.
    pub max: u32,
}

/// The value was outside its [`Bounds`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds(pub Bounds);

impl Bounds {
    const fn new(min: u32, max: u32) -> Self {
        Self { min, max }
    }

    /// The value as a number of the domain.
    ///
    /// # Errors
    /// [`OutOfBounds`] when it is below `min` or above `max`.
    pub fn check(self, value: i64) -> Result<u32, OutOfBounds> {
        match u32::try_from(value) {
            Ok(value) if value >= self.min && value <= self.max => Ok(value),
            _ => Err(OutOfBounds(self)),
        }
    }
}

impl core::fmt::Display for OutOfBounds {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "must be between {} and {}", self.0.min, self.0.max)
    }
}

/// Units in one zone.
pub const CAPACITY_MAX: u32 = 1_000_000_000;
/// Bounds of a zone's capacity.
pub const CAPACITY: Bounds = Bounds::new(1, CAPACITY_MAX);

/// Units of one event that one user may hold or own at a time.
pub const MAX_PER_USER_MAX: u32 = 1_000_000_000;
/// Bounds of `max_per_user`.
pub const MAX_PER_USER: Bounds = Bounds::new(1, MAX_PER_USER_MAX);
/// `max_per_user` of an event that does not say.
pub const MAX_PER_USER_DEFAULT: u32 = 4;

/// Seconds that a hold may last: one day.
pub const HOLD_SECONDS_MAX: u32 = 86_400;
/// Bounds of `hold_seconds`.
pub const HOLD_SECONDS: Bounds = Bounds::new(1, HOLD_SECONDS_MAX);
/// `hold_seconds` of an event that does not say.
pub const HOLD_SECONDS_DEFAULT: u32 = 600;

/// Units that one booking may claim.
pub const QUANTITY_MAX: u32 = 1_000;
/// Bounds of a booking's quantity.
pub const QUANTITY: Bounds = Bounds::new(1, QUANTITY_MAX);

/// Zones of one event.
pub const ZONES_MAX: u32 = 500;
/// Bounds of the number of zones.
pub const ZONES: Bounds = Bounds::new(1, ZONES_MAX);

/// Numbered seats of one zone.
pub const SEATS_MAX: u32 = 100_000;
/// Bounds of the number of seats.
pub const SEATS: Bounds = Bounds::new(1, SEATS_MAX);

/// Characters of a seat's label.
pub const SEAT_LABEL_CHARS_MAX: usize = 32;
/// Characters of an event's or a zone's name.
pub const NAME_CHARS_MAX: usize = 200;
/// Characters of a client's user id.
pub const USER_ID_CHARS_MAX: usize = 128;
/// Characters of a reason that a person gives.
pub const REASON_CHARS_MAX: usize = 500;
/// Characters of an external payment reference.
pub const PAYMENT_REFERENCE_CHARS_MAX: usize = 255;
/// Bytes of what a job knows.
pub const JOB_PAYLOAD_BYTES_MAX: usize = 65_536;

/// Webhook endpoints of one account.
pub const WEBHOOK_ENDPOINTS_MAX: u32 = 100;
/// Event types that one endpoint names.
pub const WEBHOOK_EVENT_TYPES_MAX: usize = 50;
/// Characters of an endpoint's URL.
pub const WEBHOOK_URL_CHARS_MAX: usize = 2_048;
/// Characters of what people call an endpoint.
pub const WEBHOOK_DESCRIPTION_CHARS_MAX: usize = 500;
/// Bytes that are kept of what a receiver answered.
pub const ATTEMPT_BODY_BYTES_MAX: usize = 4_096;

/// Steps of a cancellation policy.
pub const POLICY_STEPS_MAX: usize = 20;

/// Days before the start that a step of a cancellation policy may name: ten years.
pub const POLICY_DAYS_MAX: u32 = 3_650;
/// Bounds of `days_before`.
pub const POLICY_DAYS: Bounds = Bounds::new(0, POLICY_DAYS_MAX);
/// A refund in percent of what was paid.
pub const REFUND_PERCENT_MAX: u32 = 100;
/// Bounds of `refund_percent`.
pub const REFUND_PERCENT: Bounds = Bounds::new(0, REFUND_PERCENT_MAX);

/// Largest amount in minor units: 10¹⁵. Times [`QUANTITY_MAX`] it still fits an `i64`.
pub const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000_000;

/// Seconds that a customer token may live: one day.
pub const TOKEN_SECONDS_MAX: u32 = 86_400;
/// Bounds of a customer token's `expires_in`.
pub const TOKEN_SECONDS: Bounds = Bounds::new(60, TOKEN_SECONDS_MAX);
/// `expires_in` of a customer token that does not say.
pub const TOKEN_SECONDS_DEFAULT: u32 = 3_600;
