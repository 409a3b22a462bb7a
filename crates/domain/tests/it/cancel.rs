//! Cancel: undo a sale, and refund what the event's policy allows.

use domain::Money;
use domain::id::RefundId;
use domain::payment::{Refund, RefundEnd, RefundStatus};
use expect_test::expect;

use crate::runner::{Runner, check};

#[test]
fn units_allowance_and_money_return() {
    check(
        "
        event E1 max=2 | A 2 @ 49.90
        reserve A 2 ann
        confirm B1 ext:r1
        cancel B1 reason='sick child' key=k1
        emitted
        cancel B1 reason='sick child' key=k1
        cancel B1
        cancel B1 key=k2
        reserve A 2 ann
        ",
        expect![[r#"
            event E1 max=2 | A 2 @ 49.90     created E1 | feed 1 event.created #1 | A 0h/0s/2
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/2 | @ann has 2 | feed 2 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 2 of A for ann, 99.80 USD, P1 captured r1 99.80 USD | A 0h/2s/2 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            cancel B1 reason='sick child' key=k1 B1 cancelled at 0s (sick child), 2 of A for ann, 99.80 USD, P1 refund_pending r1 99.80 USD refunded 99.80 USD | A 0h/0s/2 | @ann has 0 | feed 5 booking.cancelled #3 | feed 6 payment.refund_pending #2 | refund 99.80 USD of P1: sick child | k1 kept 200 B1 until 1d
            payment.refund_pending of P1 by a secret key
              before status: captured
              before refunded_amount: 0.00 USD
              before refund_pending_amount: 0.00 USD
              after status: refund_pending
              after refunded_amount: 0.00 USD
              after refund_pending_amount: 99.80 USD
              data resource_id: B1
              data method: external
              data reference: r1
              data amount: 99.80 USD
              data currency: USD
              data created_at: 0s
              data status: refund_pending
              data refunded_amount: 0.00 USD
              data refund_pending_amount: 99.80 USD
            cancel B1 reason='sick child' key=k1 replay 200: B1 cancelled at 0s (sick child), 2 of A for ann, 99.80 USD, P1 refund_pending r1 99.80 USD refunded 99.80 USD
            cancel B1                        no: Cancel: B1 cancelled at 0s (sick child), 2 of A for ann, 99.80 USD, P1 refund_pending r1 99.80 USD refunded 99.80 USD
            cancel B1 key=k2                 no: Cancel: B1 cancelled at 0s (sick child), 2 of A for ann, 99.80 USD, P1 refund_pending r1 99.80 USD refunded 99.80 USD | k2 kept 409 B1 until 1d
            reserve A 2 ann                  created B2 reserved until 10m, 2 of A for ann, 99.80 USD | A 2h/0s/2 | @ann has 2 | feed 7 booking.reserved #1
        "#]],
    );
}

#[test]
fn seats_return() {
    check(
        "
        event E1 | S seats S-1..2 @ 20
        reserve S S-1,S-2 ann
        confirm B1 ext:r1
        cancel B1
        reserve S S-2 bob
        ",
        expect![[r#"
            event E1 | S seats S-1..2 @ 20   created E1 | feed 1 event.created #1 | S 0h/0s/2
            reserve S S-1,S-2 ann            created B1 reserved until 10m, 2 of S [S-1 S-2] for ann, 40.00 USD | new ann | S 2h/0s/2 | S#1 1h/0s/1 | S#2 1h/0s/1 | @ann has 2 | feed 2 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 2 of S [S-1 S-2] for ann, 40.00 USD, P1 captured r1 40.00 USD | S 0h/2s/2 | S#1 0h/1s/1 | S#2 0h/1s/1 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            cancel B1                        B1 cancelled at 0s, 2 of S [S-1 S-2] for ann, 40.00 USD, P1 refund_pending r1 40.00 USD refunded 40.00 USD | S 0h/0s/2 | S#1 0h/0s/1 | S#2 0h/0s/1 | @ann has 0 | feed 5 booking.cancelled #3 | feed 6 payment.refund_pending #2 | refund 40.00 USD of P1: cancelled
            reserve S S-2 bob                created B2 reserved until 10m, 1 of S [S-2] for bob, 20.00 USD | new bob | S 1h/0s/2 | S#2 1h/0s/1 | @bob has 1 | feed 7 booking.reserved #1
        "#]],
    );
}

#[test]
fn without_a_policy_all_is_refunded_until_the_start() {
    check(
        "
        event E1 start=1d | A 10 @ 49.90
        reserve A 1 ann
        reserve A 1 bob
        confirm B1 ext:r1
        confirm B2 ext:r2
        advance 23h59m59s999ms
        cancel B1
        advance 1ms
        cancel B2
        ",
        expect![[r#"
            event E1 start=1d | A 10 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 bob                  created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 2h/0s/10 | @bob has 1 | feed 3 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 1h/1s/10 | feed 4 booking.confirmed #2 | feed 5 payment.captured #1
            confirm B2 ext:r2                B2 confirmed at 0s, 1 of A for bob, 49.90 USD, P2 captured r2 49.90 USD | A 0h/2s/10 | feed 6 booking.confirmed #2 | feed 7 payment.captured #1
            advance 23h59m59s999ms           it is 23h59m59s999ms
            cancel B1                        B1 cancelled at 23h59m59s999ms, 1 of A for ann, 49.90 USD, P1 refund_pending r1 49.90 USD refunded 49.90 USD | A 0h/1s/10 | @ann has 0 | feed 8 booking.cancelled #3 | feed 9 payment.refund_pending #2 | refund 49.90 USD of P1: cancelled
            advance 1ms                      it is 1d
            cancel B2                        B2 cancelled at 1d, 1 of A for bob, 49.90 USD, P2 captured r2 49.90 USD | A 0h/0s/10 | @bob has 0 | feed 10 booking.cancelled #3
        "#]],
    );
}

#[test]
fn the_policy_goes_by_days_before_the_start() {
    check(
        "
        event E1 start=10d max=9 policy=7:100,1:50,0:10 | A 10 @ 0.33
        reserve A 1 ann
        reserve A 1 ann
        reserve A 1 ann
        reserve A 1 ann
        reserve A 1 ann
        reserve A 1 ann
        batch {
        confirm B1 ext:r1
        confirm B2 ext:r2
        confirm B3 ext:r3
        confirm B4 ext:r4
        confirm B5 ext:r5
        confirm B6 ext:r6
        }
        advance 3d
        cancel B1
        advance 1ms
        cancel B2
        advance 5d23h59m59s999ms
        cancel B3
        advance 1ms
        cancel B4
        advance 23h59m59s998ms
        cancel B5
        advance 1ms
        cancel B6
        ",
        expect![[r#"
            event E1 start=10d max=9 policy=7:100,1:50,0:10 | A 10 @ 0.33 created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 0.33 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 ann                  created B2 reserved until 10m, 1 of A for ann, 0.33 USD | A 2h/0s/10 | @ann has 2 | feed 3 booking.reserved #1
            reserve A 1 ann                  created B3 reserved until 10m, 1 of A for ann, 0.33 USD | A 3h/0s/10 | @ann has 3 | feed 4 booking.reserved #1
            reserve A 1 ann                  created B4 reserved until 10m, 1 of A for ann, 0.33 USD | A 4h/0s/10 | @ann has 4 | feed 5 booking.reserved #1
            reserve A 1 ann                  created B5 reserved until 10m, 1 of A for ann, 0.33 USD | A 5h/0s/10 | @ann has 5 | feed 6 booking.reserved #1
            reserve A 1 ann                  created B6 reserved until 10m, 1 of A for ann, 0.33 USD | A 6h/0s/10 | @ann has 6 | feed 7 booking.reserved #1
            batch {
              confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 0.33 USD, P1 captured r1 0.33 USD | A 5h/1s/10 | feed 8 booking.confirmed #2 | feed 9 payment.captured #1
              confirm B2 ext:r2                B2 confirmed at 0s, 1 of A for ann, 0.33 USD, P2 captured r2 0.33 USD | A 4h/2s/10 | feed 10 booking.confirmed #2 | feed 11 payment.captured #1
              confirm B3 ext:r3                B3 confirmed at 0s, 1 of A for ann, 0.33 USD, P3 captured r3 0.33 USD | A 3h/3s/10 | feed 12 booking.confirmed #2 | feed 13 payment.captured #1
              confirm B4 ext:r4                B4 confirmed at 0s, 1 of A for ann, 0.33 USD, P4 captured r4 0.33 USD | A 2h/4s/10 | feed 14 booking.confirmed #2 | feed 15 payment.captured #1
              confirm B5 ext:r5                B5 confirmed at 0s, 1 of A for ann, 0.33 USD, P5 captured r5 0.33 USD | A 1h/5s/10 | feed 16 booking.confirmed #2 | feed 17 payment.captured #1
              confirm B6 ext:r6                B6 confirmed at 0s, 1 of A for ann, 0.33 USD, P6 captured r6 0.33 USD | A 0h/6s/10 | feed 18 booking.confirmed #2 | feed 19 payment.captured #1
            }
            advance 3d                       it is 3d
            cancel B1                        B1 cancelled at 3d, 1 of A for ann, 0.33 USD, P1 refund_pending r1 0.33 USD refunded 0.33 USD | A 0h/5s/10 | @ann has 5 | feed 20 booking.cancelled #3 | feed 21 payment.refund_pending #2 | refund 0.33 USD of P1: cancelled
            advance 1ms                      it is 3d1ms
            cancel B2                        B2 cancelled at 3d1ms, 1 of A for ann, 0.33 USD, P2 refund_pending r2 0.33 USD refunded 0.16 USD | A 0h/4s/10 | @ann has 4 | feed 22 booking.cancelled #3 | feed 23 payment.refund_pending #2 | refund 0.16 USD of P2: cancelled
            advance 5d23h59m59s999ms         it is 9d
            cancel B3                        B3 cancelled at 9d, 1 of A for ann, 0.33 USD, P3 refund_pending r3 0.33 USD refunded 0.16 USD | A 0h/3s/10 | @ann has 3 | feed 24 booking.cancelled #3 | feed 25 payment.refund_pending #2 | refund 0.16 USD of P3: cancelled
            advance 1ms                      it is 9d1ms
            cancel B4                        B4 cancelled at 9d1ms, 1 of A for ann, 0.33 USD, P4 refund_pending r4 0.33 USD refunded 0.03 USD | A 0h/2s/10 | @ann has 2 | feed 26 booking.cancelled #3 | feed 27 payment.refund_pending #2 | refund 0.03 USD of P4: cancelled
            advance 23h59m59s998ms           it is 9d23h59m59s999ms
            cancel B5                        B5 cancelled at 9d23h59m59s999ms, 1 of A for ann, 0.33 USD, P5 refund_pending r5 0.33 USD refunded 0.03 USD | A 0h/1s/10 | @ann has 1 | feed 28 booking.cancelled #3 | feed 29 payment.refund_pending #2 | refund 0.03 USD of P5: cancelled
            advance 1ms                      it is 10d
            cancel B6                        B6 cancelled at 10d, 1 of A for ann, 0.33 USD, P6 captured r6 0.33 USD | A 0h/0s/10 | @ann has 0 | feed 30 booking.cancelled #3
        "#]],
    );
}

#[test]
fn steps_decide_by_their_days_in_whatever_order_and_share() {
    check(
        "
        event E1 start=10d max=9 policy=7:20,10:0,0:5,8:100 | A 10 @ 10
        reserve A 1 ann
        reserve A 1 ann
        reserve A 2 ann
        reserve A 1 ann
        batch {
        confirm B1 ext:r1
        confirm B2 ext:r2
        confirm B3 ext:r3
        confirm B4 ext:r4
        }
        cancel B1
        advance 2d
        cancel B2
        advance 1ms
        cancel B3
        advance 7d
        cancel B4
        ",
        expect![[r#"
            event E1 start=10d max=9 policy=7:20,10:0,0:5,8:100 | A 10 @ 10 created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 10.00 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 ann                  created B2 reserved until 10m, 1 of A for ann, 10.00 USD | A 2h/0s/10 | @ann has 2 | feed 3 booking.reserved #1
            reserve A 2 ann                  created B3 reserved until 10m, 2 of A for ann, 20.00 USD | A 4h/0s/10 | @ann has 4 | feed 4 booking.reserved #1
            reserve A 1 ann                  created B4 reserved until 10m, 1 of A for ann, 10.00 USD | A 5h/0s/10 | @ann has 5 | feed 5 booking.reserved #1
            batch {
              confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 10.00 USD, P1 captured r1 10.00 USD | A 4h/1s/10 | feed 6 booking.confirmed #2 | feed 7 payment.captured #1
              confirm B2 ext:r2                B2 confirmed at 0s, 1 of A for ann, 10.00 USD, P2 captured r2 10.00 USD | A 3h/2s/10 | feed 8 booking.confirmed #2 | feed 9 payment.captured #1
              confirm B3 ext:r3                B3 confirmed at 0s, 2 of A for ann, 20.00 USD, P3 captured r3 20.00 USD | A 1h/4s/10 | feed 10 booking.confirmed #2 | feed 11 payment.captured #1
              confirm B4 ext:r4                B4 confirmed at 0s, 1 of A for ann, 10.00 USD, P4 captured r4 10.00 USD | A 0h/5s/10 | feed 12 booking.confirmed #2 | feed 13 payment.captured #1
            }
            cancel B1                        B1 cancelled at 0s, 1 of A for ann, 10.00 USD, P1 captured r1 10.00 USD | A 0h/4s/10 | @ann has 4 | feed 14 booking.cancelled #3
            advance 2d                       it is 2d
            cancel B2                        B2 cancelled at 2d, 1 of A for ann, 10.00 USD, P2 refund_pending r2 10.00 USD refunded 10.00 USD | A 0h/3s/10 | @ann has 3 | feed 15 booking.cancelled #3 | feed 16 payment.refund_pending #2 | refund 10.00 USD of P2: cancelled
            advance 1ms                      it is 2d1ms
            cancel B3                        B3 cancelled at 2d1ms, 2 of A for ann, 20.00 USD, P3 refund_pending r3 20.00 USD refunded 4.00 USD | A 0h/1s/10 | @ann has 1 | feed 17 booking.cancelled #3 | feed 18 payment.refund_pending #2 | refund 4.00 USD of P3: cancelled
            advance 7d                       it is 9d1ms
            cancel B4                        B4 cancelled at 9d1ms, 1 of A for ann, 10.00 USD, P4 refund_pending r4 10.00 USD refunded 0.50 USD | A 0h/0s/10 | @ann has 0 | feed 19 booking.cancelled #3 | feed 20 payment.refund_pending #2 | refund 0.50 USD of P4: cancelled
        "#]],
    );
}

#[test]
fn nothing_is_refunded_where_no_step_is_reached_or_the_share_is_nothing() {
    check(
        "
        event E1 start=10d policy=11:100 | A 10 @ 49.90
        event E2 start=10d policy=0:1 | B 10 @ 0.99
        reserve A 1 ann
        reserve B 1 ann
        confirm B1 ext:r1
        confirm B2 ext:r2
        cancel B1
        cancel B2
        ",
        expect![[r#"
            event E1 start=10d policy=11:100 | A 10 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/10
            event E2 start=10d policy=0:1 | B 10 @ 0.99 created E2 | feed 2 event.created #1 | B 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 3 booking.reserved #1
            reserve B 1 ann                  created B2 reserved until 10m, 1 of B for ann, 0.99 USD | B 1h/0s/10 | @ann has 1 | feed 4 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 0h/1s/10 | feed 5 booking.confirmed #2 | feed 6 payment.captured #1
            confirm B2 ext:r2                B2 confirmed at 0s, 1 of B for ann, 0.99 USD, P2 captured r2 0.99 USD | B 0h/1s/10 | feed 7 booking.confirmed #2 | feed 8 payment.captured #1
            cancel B1                        B1 cancelled at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 0h/0s/10 | @ann has 0 | feed 9 booking.cancelled #3
            cancel B2                        B2 cancelled at 0s, 1 of B for ann, 0.99 USD, P2 captured r2 0.99 USD | B 0h/0s/10 | @ann has 0 | feed 10 booking.cancelled #3
        "#]],
    );
}

/// In sum: what went back before, in another way, is not given back once more.
#[test]
fn no_more_goes_back_than_the_policy_allows() {
    for (before, cancelled) in [(200, 300), (499, 1), (500, 0), (700, 0), (1_000, 0)] {
        let mut runner =
            Runner::after("event E1 policy=0:50 | A 5 @ 10\nreserve A 1 ann\nconfirm B1 ext:r1");
        let ((account, id), payment) = runner.rows.payments.pop_first().expect("one");
        let refund = Refund {
            id: RefundId::from_raw(7),
            payment: id,
            amount: Money::new(before, payment.amount.currency),
            reason: "kindness".to_owned(),
            status: RefundStatus::Pending,
            reference: None,
            created_at: runner.now,
            ended_at: None,
        };
        let end = RefundEnd::Succeeded { reference: None };
        let payment = payment.with_refund(before).expect("so much is left");
        let payment = payment.with_refund_ended(before, &end).expect("it is pending");
        runner.rows.payments.insert((account, id), payment);
        let refund = refund.ended(end, runner.now).expect("it is pending");
        runner.rows.refunds.insert((account, refund.id), refund);
        runner.run("cancel B1");
        let payment = runner.rows.payments.get(&(account, id)).expect("it is there");
        assert_eq!((payment.refunded, payment.refund_pending), (before + cancelled, cancelled));
        assert_eq!(runner.rows.refunds.len(), 1 + usize::from(cancelled > 0));
    }
}

#[test]
fn a_refund_can_be_declined() {
    check(
        "
        event E1 | A 10 @ 49.90
        reserve A 1 ann
        confirm B1 ext:r1
        cancel B1 refund=no
        cancel B1
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 0h/1s/10 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            cancel B1 refund=no              B1 cancelled at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 0h/0s/10 | @ann has 0 | feed 5 booking.cancelled #3
            cancel B1                        no: Cancel: B1 cancelled at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD
        "#]],
    );
}

#[test]
fn what_was_free_has_nothing_to_refund() {
    check(
        "
        event E1 | A 10 @ 0
        reserve A 1 ann
        confirm B1
        cancel B1
        ",
        expect![[r#"
            event E1 | A 10 @ 0              created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 0.00 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            confirm B1                       B1 confirmed at 0s, 1 of A for ann, 0.00 USD | A 0h/1s/10 | feed 3 booking.confirmed #2
            cancel B1                        B1 cancelled at 0s, 1 of A for ann, 0.00 USD | A 0h/0s/10 | @ann has 0 | feed 4 booking.cancelled #3
        "#]],
    );
}

#[test]
fn the_policy_is_the_one_at_the_cancellation() {
    check(
        "
        event E1 start=10d | A 10 @ 10
        reserve A 1 ann
        confirm B1 ext:r1
        patch-event E1 policy=0:25
        cancel B1
        ",
        expect![[r#"
            event E1 start=10d | A 10 @ 10   created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 10.00 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 10.00 USD, P1 captured r1 10.00 USD | A 0h/1s/10 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            patch-event E1 policy=0:25       E1 "E1" starts 10d max 4 hold 600s 25% until 10d: A "A" 0h/1s/10 @ 10.00 USD | feed 5 event.updated #2
            cancel B1                        B1 cancelled at 0s, 1 of A for ann, 10.00 USD, P1 refund_pending r1 10.00 USD refunded 2.50 USD | A 0h/0s/10 | @ann has 0 | feed 6 booking.cancelled #3 | feed 7 payment.refund_pending #2 | refund 2.50 USD of P1: cancelled
        "#]],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "most are a script and its transcript")]
fn the_steps_go_with_the_start() {
    check(
        "
        event E1 start=10d max=9 policy=7:50,0:10 | A 10 @ 10
        reserve A 1 ann
        reserve A 1 ann
        reserve A 1 ann
        reserve A 1 ann
        batch {
        confirm B1 ext:r1
        confirm B2 ext:r2
        confirm B3 ext:r3
        confirm B4 ext:r4
        }
        advance 3d1ms
        patch-event E1 start=12d
        emitted
        cancel B1
        patch-event E1 start=4d policy=1:80,0:5
        cancel B2
        patch-event E1 policy=2:40
        cancel B3
        patch-event E1 start=5d1ms
        patch-event E1 start=5d1ms policy=2:40
        cancel B4
        ",
        expect![[r#"
            event E1 start=10d max=9 policy=7:50,0:10 | A 10 @ 10 created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 10.00 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 ann                  created B2 reserved until 10m, 1 of A for ann, 10.00 USD | A 2h/0s/10 | @ann has 2 | feed 3 booking.reserved #1
            reserve A 1 ann                  created B3 reserved until 10m, 1 of A for ann, 10.00 USD | A 3h/0s/10 | @ann has 3 | feed 4 booking.reserved #1
            reserve A 1 ann                  created B4 reserved until 10m, 1 of A for ann, 10.00 USD | A 4h/0s/10 | @ann has 4 | feed 5 booking.reserved #1
            batch {
              confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 10.00 USD, P1 captured r1 10.00 USD | A 3h/1s/10 | feed 6 booking.confirmed #2 | feed 7 payment.captured #1
              confirm B2 ext:r2                B2 confirmed at 0s, 1 of A for ann, 10.00 USD, P2 captured r2 10.00 USD | A 2h/2s/10 | feed 8 booking.confirmed #2 | feed 9 payment.captured #1
              confirm B3 ext:r3                B3 confirmed at 0s, 1 of A for ann, 10.00 USD, P3 captured r3 10.00 USD | A 1h/3s/10 | feed 10 booking.confirmed #2 | feed 11 payment.captured #1
              confirm B4 ext:r4                B4 confirmed at 0s, 1 of A for ann, 10.00 USD, P4 captured r4 10.00 USD | A 0h/4s/10 | feed 12 booking.confirmed #2 | feed 13 payment.captured #1
            }
            advance 3d1ms                    it is 3d1ms
            patch-event E1 start=12d         E1 "E1" starts 12d max 9 hold 600s 50% until 5d 10% until 12d: A "A" 0h/4s/10 @ 10.00 USD | feed 14 event.updated #2
            event.updated of E1 by a secret key
              before name: E1
              before starts_at: 10d
              before currency: USD
              before max_per_user: 9
              before hold_seconds: 600
              before sales_open_at: -
              before sales_close_at: -
              before cancellation_policy: [days_before 7, refund_percent 50; days_before 0, refund_percent 10]
              after name: E1
              after starts_at: 12d
              after currency: USD
              after max_per_user: 9
              after hold_seconds: 600
              after sales_open_at: -
              after sales_close_at: -
              after cancellation_policy: [days_before 7, refund_percent 50; days_before 0, refund_percent 10]
              data id: E1
              data name: E1
              data starts_at: 12d
              data currency: USD
              data max_per_user: 9
              data hold_seconds: 600
              data sales_open_at: -
              data sales_close_at: -
              data cancellation_policy: [days_before 7, refund_percent 50; days_before 0, refund_percent 10]
              data zones: [id A, event_id E1, name A, capacity 10, price 10.00 USD, currency USD, numbered false]
              data created_at: 0s
            cancel B1                        B1 cancelled at 3d1ms, 1 of A for ann, 10.00 USD, P1 refund_pending r1 10.00 USD refunded 5.00 USD | A 0h/3s/10 | @ann has 3 | feed 15 booking.cancelled #3 | feed 16 payment.refund_pending #2 | refund 5.00 USD of P1: cancelled
            patch-event E1 start=4d policy=1:80,0:5 E1 "E1" starts 4d max 9 hold 600s 80% until 3d 5% until 4d: A "A" 0h/3s/10 @ 10.00 USD | feed 17 event.updated #3
            cancel B2                        B2 cancelled at 3d1ms, 1 of A for ann, 10.00 USD, P2 refund_pending r2 10.00 USD refunded 0.50 USD | A 0h/2s/10 | @ann has 2 | feed 18 booking.cancelled #3 | feed 19 payment.refund_pending #2 | refund 0.50 USD of P2: cancelled
            patch-event E1 policy=2:40       E1 "E1" starts 4d max 9 hold 600s 40% until 2d: A "A" 0h/2s/10 @ 10.00 USD | feed 20 event.updated #4
            cancel B3                        B3 cancelled at 3d1ms, 1 of A for ann, 10.00 USD, P3 captured r3 10.00 USD | A 0h/1s/10 | @ann has 1 | feed 21 booking.cancelled #3
            patch-event E1 start=5d1ms       E1 "E1" starts 5d1ms max 9 hold 600s 40% until 3d1ms: A "A" 0h/1s/10 @ 10.00 USD | feed 22 event.updated #5
            patch-event E1 start=5d1ms policy=2:40 E1 "E1" starts 5d1ms max 9 hold 600s 40% until 3d1ms: A "A" 0h/1s/10 @ 10.00 USD
            cancel B4                        B4 cancelled at 3d1ms, 1 of A for ann, 10.00 USD, P4 refund_pending r4 10.00 USD refunded 4.00 USD | A 0h/0s/10 | @ann has 0 | feed 23 booking.cancelled #3 | feed 24 payment.refund_pending #2 | refund 4.00 USD of P4: cancelled
        "#]],
    );
}

#[test]
fn a_hold_that_is_cancelled_is_released() {
    check(
        "
        event E1 | A 10 @ 49.90
        reserve A 1 ann
        reserve A 1 bob
        emitted
        cancel B1 reason=ill key=k1
        emitted
        cancel B1 key=k1 body=late
        cancel B1 reason=ill key=k1
        cancel B1
        release B1
        confirm B1 ext:p1
        cancel B9 key=k9
        advance 10m
        cancel B2 key=k2
        expire B2
        cancel B2
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 bob                  created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 2h/0s/10 | @bob has 1 | feed 3 booking.reserved #1
            booking.reserved of B2 by a secret key
              after status: reserved
              data status: reserved
              data event_id: E1
              data zone_id: A
              data person_id: @bob
              data quantity: 1
              data total_amount: 49.90 USD
              data total_currency: USD
              data created_at: 0s
              data expires_at: 10m
            cancel B1 reason=ill key=k1      B1 released at 0s, 1 of A for ann, 49.90 USD | A 1h/0s/10 | @ann has 0 | feed 4 booking.released #2 | k1 kept 200 B1 until 1d
            booking.released of B1 by a secret key
              before status: reserved
              after status: released
              data status: released
              data event_id: E1
              data zone_id: A
              data person_id: @ann
              data quantity: 1
              data total_amount: 49.90 USD
              data total_currency: USD
              data created_at: 0s
              data expires_at: 10m
              data ended_at: 0s
            cancel B1 key=k1 body=late       no (not kept): KeyReused
            cancel B1 reason=ill key=k1      replay 200: B1 released at 0s, 1 of A for ann, 49.90 USD
            cancel B1                        no: Cancel: B1 released at 0s, 1 of A for ann, 49.90 USD
            release B1                       no: Release: B1 released at 0s, 1 of A for ann, 49.90 USD
            confirm B1 ext:p1                no: Confirm: B1 released at 0s, 1 of A for ann, 49.90 USD
            cancel B9 key=k9                 no (not kept): NotFound(B9)
            advance 10m                      it is 10m
            cancel B2 key=k2                 no: Cancel: B2 expired since 10m, 1 of A for bob, 49.90 USD | k2 kept 409 B2 until 1d10m
            expire B2                        B2 expired at 10m, 1 of A for bob, 49.90 USD | A 0h/0s/10 | @bob has 0 | feed 5 booking.expired #2
            cancel B2                        no: Cancel: B2 expired at 10m, 1 of A for bob, 49.90 USD
        "#]],
    );
}
