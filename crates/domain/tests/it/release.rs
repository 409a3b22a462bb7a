//! Release: give a hold back before its deadline.

use expect_test::expect;

use crate::runner::check;

#[test]
fn units_and_allowance_return() {
    check(
        "
        event E1 max=2 | A 2 @ 49.90
        reserve A 2 ann
        release B1 key=k1
        emitted
        reserve A 2 ann
        release B1 key=k1
        release B1
        release B1 key=k2
        ",
        expect![[r#"
            event E1 max=2 | A 2 @ 49.90     created E1 | feed 1 event.created #1 | A 0h/0s/2
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/2 | @ann has 2 | feed 2 booking.reserved #1
            release B1 key=k1                B1 released at 0s, 2 of A for ann, 99.80 USD | A 0h/0s/2 | @ann has 0 | feed 3 booking.released #2 | k1 kept 200 B1 until 1d
            booking.released of B1 by a secret key
              before status: reserved
              after status: released
              data status: released
              data event_id: E1
              data zone_id: A
              data person_id: @ann
              data quantity: 2
              data total_amount: 99.80 USD
              data total_currency: USD
              data created_at: 0s
              data expires_at: 10m
              data ended_at: 0s
            reserve A 2 ann                  created B2 reserved until 10m, 2 of A for ann, 99.80 USD | A 2h/0s/2 | @ann has 2 | feed 4 booking.reserved #1
            release B1 key=k1                replay 200: B1 released at 0s, 2 of A for ann, 99.80 USD
            release B1                       no: Release: B1 released at 0s, 2 of A for ann, 99.80 USD
            release B1 key=k2                no: Release: B1 released at 0s, 2 of A for ann, 99.80 USD | k2 kept 409 B1 until 1d
        "#]],
    );
}

#[test]
fn seats_return_one_and_all() {
    check(
        "
        event E1 | S seats S-1..3 @ 20
        reserve S S-1,S-3 ann
        release B1
        reserve S S-3 bob
        ",
        expect![[r#"
            event E1 | S seats S-1..3 @ 20   created E1 | feed 1 event.created #1 | S 0h/0s/3
            reserve S S-1,S-3 ann            created B1 reserved until 10m, 2 of S [S-1 S-3] for ann, 40.00 USD | new ann | S 2h/0s/3 | S#1 1h/0s/1 | S#3 1h/0s/1 | @ann has 2 | feed 2 booking.reserved #1
            release B1                       B1 released at 0s, 2 of S [S-1 S-3] for ann, 40.00 USD | S 0h/0s/3 | S#1 0h/0s/1 | S#3 0h/0s/1 | @ann has 0 | feed 3 booking.released #2
            reserve S S-3 bob                created B2 reserved until 10m, 1 of S [S-3] for bob, 20.00 USD | new bob | S 1h/0s/3 | S#3 1h/0s/1 | @bob has 1 | feed 4 booking.reserved #1
        "#]],
    );
}

#[test]
fn only_a_hold_can_be_released() {
    check(
        "
        event E1 | A 10 @ 49.90
        reserve A 1 ann
        reserve A 1 bob
        confirm B1 ext:r1
        release B1 key=k1
        cancel B1
        release B1
        release B9 key=k2
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 bob                  created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 2h/0s/10 | @bob has 1 | feed 3 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 1h/1s/10 | feed 4 booking.confirmed #2 | feed 5 payment.captured #1
            release B1 key=k1                no: Release: B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | k1 kept 409 B1 until 1d
            cancel B1                        B1 cancelled at 0s, 1 of A for ann, 49.90 USD, P1 refund_pending r1 49.90 USD refunded 49.90 USD | A 1h/0s/10 | @ann has 0 | feed 6 booking.cancelled #3 | feed 7 payment.refund_pending #2 | refund 49.90 USD of P1: cancelled
            release B1                       no: Release: B1 cancelled at 0s, 1 of A for ann, 49.90 USD, P1 refund_pending r1 49.90 USD refunded 49.90 USD
            release B9 key=k2                no (not kept): NotFound(B9)
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
        release B1
        advance 1ms
        release B2 key=k1
        expire B2
        release B2
        release B2 key=k1
        ",
        expect![[r#"
            event E1 hold=10m | A 10 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 bob                  created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 2h/0s/10 | @bob has 1 | feed 3 booking.reserved #1
            advance 9m59s999ms               it is 9m59s999ms
            release B1                       B1 released at 9m59s999ms, 1 of A for ann, 49.90 USD | A 1h/0s/10 | @ann has 0 | feed 4 booking.released #2
            advance 1ms                      it is 10m
            release B2 key=k1                no: Release: B2 expired since 10m, 1 of A for bob, 49.90 USD | k1 kept 409 B2 until 1d10m
            expire B2                        B2 expired at 10m, 1 of A for bob, 49.90 USD | A 0h/0s/10 | @bob has 0 | feed 5 booking.expired #2
            release B2                       no: Release: B2 expired at 10m, 1 of A for bob, 49.90 USD
            release B2 key=k1                replay 409: no: Release: B2 expired since 10m, 1 of A for bob, 49.90 USD
        "#]],
    );
}
