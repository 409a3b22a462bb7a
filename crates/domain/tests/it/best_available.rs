//! Best available: the server chooses seats, neighbours if there are any.

use expect_test::expect;

use crate::runner::check;

#[test]
fn neighbours_are_chosen() {
    check(
        "
        event E1 max=9 | S seats A-1..4 B-1..4 @ 20
        reserve S best:3 ann key=k1
        reserve S best:2 bob
        reserve S best:2 cyd
        reserve S best:1 dan
        reserve S best:1 eve
        ",
        expect![[r#"
            event E1 max=9 | S seats A-1..4 B-1..4 @ 20 created E1 | feed 1 event.created #1 | S 0h/0s/8
            reserve S best:3 ann key=k1      created B1 reserved until 10m, 3 of S [A-1 A-2 A-3] for ann, 60.00 USD | new ann | S 3h/0s/8 | S#1 1h/0s/1 | S#2 1h/0s/1 | S#3 1h/0s/1 | @ann has 3 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            reserve S best:2 bob             created B2 reserved until 10m, 2 of S [B-1 B-2] for bob, 40.00 USD | new bob | S 5h/0s/8 | S#5 1h/0s/1 | S#6 1h/0s/1 | @bob has 2 | feed 3 booking.reserved #1
            reserve S best:2 cyd             created B3 reserved until 10m, 2 of S [B-3 B-4] for cyd, 40.00 USD | new cyd | S 7h/0s/8 | S#7 1h/0s/1 | S#8 1h/0s/1 | @cyd has 2 | feed 4 booking.reserved #1
            reserve S best:1 dan             created B4 reserved until 10m, 1 of S [A-4] for dan, 20.00 USD | new dan | S 8h/0s/8 | S#4 1h/0s/1 | @dan has 1 | feed 5 booking.reserved #1
            reserve S best:1 eve             no: InsufficientSeats { zone: "S", available: 0, requested: 1 }
        "#]],
    );
}

#[test]
fn groups_are_few_and_strand_no_single_seat_if_it_can_be_helped() {
    check(
        "
        event E1 max=9 | S seats A-1..4 B-1..3 C-1..2 @ 20
        reserve S best:6 ann
        reserve S best:3 bob
        ",
        expect![[r#"
            event E1 max=9 | S seats A-1..4 B-1..3 C-1..2 @ 20 created E1 | feed 1 event.created #1 | S 0h/0s/9
            reserve S best:6 ann             created B1 reserved until 10m, 6 of S [A-1 A-2 A-3 A-4 C-1 C-2] for ann, 120.00 USD | new ann | S 6h/0s/9 | S#1 1h/0s/1 | S#2 1h/0s/1 | S#3 1h/0s/1 | S#4 1h/0s/1 | S#8 1h/0s/1 | S#9 1h/0s/1 | @ann has 6 | feed 2 booking.reserved #1
            reserve S best:3 bob             created B2 reserved until 10m, 3 of S [B-1 B-2 B-3] for bob, 60.00 USD | new bob | S 9h/0s/9 | S#5 1h/0s/1 | S#6 1h/0s/1 | S#7 1h/0s/1 | @bob has 3 | feed 3 booking.reserved #1
        "#]],
    );
}

#[test]
fn fewer_free_seats_than_wanted_are_none() {
    check(
        "
        event E1 max=9 | S seats A-1..3 @ 20
        reserve S best:4 ann key=k1
        reserve S best:2 ann
        reserve S best:2 bob
        reserve S best:1 bob
        reserve S best:1 cyd
        ",
        expect![[r#"
            event E1 max=9 | S seats A-1..3 @ 20 created E1 | feed 1 event.created #1 | S 0h/0s/3
            reserve S best:4 ann key=k1      no: InsufficientSeats { zone: "S", available: 3, requested: 4 } | k1 kept 409 until 1d
            reserve S best:2 ann             created B1 reserved until 10m, 2 of S [A-1 A-2] for ann, 40.00 USD | new ann | S 2h/0s/3 | S#1 1h/0s/1 | S#2 1h/0s/1 | @ann has 2 | feed 2 booking.reserved #1
            reserve S best:2 bob             no: InsufficientSeats { zone: "S", available: 1, requested: 2 }
            reserve S best:1 bob             created B2 reserved until 10m, 1 of S [A-3] for bob, 20.00 USD | new bob | S 3h/0s/3 | S#3 1h/0s/1 | @bob has 1 | feed 3 booking.reserved #1
            reserve S best:1 cyd             no: InsufficientSeats { zone: "S", available: 0, requested: 1 }
        "#]],
    );
}

#[test]
fn the_cap_and_the_price_hold_as_for_named_seats() {
    check(
        "
        event E1 max=2 | S seats A-1..3 @ 20
        reserve S best:3 ann
        reserve S best:2 ann expect=20
        reserve S best:2 ann expect=40
        ",
        expect![[r#"
            event E1 max=2 | S seats A-1..3 @ 20 created E1 | feed 1 event.created #1 | S 0h/0s/3
            reserve S best:3 ann             no: MaxTicketsExceeded { max: 2, taken: 0, requested: 3 }
            reserve S best:2 ann expect=20   no: PriceChanged, total 40.00 USD
            reserve S best:2 ann expect=40   created B1 reserved until 10m, 2 of S [A-1 A-2] for ann, 40.00 USD | new ann | S 2h/0s/3 | S#1 1h/0s/1 | S#2 1h/0s/1 | @ann has 2 | feed 2 booking.reserved #1
        "#]],
    );
}

#[test]
fn seats_that_return_are_chosen_again() {
    check(
        "
        event E1 | S seats A-1..3 @ 20
        reserve S best:2 ann
        reserve S best:1 bob
        release B1
        reserve S best:2 cyd
        advance 10m
        expire B2
        expire B3
        reserve S best:3 dan
        confirm B4 ext:r1
        cancel B4
        reserve S best:3 eve
        ",
        expect![[r#"
            event E1 | S seats A-1..3 @ 20   created E1 | feed 1 event.created #1 | S 0h/0s/3
            reserve S best:2 ann             created B1 reserved until 10m, 2 of S [A-1 A-2] for ann, 40.00 USD | new ann | S 2h/0s/3 | S#1 1h/0s/1 | S#2 1h/0s/1 | @ann has 2 | feed 2 booking.reserved #1
            reserve S best:1 bob             created B2 reserved until 10m, 1 of S [A-3] for bob, 20.00 USD | new bob | S 3h/0s/3 | S#3 1h/0s/1 | @bob has 1 | feed 3 booking.reserved #1
            release B1                       B1 released at 0s, 2 of S [A-1 A-2] for ann, 40.00 USD | S 1h/0s/3 | S#1 0h/0s/1 | S#2 0h/0s/1 | @ann has 0 | feed 4 booking.released #2
            reserve S best:2 cyd             created B3 reserved until 10m, 2 of S [A-1 A-2] for cyd, 40.00 USD | new cyd | S 3h/0s/3 | S#1 1h/0s/1 | S#2 1h/0s/1 | @cyd has 2 | feed 5 booking.reserved #1
            advance 10m                      it is 10m
            expire B2                        B2 expired at 10m, 1 of S [A-3] for bob, 20.00 USD | S 2h/0s/3 | S#3 0h/0s/1 | @bob has 0 | feed 6 booking.expired #2
            expire B3                        B3 expired at 10m, 2 of S [A-1 A-2] for cyd, 40.00 USD | S 0h/0s/3 | S#1 0h/0s/1 | S#2 0h/0s/1 | @cyd has 0 | feed 7 booking.expired #2
            reserve S best:3 dan             created B4 reserved until 20m, 3 of S [A-1 A-2 A-3] for dan, 60.00 USD | new dan | S 3h/0s/3 | S#1 1h/0s/1 | S#2 1h/0s/1 | S#3 1h/0s/1 | @dan has 3 | feed 8 booking.reserved #1
            confirm B4 ext:r1                B4 confirmed at 10m, 3 of S [A-1 A-2 A-3] for dan, 60.00 USD, P1 captured r1 60.00 USD | S 0h/3s/3 | S#1 0h/1s/1 | S#2 0h/1s/1 | S#3 0h/1s/1 | feed 9 booking.confirmed #2 | feed 10 payment.captured #1
            cancel B4                        B4 cancelled at 10m, 3 of S [A-1 A-2 A-3] for dan, 60.00 USD, P1 refund_pending r1 60.00 USD refunded 60.00 USD | S 0h/0s/3 | S#1 0h/0s/1 | S#2 0h/0s/1 | S#3 0h/0s/1 | @dan has 0 | feed 11 booking.cancelled #3 | feed 12 payment.refund_pending #2 | refund 60.00 USD of P1: cancelled
            reserve S best:3 eve             created B5 reserved until 20m, 3 of S [A-1 A-2 A-3] for eve, 60.00 USD | new eve | S 3h/0s/3 | S#1 1h/0s/1 | S#2 1h/0s/1 | S#3 1h/0s/1 | @eve has 3 | feed 13 booking.reserved #1
        "#]],
    );
}

#[test]
fn one_batch_never_chooses_a_seat_twice() {
    check(
        "
        event E1 max=9 | S seats A-1..6 @ 20
        batch {
        reserve S best:2 ann
        reserve S best:2 bob
        reserve S A-5 cyd
        reserve S best:1 dan
        reserve S best:1 eve
        }
        batch {
        release B2
        reserve S best:2 fay
        reserve S A-3 gus
        }
        ",
        expect![[r#"
            event E1 max=9 | S seats A-1..6 @ 20 created E1 | feed 1 event.created #1 | S 0h/0s/6
            batch {
              reserve S best:2 ann             created B1 reserved until 10m, 2 of S [A-1 A-2] for ann, 40.00 USD | new ann | S 2h/0s/6 | S#1 1h/0s/1 | S#2 1h/0s/1 | @ann has 2 | feed 2 booking.reserved #1
              reserve S best:2 bob             created B2 reserved until 10m, 2 of S [A-3 A-4] for bob, 40.00 USD | new bob | S 4h/0s/6 | S#3 1h/0s/1 | S#4 1h/0s/1 | @bob has 2 | feed 3 booking.reserved #1
              reserve S A-5 cyd                created B3 reserved until 10m, 1 of S [A-5] for cyd, 20.00 USD | new cyd | S 5h/0s/6 | S#5 1h/0s/1 | @cyd has 1 | feed 4 booking.reserved #1
              reserve S best:1 dan             created B4 reserved until 10m, 1 of S [A-6] for dan, 20.00 USD | new dan | S 6h/0s/6 | S#6 1h/0s/1 | @dan has 1 | feed 5 booking.reserved #1
              reserve S best:1 eve             no: InsufficientSeats { zone: "S", available: 0, requested: 1 }
            }
            batch {
              release B2                       B2 released at 0s, 2 of S [A-3 A-4] for bob, 40.00 USD | S 4h/0s/6 | S#3 0h/0s/1 | S#4 0h/0s/1 | @bob has 0 | feed 6 booking.released #2
              reserve S best:2 fay             created B5 reserved until 10m, 2 of S [A-3 A-4] for fay, 40.00 USD | new fay | S 6h/0s/6 | S#3 1h/0s/1 | S#4 1h/0s/1 | @fay has 2 | feed 7 booking.reserved #1
              reserve S A-3 gus                no: SeatTaken { labels: ["A-3"] }
            }
        "#]],
    );
}

#[test]
fn seats_taken_by_name_in_a_batch_are_not_the_best_any_more() {
    check(
        "
        event E1 max=9 | S seats A-1..4 @ 20
        batch {
        reserve S A-1 ann
        reserve S best:2 bob
        reserve S A-2 cyd
        }
        batch {
        release B1
        reserve S best:2 dan
        }
        ",
        expect![[r#"
            event E1 max=9 | S seats A-1..4 @ 20 created E1 | feed 1 event.created #1 | S 0h/0s/4
            batch {
              reserve S A-1 ann                created B1 reserved until 10m, 1 of S [A-1] for ann, 20.00 USD | new ann | S 1h/0s/4 | S#1 1h/0s/1 | @ann has 1 | feed 2 booking.reserved #1
              reserve S best:2 bob             created B2 reserved until 10m, 2 of S [A-2 A-3] for bob, 40.00 USD | new bob | S 3h/0s/4 | S#2 1h/0s/1 | S#3 1h/0s/1 | @bob has 2 | feed 3 booking.reserved #1
              reserve S A-2 cyd                no: SeatTaken { labels: ["A-2"] }
            }
            batch {
              release B1                       B1 released at 0s, 1 of S [A-1] for ann, 20.00 USD | S 2h/0s/4 | S#1 0h/0s/1 | @ann has 0 | feed 4 booking.released #2
              reserve S best:2 dan             created B3 reserved until 10m, 2 of S [A-1 A-4] for dan, 40.00 USD | new dan | S 4h/0s/4 | S#1 1h/0s/1 | S#4 1h/0s/1 | @dan has 2 | feed 5 booking.reserved #1
            }
        "#]],
    );
}
