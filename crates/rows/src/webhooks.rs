//! Rows of webhooks.

use domain::Timestamp;
use domain::activity::ActivityKind;
use domain::id::{AccountId, ActivityId, DeliveryId, WebhookEndpointId};
use domain::webhooks::delivery::{
    AttemptFault, AttemptId, Delivery, DeliveryAttempt, DeliveryStatus, EventName,
};
use domain::webhooks::endpoint::{
    DisabledReason, EndpointCount, EndpointStatus, EventTypes, RotatedSecret, SigningSecret,
    WebhookCursor, WebhookEndpoint,
};
use domain::world::Of;
use engine::cleaning::{DeliveryPlace, DeliverySearch, DueDelivery};
use engine::transfer::Kind;

use crate::stored::stored;
use crate::{Corrupt, Source, account, cell, get, parse, structured};

cell::ids! { DeliveryId WebhookEndpointId }
cell::worded! { AttemptFault DeliveryStatus DisabledReason EndpointStatus }

stored! {
    #[goes]
    cold webhook_endpoints: Of<WebhookEndpointId> => WebhookEndpoint;
    key |key| {
        account_id: AccountId = key.0,
        id: WebhookEndpointId = key.1,
    } made (account_id, id);
    row |endpoint| {
        url: String = endpoint.url,
        event_types: EventTypes = endpoint.event_types.text(),
        description: Option<String> = endpoint.description,
        status: EndpointStatus = endpoint.status,
        disabled_reason: Option<DisabledReason> = endpoint.disabled_reason,
        #[grows] secret_generation: u32 = endpoint.secret.generation,
        secret_derived_from: u16 = endpoint.secret.derived_from,
        rotated_generation: Option<u32> = endpoint.rotated.map(|it| it.secret.generation),
        rotated_derived_from: Option<u16> = endpoint.rotated.map(|it| it.secret.derived_from),
        rotated_until: Option<Timestamp> = endpoint.rotated.map(|it| it.until),
        failing_since: Option<Timestamp> = endpoint.failing_since,
        #[fixed] created_at: Timestamp = endpoint.created_at,
        #[grows] seq: u32 = endpoint.seq,
    } made |_, key| {
        let secret = SigningSecret { generation: secret_generation, derived_from: secret_derived_from };
        let rotated = match (rotated_generation, rotated_derived_from, rotated_until) {
            (Some(generation), Some(derived_from), Some(until)) => {
                Some(RotatedSecret { secret: SigningSecret { generation, derived_from }, until })
            }
            (None, None, None) => None,
            some => return Err(Corrupt::Broken(format!("half a rotated secret: {some:?}")).into()),
        };
        WebhookEndpoint {
            id: key.1,
            url,
            event_types,
            description,
            status,
            disabled_reason,
            secret,
            rotated,
            failing_since,
            created_at,
            seq,
        }
    };

    #[goes]
    cold webhook_cursors: Of<WebhookEndpointId> => WebhookCursor;
    key |key| {
        account_id: AccountId = key.0,
        endpoint_id: WebhookEndpointId = key.1,
    } made (account_id, endpoint_id);
    row |cursor| {
        position: u64 = cursor.position,
        #[grows] replay: u32 = cursor.replay,
        #[grows] replayed_until: u64 = cursor.replayed_until,
        #[grows] version: u64 = cursor.version,
    } made |_, _| WebhookCursor { position, replay, replayed_until, version };

    cold endpoint_counts: AccountId => EndpointCount;
    key |account| {
        account_id: AccountId = *account,
    } made account_id;
    row |count| {
        endpoints: u32 = count.endpoints,
    } made |_, _| EndpointCount { endpoints };

    #[goes]
    cold deliveries: Of<DeliveryId> => Delivery;
    key |key| {
        account_id: AccountId = key.0,
        id: DeliveryId = key.1,
    } made (account_id, id);
    row |delivery| {
        #[fixed] endpoint_id: WebhookEndpointId = delivery.endpoint,
        #[fixed] position: u64 = delivery.event.position,
        #[fixed] event_id: ActivityId = delivery.event.id,
        #[fixed] event_type: ActivityKind = delivery.event.kind,
        #[fixed] resource_id: String = delivery.event.resource,
        #[fixed] resource_seq: u32 = delivery.event.resource_seq,
        #[fixed] replay: u32 = delivery.replay,
        #[fixed] is_replayed: bool = delivery.is_replayed,
        status: DeliveryStatus = delivery.status,
        #[grows] attempts: u32 = delivery.attempts,
        scheduled_attempts: u32 = delivery.scheduled_attempts,
        due_at: Option<Timestamp> = delivery.due_at,
        #[fixed] created_at: Timestamp = delivery.created_at,
        ended_at: Option<Timestamp> = delivery.ended_at,
    } made |_, key| {
        let event = EventName {
            position,
            id: event_id,
            kind: event_type,
            resource: resource_id,
            resource_seq,
        };
        Delivery {
            id: key.1,
            endpoint: endpoint_id,
            event,
            replay,
            is_replayed,
            status,
            attempts,
            scheduled_attempts,
            due_at,
            created_at,
            ended_at,
        }
    };

    #[goes]
    cold delivery_attempts: AttemptId => DeliveryAttempt;
    key |key| {
        account_id: AccountId = key.0,
        delivery_id: DeliveryId = key.1,
        number: u32 = key.2,
    } made (account_id, delivery_id, number);
    row |attempt| {
        #[fixed] at: Timestamp = attempt.at,
        #[fixed] millis: u32 = attempt.millis,
        #[fixed] response_status: Option<u16> = attempt.response_status,
        #[fixed] fault: Option<AttemptFault> = attempt.fault,
        #[fixed] body: Vec<u8> = attempt.body.as_slice(),
    } made |_, _| DeliveryAttempt { at, millis, response_status, fault, body };
}

/// After which place deliveries whose time is over are looked for, as columns have it: the first of all come after
/// what sorts before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueAfter {
    /// When it was over.
    pub ended_at: i64,
    /// Whose it is.
    pub account: String,
    /// Which one.
    pub id: String,
}

impl DueAfter {
    /// Where a search begins.
    #[must_use]
    pub fn of(search: DeliverySearch) -> Self {
        match search.after {
            None => Self { ended_at: i64::MIN, account: String::new(), id: String::new() },
            Some(DeliveryPlace { ended_at, delivery: (account, id) }) => Self {
                ended_at: ended_at.as_millis(),
                account: account.to_string(),
                id: id.to_string(),
            },
        }
    }
}

/// A delivery whose time is over.
///
/// # Errors
/// Where the row is none.
pub fn due_delivery<S: Source>(row: &S) -> Result<DueDelivery, S::Error> {
    let delivery = (account(row)?, parse(row, "id")?);
    let place = DeliveryPlace { ended_at: get(row, "ended_at")?, delivery };
    Ok(DueDelivery { place, attempts: get(row, "attempts")? })
}

impl crate::Value for EventTypes {
    const KIND: Kind = Kind::Text;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        structured(row, column, Self::from_text)
    }
}
