//! Confirm: turn a hold into a sale.

use expect_test::expect;

use crate::runner::check;

#[test]
fn a_hold_becomes_a_sale() {
    check(
        "
        event E1 | A 10 @ 49.90
        reserve A 2 ann
        confirm B1 ext:r1 key=k1
        emitted
        confirm B1 ext:r1 key=k1
        confirm B1 ext:r1
        confirm B1 ext:r2 key=k2
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/10 | @ann has 2 | feed 2 booking.reserved #1
            confirm B1 ext:r1 key=k1         B1 confirmed at 0s, 2 of A for ann, 99.80 USD, P1 captured r1 99.80 USD | A 0h/2s/10 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1 | k1 kept 200 B1 until 1d
            payment.captured of P1 by a secret key
              after status: captured
              after refunded_amount: 0.00 USD
              after refund_pending_amount: 0.00 USD
              data resource_id: B1
              data method: external
              data reference: r1
              data amount: 99.80 USD
              data currency: USD
              data created_at: 0s
              data status: captured
              data refunded_amount: 0.00 USD
              data refund_pending_amount: 0.00 USD
            confirm B1 ext:r1 key=k1         replay 200: B1 confirmed at 0s, 2 of A for ann, 99.80 USD, P1 captured r1 99.80 USD
            confirm B1 ext:r1                no: Confirm: B1 confirmed at 0s, 2 of A for ann, 99.80 USD, P1 captured r1 99.80 USD
            confirm B1 ext:r2 key=k2         no: Confirm: B1 confirmed at 0s, 2 of A for ann, 99.80 USD, P1 captured r1 99.80 USD | k2 kept 409 B1 until 1d
        "#]],
    );
}

