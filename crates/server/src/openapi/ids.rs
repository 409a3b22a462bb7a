//! Ids in paths, as schemas of their own.
#![expect(dead_code, reason = "they are schemas and never values")]

use utoipa::ToSchema;

/// The id of an event.
#[derive(ToSchema)]
#[schema(example = "evt_01kh3v0h2efk9b6t4wq8m7x5ra", pattern = "^evt_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
pub(crate) struct EventId(String);

/// The id of a zone.
#[derive(ToSchema)]
#[schema(example = "zon_01kh3v0h2efk9b6t4wq8m7x5ra", pattern = "^zon_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
pub(crate) struct ZoneId(String);

/// The id of a webhook endpoint.
#[derive(ToSchema)]
#[schema(example = "whk_01kh3v0h2efk9b6t4wq8m7x5ra", pattern = "^whk_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
pub(crate) struct WebhookEndpointId(String);

/// The id of a webhook delivery.
#[derive(ToSchema)]
#[schema(example = "dlv_01kh3v0h2efk9b6t4wq8m7x5ra", pattern = "^dlv_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
pub(crate) struct WebhookDeliveryId(String);

/// The id of a booking.
#[derive(ToSchema)]
#[schema(example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra", pattern = "^bkg_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
pub(crate) struct BookingId(String);
