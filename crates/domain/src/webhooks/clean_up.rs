//! Deliveries whose time is over go, with their attempts.

use crate::decide::rule::{Needs, Rule};
use crate::decide::{Context, Decision};
use crate::id::DeliveryId;
use crate::intent::Intent;
use crate::reject::Reject;
use crate::reply::Reply;
use crate::time::Timestamp;
use crate::webhooks::delivery::{Delivery, DeliveryAttempt, DeliveryStatus};
use crate::webhooks::endpoint::{EndpointStatus, WebhookCursor, WebhookEndpoint};
use crate::world::{Change, World};

/// See whether a delivery's time is over.
pub(crate) struct CleanUpDelivery(pub(crate) DeliveryId);

impl Rule for CleanUpDelivery {
    fn needs(&self, needs: &mut Needs<'_>) {
        let account = needs.account;
        needs.row::<Delivery>(&(account, self.0));
        let delivery = needs.world.deliveries.peek(&(account, self.0));
        let Some(&Delivery { endpoint, attempts, .. }) = delivery else { return };
        needs.row::<WebhookEndpoint>(&(account, endpoint));
        needs.row::<WebhookCursor>(&(account, endpoint));
        (1..=attempts).for_each(|number| needs.row::<DeliveryAttempt>(&(account, self.0, number)));
    }

    /// Takes the delivery away with all of its attempts, if its time is over. It needs no lease: whoever comes late
    /// finds nothing.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let key = (intent.account, self.0);
        let until = cx.retention.deliveries_until(cx.now);
        let is_over = |it: &&Delivery| it.was_over_by(until) && !is_looked_for(world, intent, it);
        let mut changes = Vec::new();
        if let Some(delivery) = world.deliveries.get(&key).filter(is_over) {
            let attempt = |number| Change::DeliveryAttempt((key.0, key.1, number), None);
            changes.extend((1..=delivery.attempts).map(attempt));
            changes.push(Change::Delivery(key, None));
        }
        Ok(Decision { answer: Ok(Reply::Done), changes })
    }
}

impl Delivery {
    /// Whether nothing more comes of it, since that instant or longer.
    fn was_over_by(&self, until: Option<Timestamp>) -> bool {
        let is_open = self.status == DeliveryStatus::Pending;
        !is_open && self.ended_at.is_some_and(|ended_at| Some(ended_at) <= until)
    }
}