#[test]
fn numbered_seats_are_sold_with_the_zone() {
    check(
        "
        event E1 | S seats S-1..3 @ 20
        reserve S S-1,S-3 ann
        confirm B1 ext:r1
        reserve S S-3 bob
        ",
        expect![[r#"
            event E1 | S seats S-1..3 @ 20   created E1 | feed 1 event.created #1 | S 0h/0s/3
            reserve S S-1,S-3 ann            created B1 reserved until 10m, 2 of S [S-1 S-3] for ann, 40.00 USD | new ann | S 2h/0s/3 | S#1 1h/0s/1 | S#3 1h/0s/1 | @ann has 2 | feed 2 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 2 of S [S-1 S-3] for ann, 40.00 USD, P1 captured r1 40.00 USD | S 0h/2s/3 | S#1 0h/1s/1 | S#3 0h/1s/1 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            reserve S S-3 bob                no: SeatTaken { labels: ["S-3"] }
        "#]],
    );
}

#[test]
fn what_is_free_needs_no_payment() {
    check(
        "
        event E1 | A 10 @ 0
        reserve A 2 ann
        confirm B1
        emitted
        reserve A 1 ann
        confirm B2 ext:r1
        event E2 | B 10 @ 5
        reserve B 1 ann
        confirm B3 ext:r1
        ",
        expect![[r#"
            event E1 | A 10 @ 0              created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 0.00 USD | new ann | A 2h/0s/10 | @ann has 2 | feed 2 booking.reserved #1
            confirm B1                       B1 confirmed at 0s, 2 of A for ann, 0.00 USD | A 0h/2s/10 | feed 3 booking.confirmed #2
            booking.confirmed of B1 by a secret key
              before status: reserved
              after status: confirmed
              data status: confirmed
              data event_id: E1
              data zone_id: A
              data person_id: @ann
              data quantity: 2
              data total_amount: 0.00 USD
              data total_currency: USD
              data created_at: 0s
              data confirmation_code: 7000000000
              data confirmed_at: 0s
            reserve A 1 ann                  created B2 reserved until 10m, 1 of A for ann, 0.00 USD | A 1h/2s/10 | @ann has 3 | feed 4 booking.reserved #1
            confirm B2 ext:r1                B2 confirmed at 0s, 1 of A for ann, 0.00 USD | A 0h/3s/10 | feed 5 booking.confirmed #2
            event E2 | B 10 @ 5              created E2 | feed 6 event.created #1 | B 0h/0s/10
            reserve B 1 ann                  created B3 reserved until 10m, 1 of B for ann, 5.00 USD | B 1h/0s/10 | @ann has 1 | feed 7 booking.reserved #1
            confirm B3 ext:r1                B3 confirmed at 0s, 1 of B for ann, 5.00 USD, P1 captured r1 5.00 USD | B 0h/1s/10 | feed 8 booking.confirmed #2 | feed 9 payment.captured #1
        "#]],
    );
}

#[test]
fn what_costs_something_needs_one() {
    check(
        "
        event E1 | A 10 @ 49.90 | B 10 @ 0.01
        reserve B 1 bob
        confirm B1
        confirm B1 ext:r0
        reserve A 2 ann
        confirm B2 key=k1
        confirm B2 ext:r1 key=k1
        confirm B2 key=k1
        confirm B2 ext:r1 key=k2
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90 | B 10 @ 0.01 created E1 | feed 1 event.created #1 | A 0h/0s/10 | B 0h/0s/10
            reserve B 1 bob                  created B1 reserved until 10m, 1 of B for bob, 0.01 USD | new bob | B 1h/0s/10 | @bob has 1 | feed 2 booking.reserved #1
            confirm B1                       no: PaymentRequired, total 0.01 USD
            confirm B1 ext:r0                B1 confirmed at 0s, 1 of B for bob, 0.01 USD, P1 captured r0 0.01 USD | B 0h/1s/10 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            reserve A 2 ann                  created B2 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/10 | @ann has 2 | feed 5 booking.reserved #1
            confirm B2 key=k1                no: PaymentRequired, total 99.80 USD | k1 kept 409 until 1d
            confirm B2 ext:r1 key=k1         no (not kept): KeyReused
            confirm B2 key=k1                replay 409: no: PaymentRequired, total 99.80 USD
            confirm B2 ext:r1 key=k2         B2 confirmed at 0s, 2 of A for ann, 99.80 USD, P2 captured r1 99.80 USD | A 0h/2s/10 | feed 6 booking.confirmed #2 | feed 7 payment.captured #1 | k2 kept 200 B2 until 1d
        "#]],
    );
}

#[test]
fn a_reference_pays_once() {
    check(
        "
        event E1 | A 10 @ 49.90
        reserve A 1 ann
        reserve A 1 bob
        confirm B1 ext:r1
        confirm B2 ext:r1 key=k1
        cancel B1
        confirm B2 ext:r1
        confirm B2 ext:R1
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 bob                  created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 2h/0s/10 | @bob has 1 | feed 3 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 1h/1s/10 | feed 4 booking.confirmed #2 | feed 5 payment.captured #1
            confirm B2 ext:r1 key=k1         no: PaymentReferenceUsed { reference: "r1" } | k1 kept 409 until 1d
            cancel B1                        B1 cancelled at 0s, 1 of A for ann, 49.90 USD, P1 refund_pending r1 49.90 USD refunded 49.90 USD | A 1h/0s/10 | @ann has 0 | feed 6 booking.cancelled #3 | feed 7 payment.refund_pending #2 | refund 49.90 USD of P1: cancelled
            confirm B2 ext:r1                no: PaymentReferenceUsed { reference: "r1" }
            confirm B2 ext:R1                B2 confirmed at 0s, 1 of A for bob, 49.90 USD, P2 captured R1 49.90 USD | A 0h/1s/10 | feed 8 booking.confirmed #2 | feed 9 payment.captured #1
        "#]],
    );
}

#[test]
fn the_deadline_itself_is_too_late() {
    check(
        "
        event E1 hold=10m | A 10 @ 49.90
        reserve A 1 ann
        reserve A 1 bob
        advance 9m59s999ms
        confirm B1 ext:r1
        advance 1ms
        confirm B2 ext:r2 key=k2
        confirm B2
        expire B2
        confirm B2 ext:r2
        confirm B2 ext:r2 key=k2
        ",
        expect![[r#"
            event E1 hold=10m | A 10 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 bob                  created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 2h/0s/10 | @bob has 1 | feed 3 booking.reserved #1
            advance 9m59s999ms               it is 9m59s999ms
            confirm B1 ext:r1                B1 confirmed at 9m59s999ms, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 1h/1s/10 | feed 4 booking.confirmed #2 | feed 5 payment.captured #1
            advance 1ms                      it is 10m
            confirm B2 ext:r2 key=k2         no: Confirm: B2 expired since 10m, 1 of A for bob, 49.90 USD | k2 kept 409 B2 until 1d10m
            confirm B2                       no: Confirm: B2 expired since 10m, 1 of A for bob, 49.90 USD
            expire B2                        B2 expired at 10m, 1 of A for bob, 49.90 USD | A 0h/1s/10 | @bob has 0 | feed 6 booking.expired #2
            confirm B2 ext:r2                no: Confirm: B2 expired at 10m, 1 of A for bob, 49.90 USD
            confirm B2 ext:r2 key=k2         replay 409: no: Confirm: B2 expired since 10m, 1 of A for bob, 49.90 USD
        "#]],
    );
}

#[test]
fn only_a_hold_can_be_confirmed() {
    check(
        "
        event E1 | A 10 @ 49.90
        reserve A 1 ann
        reserve A 1 ann
        reserve A 1 ann
        confirm B1 ext:r1
        release B2
        confirm B1 ext:r2
        confirm B2 ext:r2
        cancel B1
        confirm B1 ext:r2
        advance 10m
        expire B3
        confirm B3 ext:r2
        confirm B9 ext:r2 key=k9
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 ann                  created B2 reserved until 10m, 1 of A for ann, 49.90 USD | A 2h/0s/10 | @ann has 2 | feed 3 booking.reserved #1
            reserve A 1 ann                  created B3 reserved until 10m, 1 of A for ann, 49.90 USD | A 3h/0s/10 | @ann has 3 | feed 4 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 2h/1s/10 | feed 5 booking.confirmed #2 | feed 6 payment.captured #1
            release B2                       B2 released at 0s, 1 of A for ann, 49.90 USD | A 1h/1s/10 | @ann has 2 | feed 7 booking.released #2
            confirm B1 ext:r2                no: Confirm: B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD
            confirm B2 ext:r2                no: Confirm: B2 released at 0s, 1 of A for ann, 49.90 USD
            cancel B1                        B1 cancelled at 0s, 1 of A for ann, 49.90 USD, P1 refund_pending r1 49.90 USD refunded 49.90 USD | A 1h/0s/10 | @ann has 1 | feed 8 booking.cancelled #3 | feed 9 payment.refund_pending #2 | refund 49.90 USD of P1: cancelled
            confirm B1 ext:r2                no: Confirm: B1 cancelled at 0s, 1 of A for ann, 49.90 USD, P1 refund_pending r1 49.90 USD refunded 49.90 USD
            advance 10m                      it is 10m
            expire B3                        B3 expired at 10m, 1 of A for ann, 49.90 USD | A 0h/0s/10 | @ann has 0 | feed 10 booking.expired #2
            confirm B3 ext:r2                no: Confirm: B3 expired at 10m, 1 of A for ann, 49.90 USD
            confirm B9 ext:r2 key=k9         no (not kept): NotFound(B9)
        "#]],
    );
}

#[test]
fn the_price_is_the_one_at_which_it_was_reserved() {
    check(
        "
        event E1 | A 10 @ 49.90
        reserve A 2 ann
        patch-zone A price=60
        confirm B1 ext:r1
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/10 | @ann has 2 | feed 2 booking.reserved #1
            patch-zone A price=60            A "A" 2h/0s/10 @ 60.00 USD | feed 3 zone.updated #1 | A 2h/0s/10
            confirm B1 ext:r1                B1 confirmed at 0s, 2 of A for ann, 99.80 USD, P1 captured r1 99.80 USD | A 0h/2s/10 | feed 4 booking.confirmed #2 | feed 5 payment.captured #1
        "#]],
    );
}

#[test]
fn names_are_taken_as_they_are_stored() {
    // An earlier release let names in that the edge refuses now.
    check(
        "
        event E1 | A 10 @ 49.90 | S seats S-\u{600}1 @ 20
        reserve A 1 ann\u{600}
        confirm B1 ext:r-1\u{600}
        reserve S S-\u{600}1 ann\u{600}
        cancel B1
        release B2
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90 | S seats S-؀1 @ 20 created E1 | feed 1 event.created #1 | A 0h/0s/10 | S 0h/0s/1
            reserve A 1 ann؀                 created B1 reserved until 10m, 1 of A for ann؀, 49.90 USD | new ann؀ | A 1h/0s/10 | @ann؀ has 1 | feed 2 booking.reserved #1
            confirm B1 ext:r-1؀              B1 confirmed at 0s, 1 of A for ann؀, 49.90 USD, P1 captured r-1؀ 49.90 USD | A 0h/1s/10 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            reserve S S-؀1 ann؀              created B2 reserved until 10m, 1 of S [S-؀1] for ann؀, 20.00 USD | S 1h/0s/1 | S#1 1h/0s/1 | @ann؀ has 2 | feed 5 booking.reserved #1
            cancel B1                        B1 cancelled at 0s, 1 of A for ann؀, 49.90 USD, P1 refund_pending r-1؀ 49.90 USD refunded 49.90 USD | A 0h/0s/10 | @ann؀ has 1 | feed 6 booking.cancelled #3 | feed 7 payment.refund_pending #2 | refund 49.90 USD of P1: cancelled
            release B2                       B2 released at 0s, 1 of S [S-؀1] for ann؀, 20.00 USD | S 0h/0s/1 | S#1 0h/0s/1 | @ann؀ has 0 | feed 8 booking.released #2
        "#]],
    );
}
