//! Expire: a hold whose deadline has passed ends; whatever happened before is fine.

use expect_test::expect;

use crate::runner::check;

#[test]
fn units_and_allowance_return_at_the_deadline() {
    check(
        "
        event E1 hold=10m max=2 | A 2 @ 49.90
        reserve A 2 ann
        advance 9m59s999ms
        expire B1
        reserve A 1 bob
        advance 1ms
        reserve A 1 bob
        expire B1
        emitted
        expire B1
        reserve A 2 ann
        ",
        expect![[r#"
            event E1 hold=10m max=2 | A 2 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/2
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/2 | @ann has 2 | feed 2 booking.reserved #1
            advance 9m59s999ms               it is 9m59s999ms
            expire B1                        done
            reserve A 1 bob                  no: InsufficientSeats { zone: "A", available: 0, requested: 1 }
            advance 1ms                      it is 10m
            reserve A 1 bob                  no: InsufficientSeats { zone: "A", available: 0, requested: 1 }
            expire B1                        B1 expired at 10m, 2 of A for ann, 99.80 USD | A 0h/0s/2 | @ann has 0 | feed 3 booking.expired #2
            booking.expired of B1 by system
              before status: reserved
              after status: expired
              data status: expired
              data event_id: E1
              data zone_id: A
              data person_id: @ann
              data quantity: 2
              data total_amount: 99.80 USD
              data total_currency: USD
              data created_at: 0s
              data expires_at: 10m
              data ended_at: 10m
            expire B1                        done
            reserve A 2 ann                  created B2 reserved until 20m, 2 of A for ann, 99.80 USD | A 2h/0s/2 | @ann has 2 | feed 4 booking.reserved #1
        "#]],
    );
}

#[test]
fn seats_return() {
    check(
        "
        event E1 hold=1s | S seats S-1..2 @ 20
        reserve S S-1,S-2 ann
        advance 1s
        expire B1
        reserve S S-1 bob
        ",
        expect![[r#"
            event E1 hold=1s | S seats S-1..2 @ 20 created E1 | feed 1 event.created #1 | S 0h/0s/2
            reserve S S-1,S-2 ann            created B1 reserved until 1s, 2 of S [S-1 S-2] for ann, 40.00 USD | new ann | S 2h/0s/2 | S#1 1h/0s/1 | S#2 1h/0s/1 | @ann has 2 | feed 2 booking.reserved #1
            advance 1s                       it is 1s
            expire B1                        B1 expired at 1s, 2 of S [S-1 S-2] for ann, 40.00 USD | S 0h/0s/2 | S#1 0h/0s/1 | S#2 0h/0s/1 | @ann has 0 | feed 3 booking.expired #2
            reserve S S-1 bob                created B2 reserved until 2s, 1 of S [S-1] for bob, 20.00 USD | new bob | S 1h/0s/2 | S#1 1h/0s/1 | @bob has 1 | feed 4 booking.reserved #1
        "#]],
    );
}

#[test]
fn what_ended_otherwise_is_left_alone() {
    check(
        "
        event E1 hold=10m | A 10 @ 49.90
        reserve A 1 ann
        reserve A 1 bob
        reserve A 1 cyd
        confirm B1 ext:r1
        release B2
        confirm B3 ext:r3
        cancel B3
        advance 10m
        expire B1
        expire B2
        expire B3
        expire B9
        ",
        expect![[r#"
            event E1 hold=10m | A 10 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 bob                  created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 2h/0s/10 | @bob has 1 | feed 3 booking.reserved #1
            reserve A 1 cyd                  created B3 reserved until 10m, 1 of A for cyd, 49.90 USD | new cyd | A 3h/0s/10 | @cyd has 1 | feed 4 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 2h/1s/10 | feed 5 booking.confirmed #2 | feed 6 payment.captured #1
            release B2                       B2 released at 0s, 1 of A for bob, 49.90 USD | A 1h/1s/10 | @bob has 0 | feed 7 booking.released #2
            confirm B3 ext:r3                B3 confirmed at 0s, 1 of A for cyd, 49.90 USD, P2 captured r3 49.90 USD | A 0h/2s/10 | feed 8 booking.confirmed #2 | feed 9 payment.captured #1
            cancel B3                        B3 cancelled at 0s, 1 of A for cyd, 49.90 USD, P2 refund_pending r3 49.90 USD refunded 49.90 USD | A 0h/1s/10 | @cyd has 0 | feed 10 booking.cancelled #3 | feed 11 payment.refund_pending #2 | refund 49.90 USD of P2: cancelled
            advance 10m                      it is 10m
            expire B1                        done
            expire B2                        done
            expire B3                        done
            expire B9                        done
        "#]],
    );
}

#[test]
fn a_late_sweep_ends_many_in_one_batch() {
    check(
        "
        event E1 hold=10m | A 4 @ 49.90
        reserve A 2 ann
        reserve A 2 bob
        advance 1h
        batch {
        expire B1
        expire B2
        reserve A 4 cyd
        }
        ",
        expect![[r#"
            event E1 hold=10m | A 4 @ 49.90  created E1 | feed 1 event.created #1 | A 0h/0s/4
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/4 | @ann has 2 | feed 2 booking.reserved #1
            reserve A 2 bob                  created B2 reserved until 10m, 2 of A for bob, 99.80 USD | new bob | A 4h/0s/4 | @bob has 2 | feed 3 booking.reserved #1
            advance 1h                       it is 1h
            batch {
              expire B1                        B1 expired at 1h, 2 of A for ann, 99.80 USD | A 2h/0s/4 | @ann has 0 | feed 4 booking.expired #2
              expire B2                        B2 expired at 1h, 2 of A for bob, 99.80 USD | A 0h/0s/4 | @bob has 0 | feed 5 booking.expired #2
              reserve A 4 cyd                  created B3 reserved until 1h10m, 4 of A for cyd, 199.60 USD | new cyd | A 4h/0s/4 | @cyd has 4 | feed 6 booking.reserved #1
            }
        "#]],
    );
}

#[test]
fn a_test_need_not_wait_for_the_deadline() {
    check(
        "
        event E1 max=2 hold=10m | A 2 @ 49.90
        reserve A 2 ann
        expire-now B1 as=bob
        expire-now B1 key=k1
        expire-now B1 key=k1
        expire-now B1
        reserve A 1 ann
        confirm B2 ext:r1
        expire-now B2 key=k2
        reserve A 1 ann
        release B3
        expire-now B3
        advance 1h
        expire-now B9
        ",
        expect![[r#"
            event E1 max=2 hold=10m | A 2 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/2
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/2 | @ann has 2 | feed 2 booking.reserved #1
            expire-now B1 as=bob             no (not kept): NotFound(B1)
            expire-now B1 key=k1             B1 expired at 0s, 2 of A for ann, 99.80 USD | A 0h/0s/2 | @ann has 0 | feed 3 booking.expired #2 | k1 kept 200 B1 until 1d
            expire-now B1 key=k1             replay 200: B1 expired at 0s, 2 of A for ann, 99.80 USD
            expire-now B1                    no: Expire: B1 expired at 0s, 2 of A for ann, 99.80 USD
            reserve A 1 ann                  created B2 reserved until 10m, 1 of A for ann, 49.90 USD | A 1h/0s/2 | @ann has 1 | feed 4 booking.reserved #1
            confirm B2 ext:r1                B2 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 0h/1s/2 | feed 5 booking.confirmed #2 | feed 6 payment.captured #1
            expire-now B2 key=k2             no: Expire: B2 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | k2 kept 409 B2 until 1d
            reserve A 1 ann                  created B3 reserved until 10m, 1 of A for ann, 49.90 USD | A 1h/1s/2 | @ann has 2 | feed 7 booking.reserved #1
            release B3                       B3 released at 0s, 1 of A for ann, 49.90 USD | A 0h/1s/2 | @ann has 1 | feed 8 booking.released #2
            expire-now B3                    no: Expire: B3 released at 0s, 1 of A for ann, 49.90 USD
            advance 1h                       it is 1h
            expire-now B9                    no (not kept): NotFound(B9)
        "#]],
    );
}

#[test]
fn an_overdue_hold_that_nobody_has_ended_yet_ends_now() {
    check(
        "
        event E1 hold=10m | A 2 @ 49.90
        reserve A 2 ann
        advance 11m
        expire-now B1
        expire B1
        ",
        expect![[r#"
            event E1 hold=10m | A 2 @ 49.90  created E1 | feed 1 event.created #1 | A 0h/0s/2
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/2 | @ann has 2 | feed 2 booking.reserved #1
            advance 11m                      it is 11m
            expire-now B1                    B1 expired at 11m, 2 of A for ann, 99.80 USD | A 0h/0s/2 | @ann has 0 | feed 3 booking.expired #2
            expire B1                        done
        "#]],
    );
}