/// Whether the delivery still says that its event needs no other: whoever delivers reads the feed from the endpoint's
/// cursor on, and sends what has no delivery in the present replay. An endpoint that is not enabled is read nothing
/// for, and begins behind all that there is once it is enabled.
fn is_looked_for(world: &World, intent: &Intent, delivery: &Delivery) -> bool {
    let key = (intent.account, delivery.endpoint);
    let endpoint = world.webhook_endpoints.get(&key).zip(world.webhook_cursors.get(&key));
    endpoint.is_some_and(|(endpoint, cursor)| {
        endpoint.status == EndpointStatus::Enabled
            && delivery.replay == cursor.replay
            && delivery.event.position > cursor.position
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::ActivityKind;
    use crate::id::{AccountId, ActivityId, Mint, WebhookEndpointId};
    use crate::intent::{Actor, Command, Request};
    use crate::keys::Keys;
    use crate::record::Fingerprints;
    use crate::retention::Retention;
    use crate::tables::Rows;
    use crate::webhooks::delivery::EventName;
    use crate::webhooks::endpoint::{EventTypes, SigningSecret};

    const ACCOUNT: AccountId = AccountId::from_raw(7);
    const ENDPOINT: WebhookEndpointId = WebhookEndpointId::from_raw(8);
    const DELIVERY: DeliveryId = DeliveryId::from_raw(9);
    const KEPT_MS: i64 = 1_000;

    const fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn endpoint(status: EndpointStatus) -> WebhookEndpoint {
        WebhookEndpoint {
            id: ENDPOINT,
            url: "https://shop.example/".to_owned(),
            event_types: EventTypes::new(vec!["*".to_owned()]).expect("all types"),
            description: None,
            status,
            disabled_reason: None,
            secret: SigningSecret { generation: 0, derived_from: 0 },
            rotated: None,
            failing_since: None,
            created_at: at(0),
            seq: 1,
        }
    }

    /// It was over at 5, after two attempts, at position 3 in replay 1.
    fn delivered() -> Delivery {
        let event = EventName {
            position: 3,
            id: ActivityId::from_raw(1),
            kind: ActivityKind::EventCreated,
            resource: "evt".to_owned(),
            resource_seq: 1,
        };
        Delivery {
            id: DELIVERY,
            endpoint: ENDPOINT,
            event,
            replay: 1,
            is_replayed: false,
            status: DeliveryStatus::Delivered,
            attempts: 2,
            scheduled_attempts: 2,
            due_at: None,
            created_at: at(1),
            ended_at: Some(at(5)),
        }
    }

    fn attempt() -> DeliveryAttempt {
        let response_status = Some(500);
        DeliveryAttempt { at: at(2), millis: 1, response_status, fault: None, body: Vec::new() }
    }

    /// What is stored when clean-up comes.
    struct Stored {
        delivery: Delivery,
        endpoint: Option<(EndpointStatus, WebhookCursor)>,
        kept_ms: Option<i64>,
        now: i64,
    }

    fn cursor(position: u64, replay: u32) -> WebhookCursor {
        WebhookCursor { position, replay, ..WebhookCursor::default() }
    }

    impl Stored {
        /// All of it may go.
        fn over() -> Self {
            let endpoint = Some((EndpointStatus::Enabled, cursor(3, 1)));
            let now = 5 + KEPT_MS;
            Self { delivery: delivered(), endpoint, kept_ms: Some(KEPT_MS), now }
        }

        fn rows(&self) -> Rows {
            let mut world = World::default();
            world.deliveries.put((ACCOUNT, DELIVERY), self.delivery.clone());
            for number in 1..=self.delivery.attempts {
                world.delivery_attempts.put((ACCOUNT, DELIVERY, number), attempt());
            }
            // Of another delivery.
            world.delivery_attempts.put((ACCOUNT, DeliveryId::from_raw(10), 1), attempt());
            if let Some((status, cursor)) = self.endpoint {
                world.webhook_endpoints.put((ACCOUNT, ENDPOINT), endpoint(status));
                world.webhook_cursors.put((ACCOUNT, ENDPOINT), cursor);
            }
            let mut rows = Rows::default();
            rows.put(&world);
            rows
        }

        /// How many deliveries and attempts are left after it has come.
        #[track_caller]
        fn leaves(&self, expected: [usize; 2]) {
            let mut rows = self.rows();
            let rule = CleanUpDelivery(DELIVERY);
            let mut world = World::default();
            loop {
                let mut keys = Keys::default();
                let account = ACCOUNT;
                rule.needs(&mut Needs { account, world: &world, keys: &mut keys });
                if keys.is_empty() {
                    break;
                }
                rows.load(&keys, &mut world);
            }
            let intent = Intent {
                account: ACCOUNT,
                actor: Actor::System,
                key: None,
                fingerprint: Fingerprints::NONE,
                request: Request::default(),
                command: Command::CleanUpDelivery(DELIVERY),
            };
            let retention = Retention { delivery_ms: self.kept_ms, ..Retention::default() };
            let (now, mut mint) = (at(self.now), Mint::default());
            let mut cx = Context { now, retention, mint: &mut mint, random: &mut || 0 };
            let decision = rule.decide(&world, &intent, &mut cx).expect("it is no refusal");
            decision.changes.into_iter().for_each(|change| world.apply(change));
            assert_eq!(rows.check(&world), Ok(()));
            rows.put(&world);
            assert_eq!([rows.deliveries.len(), rows.delivery_attempts.len()], expected);
        }
    }

    const ALL: [usize; 2] = [1, 3];
    const NONE: [usize; 2] = [0, 1];

    #[test]
    fn a_delivery_goes_with_its_attempts_once_its_time_is_over() {
        Stored::over().leaves(NONE);
        Stored { now: 5 + KEPT_MS - 1, ..Stored::over() }.leaves(ALL);
        Stored { kept_ms: None, now: i64::MAX, ..Stored::over() }.leaves(ALL);
        for status in [DeliveryStatus::Failed, DeliveryStatus::Cancelled] {
            let delivery = Delivery { status, ..delivered() };
            Stored { delivery, ..Stored::over() }.leaves(NONE);
        }
    }

    #[test]
    fn what_is_open_stays_however_old_it_is() {
        let status = DeliveryStatus::Pending;
        for (due_at, ended_at) in [(None, None), (Some(at(6)), None), (None, Some(at(5)))] {
            let delivery = Delivery { status, due_at, ended_at, ..delivered() };
            let (now, endpoint) = (i64::MAX, None);
            Stored { delivery, now, endpoint, ..Stored::over() }.leaves(ALL);
        }
    }

    /// It says that the event was sent, which is still to be read behind the cursor.
    #[test]
    fn what_the_cursor_has_not_passed_stays() {
        let enabled = |cursor| Some((EndpointStatus::Enabled, cursor));
        let with = |endpoint| Stored { endpoint, ..Stored::over() };
        with(enabled(cursor(2, 1))).leaves(ALL);
        with(enabled(cursor(3, 1))).leaves(NONE);
        with(enabled(cursor(2, 2))).leaves(NONE);
        with(Some((EndpointStatus::Disabled, cursor(2, 1)))).leaves(NONE);
        with(Some((EndpointStatus::Deleted, cursor(2, 1)))).leaves(NONE);
        with(None).leaves(NONE);
    }

    #[test]
    fn whoever_comes_late_finds_nothing() {
        let mut keys = Keys::default();
        let (account, nothing) = (ACCOUNT, World::default());
        let rule = CleanUpDelivery(DELIVERY);
        rule.needs(&mut Needs { account, world: &nothing, keys: &mut keys });
        let mut world = World::default();
        Rows::default().load(&keys, &mut world);
        let mut more = Keys::default();
        rule.needs(&mut Needs { account, world: &world, keys: &mut more });
        assert!(more.is_empty());
    }
}
