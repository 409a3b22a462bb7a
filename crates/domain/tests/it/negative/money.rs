//! Controls: `check_step` notices each kind of broken payment and refund.

use domain::id::{BookingId, RefundId};
use domain::invariants::check_step;
use domain::payment::{Payment, PaymentStatus, Refund, RefundEnd, RefundStatus};
use domain::{Change, World};
use expect_test::expect;

use super::step::{Changes, check_steps, first};
use crate::runner::Runner;

fn payment(changes: &mut Changes) -> &mut Payment {
    first!(changes, Change::Payment(_, row) => row)
}

fn refund(changes: &mut Changes) -> &mut Refund {
    first!(changes, Change::Refund(_, row) => row)
}

#[test]
fn a_broken_refund_is_noticed() {
    check_steps(
        "event E1 policy=0:50 | A 5 @ 5\nreserve A 2 ann\nconfirm B1 ext:r1",
        "cancel B1",
        &[
            ("refund forgotten", |changes| {
                changes.retain(|change| !matches!(change, Change::Refund(..)));
            }),
            ("payment forgotten", |changes| {
                changes.retain(|change| !matches!(change, Change::Payment(..)));
            }),
            ("refunded twice", |changes| {
                let again = Refund { id: RefundId::from_raw(7), ..refund(changes).clone() };
                let (account, _) = *first!(changes, Change::Refund(key, _) => key);
                changes.push(Change::of(account, again));
            }),
            ("refund of less", |changes| refund(changes).amount.minor -= 1),
            ("refund of nothing", |changes| refund(changes).amount.minor = 0),
            ("refund that failed at once", |changes| {
                refund(changes).status = RefundStatus::Failed;
            }),
            ("refund that succeeded at no time", |changes| {
                refund(changes).status = RefundStatus::Succeeded;
            }),
            ("refund that succeeded untold", |changes| {
                refund(changes).status = RefundStatus::Succeeded;
                refund(changes).ended_at = Some(refund(changes).created_at);
            }),
            ("payment refunded more than was taken", |changes| payment(changes).refunded = 1_001),
            ("payment not pending", |changes| payment(changes).refund_pending = 0),
            ("payment still captured", |changes| payment(changes).status = PaymentStatus::Captured),
            ("payment refunded in part", |changes| {
                payment(changes).status = PaymentStatus::PartiallyRefunded;
                payment(changes).refund_pending = 0;
            }),
            ("payment let go", |changes| {
                *payment(changes) = Payment {
                    status: PaymentStatus::Reversed,
                    refunded: 0,
                    refund_pending: 0,
                    ..payment(changes).clone()
                };
            }),
            ("payment of something else", |changes| {
                payment(changes).resource = BookingId::from_raw(7).into();
            }),
        ],
        expect![[r#"
            refund forgotten: payment P1 has 500 refunded and 500 pending beyond its refunds
            payment forgotten: payment P1 has -500 refunded and -500 pending beyond its refunds
            refunded twice: payment P1 has -500 refunded and -500 pending beyond its refunds
            refund of less: payment P1 has 1 refunded and 1 pending beyond its refunds
            refund of nothing: refund rfd_0000000000e06800000000000d is of 0 USD
            refund that failed at once: refund rfd_0000000000e06800000000000d is failed and has ended at None
            refund that succeeded at no time: refund rfd_0000000000e06800000000000d is succeeded and has ended at None
            refund that succeeded untold: payment P1 has 0 refunded and 500 pending beyond its refunds
            payment refunded more than was taken: payment P1 is refund_pending with 1001 refunded and 500 pending of 1000 USD
            payment not pending: payment P1 is refund_pending with 500 refunded and 0 pending of 1000 USD
            payment still captured: payment P1 is captured with 500 refunded and 500 pending of 1000 USD
            payment refunded in part: payment P1 has 0 refunded and -500 pending beyond its refunds
            payment let go: payment P1 was captured and is reversed
            payment of something else: payment P1 is another one
        "#]],
    );
}

#[test]
fn a_payment_that_begins_as_none_can_is_noticed() {
    check_steps(
        "event E1 | A 5 @ 5\nreserve A 2 ann",
        "confirm B1 ext:r1",
        &[
            ("let go", |changes| payment(changes).status = PaymentStatus::Reversed),
            ("refunded", |changes| {
                payment(changes).status = PaymentStatus::Refunded;
                payment(changes).refunded = payment(changes).amount.minor;
            }),
            ("refunded without a refund", |changes| payment(changes).refunded = 1),
        ],
        expect![[r#"
            let go: payment P1 begins reversed
            refunded: payment P1 begins refunded
            refunded without a refund: payment P1 is captured with 1 refunded and 0 pending of 1000 USD
        "#]],
    );
}

#[test]
fn a_refund_that_does_not_end_with_its_payment_is_noticed() {
    let mut runner = Runner::after(
        "event E1 policy=0:50 | A 5 @ 5\nreserve A 2 ann\nconfirm B1 ext:r1\ncancel B1",
    );
    // Whoever reads a booking reads its payment; refunds are asked for by their ids.
    let intent = runner.intent("release B1");
    let (mut world, _) = runner.load(std::slice::from_ref(&intent));
    let (key, pending) = runner.rows.refunds.first_key_value().expect("one");
    let (account, _) = *key;
    world.refunds.load(*key, Some(pending.clone()));
    let taken = runner.rows.payments.get(&(account, pending.payment)).expect("it is there");
    let step = |world: &World, payment: &Payment, refund: &Refund| {
        let payment = Change::of(account, payment.clone());
        check_step(world, &[payment, Change::of(account, refund.clone())])
    };
    let mut said = String::new();
    for end in [RefundEnd::Succeeded { reference: Some("re_1".to_owned()) }, RefundEnd::Failed] {
        let ended = pending.ended(end.clone(), runner.now).expect("it was pending");
        let after = taken.with_refund_ended(pending.amount.minor, &end).expect("it was pending");
        assert_eq!(step(&world, &after, &ended), Ok(()));
        let mut later = world.clone();
        later.apply(Change::of(account, after.clone()));
        later.apply(Change::of(account, ended.clone()));
        let other = Refund { reason: "another".to_owned(), ..ended.clone() };
        for wrong in [
            step(&world, taken, &ended),
            step(&world, &after, pending),
            step(&world, &after, &other),
            step(&later, &after, &ended),
        ] {
            said += &(wrong.expect_err("it is noticed") + "\n");
        }
    }
    expect![[r#"
        payment P1 has 0 refunded and 500 pending beyond its refunds
        refund rfd_0000000000e06800000000000d was pending and is pending
        refund rfd_0000000000e06800000000000d is another one
        refund rfd_0000000000e06800000000000d was succeeded and is succeeded
        payment P1 has 500 refunded and 500 pending beyond its refunds
        refund rfd_0000000000e06800000000000d was pending and is pending
        refund rfd_0000000000e06800000000000d is another one
        payment P1 was refund_failed and is refund_failed
    "#]]
    .assert_eq(&runner.names.translate(&said));
}
