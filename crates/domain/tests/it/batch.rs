//! Batches: what one line did, the next one sees.

use expect_test::expect;

use crate::runner::check;

#[test]
fn the_last_seat_is_sold_once() {
    check(
        "
        event E1 | A 1 @ 49.90
        batch {
        reserve A 1 ann key=k1
        reserve A 1 bob key=k2
        }
        reserve A 1 bob key=k2
        ",
        expect![[r#"
            event E1 | A 1 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/1
            batch {
              reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/1 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
              reserve A 1 bob key=k2           no: InsufficientSeats { zone: "A", available: 0, requested: 1 } | k2 kept 409 until 1d
            }
            reserve A 1 bob key=k2           replay 409: no: InsufficientSeats { zone: "A", available: 0, requested: 1 }
        "#]],
    );
}

#[test]
fn the_same_key_twice_makes_one_booking() {
    check(
        "
        event E1 | A 9 @ 49.90
        batch {
        reserve A 1 ann key=k1
        reserve A 1 ann key=k1
        reserve A 2 ann key=k1
        }
        batch {
        event E2 key=k2 | B 1 @ 5
        event E2 key=k2 | B 1 @ 5
        }
        ",
        expect![[r#"
            event E1 | A 9 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/9
            batch {
              reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/9 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
              reserve A 1 ann key=k1           replay 200: created B1 reserved until 10m, 1 of A for ann, 49.90 USD
              reserve A 2 ann key=k1           no (not kept): KeyReused
            }
            batch {
              event E2 key=k2 | B 1 @ 5        created E2 | feed 3 event.created #1 | B 0h/0s/1 | k2 kept 200 E2 until 1d
              event E2 key=k2 | B 1 @ 5        replay 200: created E2
            }
        "#]],
    );
}

#[test]
fn a_refusal_in_the_batch_is_replayed_in_it() {
    check(
        "
        event E1 | A 1 @ 49.90
        reserve A 1 ann
        batch {
        reserve A 1 bob key=k1
        release B1
        reserve A 1 bob key=k1
        reserve A 1 bob key=k2
        }
        ",
        expect![[r#"
            event E1 | A 1 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/1
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/1 | @ann has 1 | feed 2 booking.reserved #1
            batch {
              reserve A 1 bob key=k1           no: InsufficientSeats { zone: "A", available: 0, requested: 1 } | k1 kept 409 until 1d
              release B1                       B1 released at 0s, 1 of A for ann, 49.90 USD | A 0h/0s/1 | @ann has 0 | feed 3 booking.released #2
              reserve A 1 bob key=k1           replay 409: no: InsufficientSeats { zone: "A", available: 0, requested: 1 }
              reserve A 1 bob key=k2           created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 1h/0s/1 | @bob has 1 | feed 4 booking.reserved #1 | k2 kept 200 B2 until 1d
            }
        "#]],
    );
}

#[test]
fn capacity_and_cap_are_summed_over_the_lines() {
    check(
        "
        event E1 max=3 | A 5 @ 49.90
        batch {
        reserve A 2 ann
        reserve A 2 ann
        reserve A 1 ann
        reserve A 2 bob
        reserve A 2 bob
        reserve A 1 cyd
        }
        ",
        expect![[r#"
            event E1 max=3 | A 5 @ 49.90     created E1 | feed 1 event.created #1 | A 0h/0s/5
            batch {
              reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/5 | @ann has 2 | feed 2 booking.reserved #1
              reserve A 2 ann                  no: MaxTicketsExceeded { max: 3, taken: 2, requested: 2 }
              reserve A 1 ann                  created B2 reserved until 10m, 1 of A for ann, 49.90 USD | A 3h/0s/5 | @ann has 3 | feed 3 booking.reserved #1
              reserve A 2 bob                  created B3 reserved until 10m, 2 of A for bob, 99.80 USD | new bob | A 5h/0s/5 | @bob has 2 | feed 4 booking.reserved #1
              reserve A 2 bob                  no: MaxTicketsExceeded { max: 3, taken: 2, requested: 2 }
              reserve A 1 cyd                  no: InsufficientSeats { zone: "A", available: 0, requested: 1 }
            }
        "#]],
    );
}

#[test]
fn a_booking_goes_all_the_way_within_one_batch() {
    check(
        "
        event E1 | A 2 @ 49.90
        reserve A 2 ann
        batch {
        confirm B1 ext:r1
        confirm B1 ext:r2
        release B1
        cancel B1
        cancel B1
        confirm B1 ext:r3
        }
        ",
        expect![[r#"
            event E1 | A 2 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/2
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/2 | @ann has 2 | feed 2 booking.reserved #1
            batch {
              confirm B1 ext:r1                B1 confirmed at 0s, 2 of A for ann, 99.80 USD, P1 captured r1 99.80 USD | A 0h/2s/2 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
              confirm B1 ext:r2                no: Confirm: B1 confirmed at 0s, 2 of A for ann, 99.80 USD, P1 captured r1 99.80 USD
              release B1                       no: Release: B1 confirmed at 0s, 2 of A for ann, 99.80 USD, P1 captured r1 99.80 USD
              cancel B1                        B1 cancelled at 0s, 2 of A for ann, 99.80 USD, P1 refund_pending r1 99.80 USD refunded 99.80 USD | A 0h/0s/2 | @ann has 0 | feed 5 booking.cancelled #3 | feed 6 payment.refund_pending #2 | refund 99.80 USD of P1: cancelled
              cancel B1                        no: Cancel: B1 cancelled at 0s, 2 of A for ann, 99.80 USD, P1 refund_pending r1 99.80 USD refunded 99.80 USD
              confirm B1 ext:r3                no: Confirm: B1 cancelled at 0s, 2 of A for ann, 99.80 USD, P1 refund_pending r1 99.80 USD refunded 99.80 USD
            }
        "#]],
    );
}

#[test]
fn one_reference_pays_once_in_a_batch() {
    check(
        "
        event E1 | A 2 @ 49.90
        reserve A 1 ann
        reserve A 1 bob
        batch {
        confirm B1 ext:r1
        confirm B2 ext:r1
        }
        ",
        expect![[r#"
            event E1 | A 2 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/2
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/2 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 bob                  created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 2h/0s/2 | @bob has 1 | feed 3 booking.reserved #1
            batch {
              confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 1h/1s/2 | feed 4 booking.confirmed #2 | feed 5 payment.captured #1
              confirm B2 ext:r1                no: PaymentReferenceUsed { reference: "r1" }
            }
        "#]],
    );
}

#[test]
fn prices_caps_and_sales_change_for_the_lines_after() {
    check(
        "
        event E1 max=2 | A 9 @ 49.90
        batch {
        reserve A 1 ann expect=49.90
        patch-zone A price=60 cap=2
        reserve A 1 bob expect=49.90
        reserve A 1 bob expect=60
        patch-event E1 max=1
        reserve A 1 ann
        reserve A 1 cyd
        patch-event E1 close=0s
        reserve A 1 cyd
        }
        ",
        expect![[r#"
            event E1 max=2 | A 9 @ 49.90     created E1 | feed 1 event.created #1 | A 0h/0s/9
            batch {
              reserve A 1 ann expect=49.90     created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/9 | @ann has 1 | feed 2 booking.reserved #1
              patch-zone A price=60 cap=2      A "A" 1h/0s/2 @ 60.00 USD | feed 3 zone.updated #1 | A 1h/0s/2
              reserve A 1 bob expect=49.90     no: PriceChanged, total 60.00 USD
              reserve A 1 bob expect=60        created B2 reserved until 10m, 1 of A for bob, 60.00 USD | new bob | A 2h/0s/2 | @bob has 1 | feed 4 booking.reserved #1
              patch-event E1 max=1             E1 "E1" starts 30d max 1 hold 600s: A "A" 2h/0s/2 @ 60.00 USD | feed 5 event.updated #2
              reserve A 1 ann                  no: MaxTicketsExceeded { max: 1, taken: 1, requested: 1 }
              reserve A 1 cyd                  no: InsufficientSeats { zone: "A", available: 0, requested: 1 }
              patch-event E1 close=0s          E1 "E1" starts 30d max 1 hold 600s close 0s: A "A" 2h/0s/2 @ 60.00 USD | feed 6 event.updated #3
              reserve A 1 cyd                  no: SalesClosed, open none, close 0s
            }
        "#]],
    );
}

#[test]
fn what_was_retired_in_the_batch_is_retired_for_the_lines_after() {
    check(
        "
        event E1 | A 2 @ 49.90
        batch {
        retire k1
        reserve A 1 ann key=k1
        reserve A 1 ann key=k2
        retire k2
        collide k2
        }
        ",
        expect![[r#"
            event E1 | A 2 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/2
            batch {
              retire k1                        k1 retired until ever | k1 retired until ever
              reserve A 1 ann key=k1           no (not kept): KeyRetired { existing: None }
              reserve A 1 ann key=k2           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/2 | @ann has 1 | feed 2 booking.reserved #1 | k2 kept 200 B1 until 1d
              retire k2                        k2 kept 200 B1 until 1d
              collide k2                       done | feed 3 idempotency.collision #1
            }
        "#]],
    );
}

#[test]
fn a_refused_line_leaves_the_others_alone() {
    check(
        "
        event E1 | A 2 @ 49.90
        batch {
        reserve E9/A 1 ann
        reserve A 1 ann
        malformed
        reserve A 1 bob
        }
        ",
        expect![[r#"
            event E1 | A 2 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/2
            batch {
              reserve E9/A 1 ann               no: EventNotFound { event: E9, named: true }
              reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/2 | @ann has 1 | feed 2 booking.reserved #1
              malformed                        no (not kept): Malformed
              reserve A 1 bob                  created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 2h/0s/2 | @bob has 1 | feed 3 booking.reserved #1
            }
        "#]],
    );
}
