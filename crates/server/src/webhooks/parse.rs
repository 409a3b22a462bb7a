//! What the fields of requests about webhooks mean.

use domain::Command;
use domain::id::WebhookEndpointId;
use domain::limits::{WEBHOOK_DESCRIPTION_CHARS_MAX, WEBHOOK_EVENT_TYPES_MAX};
use domain::webhooks::endpoint::{EventTypes, EventTypesError};
use domain::webhooks::intent::{EndpointPatch, NewEndpoint, Replay};

use super::UrlRules;
use crate::parse::text;
use crate::refusal::{Checks, Invalid};
use crate::secrets::Secrets;
use crate::views::event_type_words;

/// What an endpoint is made by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    pub(super) urls: UrlRules,
    pub(super) secrets: &'a Secrets,
}

pub(super) fn create(
    rules: Rules<'_>,
    body: wire::CreateWebhookEndpointRequest,
) -> Result<Command, Invalid> {
    let mut checks = Checks::default();
    let url = checks.of(url(rules.urls, body.url));
    let event_types = checks.of(event_types(body.event_types));
    let description = checks.of(body.description.map(description).transpose());
    let (Some(url), Some(event_types), Some(description)) = (url, event_types, description) else {
        return Err(checks.invalid());
    };
    let derived_from = rules.secrets.current().into();
    Ok(Command::CreateEndpoint(NewEndpoint { url, event_types, description, derived_from }))
}

pub(super) fn update(
    urls: UrlRules,
    endpoint: WebhookEndpointId,
    body: wire::UpdateWebhookEndpointRequest,
) -> Result<Command, Invalid> {
    let mut checks = Checks::default();
    let url = checks.of(body.url.map(|text| url(urls, text)).transpose());
    let event_types = checks.of(body.event_types.map(event_types).transpose());
    let changed = body.description.into_change();
    let description = checks.of(changed.map(|text| text.map(description).transpose()).transpose());
    let (Some(url), Some(event_types), Some(description)) = (url, event_types, description) else {
        return Err(checks.invalid());
    };
    let is_enabled = body.enabled;
    Ok(Command::UpdateEndpoint(EndpointPatch {
        endpoint,
        url,
        event_types,
        description,
        is_enabled,
    }))
}

pub(super) fn replay(
    endpoint: WebhookEndpointId,
    body: wire::ReplayWebhookRequest,
) -> Result<Command, Invalid> {
    let negative = |_| Invalid::field("after", "must be the position of an event, or 0");
    let after = u64::try_from(body.after).map_err(negative)?;
    Ok(Command::ReplayEvents(Replay { endpoint, after }))
}

fn url(rules: UrlRules, text: String) -> Result<String, Invalid> {
    rules.check(&text).map_err(|why| Invalid::field("url", &why.to_string()))?;
    Ok(text)
}

fn description(given: String) -> Result<String, Invalid> {
    text(given, "description", WEBHOOK_DESCRIPTION_CHARS_MAX)
}

fn event_types(patterns: Vec<String>) -> Result<EventTypes, Invalid> {
    EventTypes::new(patterns).map_err(|error| match error {
        EventTypesError::Count => {
            let message = format!("must name 1 to {WEBHOOK_EVENT_TYPES_MAX} types");
            Invalid::field("event_types", &message)
        }
        EventTypesError::Unknown(index) => {
            let message = format!(
                "must be `*`, the beginning of types such as `booking.*`, or one of: {}",
                event_type_words()
            );
            Invalid::field(&format!("event_types[{index}]"), &message)
        }
        EventTypesError::Twice(index) => {
            Invalid::field(&format!("event_types[{index}]"), "must differ from the others")
        }
    })
}
