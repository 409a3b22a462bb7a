//! Reserve: hold units for a person until a deadline, or say why not.

use expect_test::expect;

use crate::runner::{Runner, check};

#[test]
fn units_are_held_for_a_person_until_a_deadline() {
    check(
        "
        event E1 | A 10 @ 49.90
        reserve A 2 ann key=k1
        emitted
        reserve A 1 ann
        reserve A 3 bob
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 2 ann key=k1           created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/10 | @ann has 2 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            booking.reserved of B1 by a secret key
              after status: reserved
              data status: reserved
              data event_id: E1
              data zone_id: A
              data person_id: @ann
              data quantity: 2
              data total_amount: 99.80 USD
              data total_currency: USD
              data created_at: 0s
              data expires_at: 10m
            reserve A 1 ann                  created B2 reserved until 10m, 1 of A for ann, 49.90 USD | A 3h/0s/10 | @ann has 3 | feed 3 booking.reserved #1
            reserve A 3 bob                  created B3 reserved until 10m, 3 of A for bob, 149.70 USD | new bob | A 6h/0s/10 | @bob has 3 | feed 4 booking.reserved #1
        "#]],
    );
}

#[test]
fn what_is_not_there_is_not_found() {
    check(
        "
        event E1 | A 10 @ 49.90
        event E2 | B 10 @ 49.90
        reserve E9/A 1 ann key=k1
        reserve E1/Z 1 ann key=k2
        reserve E1/B 1 ann key=k3
        reserve E9/Z 1 ann
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            event E2 | B 10 @ 49.90          created E2 | feed 2 event.created #1 | B 0h/0s/10
            reserve E9/A 1 ann key=k1        no: EventNotFound { event: E9, named: true } | k1 kept 409 until 1d
            reserve E1/Z 1 ann key=k2        no: ZoneNotFound { zone: Z, named: true } | k2 kept 409 until 1d
            reserve E1/B 1 ann key=k3        no: ZoneNotFound { zone: B, named: true } | k3 kept 409 until 1d
            reserve E9/Z 1 ann               no: EventNotFound { event: E9, named: true }
        "#]],
    );
}

#[test]
fn sales_are_open_from_the_opening_to_just_before_the_close() {
    check(
        "
        event E1 open=1h close=2h | A 10 @ 49.90
        reserve A 1 ann key=k1
        advance 59m59s999ms
        reserve A 1 ann
        advance 1ms
        reserve A 1 ann
        advance 59m59s999ms
        reserve A 1 ann
        advance 1ms
        reserve A 1 ann
        ",
        expect![[r#"
            event E1 open=1h close=2h | A 10 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann key=k1           no: SalesClosed, open 1h, close 2h | k1 kept 409 until 1d
            advance 59m59s999ms              it is 59m59s999ms
            reserve A 1 ann                  no: SalesClosed, open 1h, close 2h
            advance 1ms                      it is 1h
            reserve A 1 ann                  created B1 reserved until 1h10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            advance 59m59s999ms              it is 1h59m59s999ms
            reserve A 1 ann                  created B2 reserved until 2h9m59s999ms, 1 of A for ann, 49.90 USD | A 2h/0s/10 | @ann has 2 | feed 3 booking.reserved #1
            advance 1ms                      it is 2h
            reserve A 1 ann                  no: SalesClosed, open 1h, close 2h
        "#]],
    );
}

#[test]
fn either_end_of_sales_may_be_open() {
    check(
        "
        event E1 open=1h | A 10 @ 49.90
        event E2 close=1h | B 10 @ 49.90
        event E3 start=30m | C 10 @ 49.90
        reserve A 1 ann
        reserve B 1 ann
        advance 1h
        reserve A 1 ann
        reserve B 1 ann
        reserve C 1 ann
        ",
        expect![[r#"
            event E1 open=1h | A 10 @ 49.90  created E1 | feed 1 event.created #1 | A 0h/0s/10
            event E2 close=1h | B 10 @ 49.90 created E2 | feed 2 event.created #1 | B 0h/0s/10
            event E3 start=30m | C 10 @ 49.90 created E3 | feed 3 event.created #1 | C 0h/0s/10
            reserve A 1 ann                  no: SalesClosed, open 1h, close none
            reserve B 1 ann                  created B1 reserved until 10m, 1 of B for ann, 49.90 USD | new ann | B 1h/0s/10 | @ann has 1 | feed 4 booking.reserved #1
            advance 1h                       it is 1h
            reserve A 1 ann                  created B2 reserved until 1h10m, 1 of A for ann, 49.90 USD | A 1h/0s/10 | @ann has 1 | feed 5 booking.reserved #1
            reserve B 1 ann                  no: SalesClosed, open none, close 1h
            reserve C 1 ann                  created B3 reserved until 1h10m, 1 of C for ann, 49.90 USD | C 1h/0s/10 | @ann has 1 | feed 6 booking.reserved #1
        "#]],
    );
}

#[test]
fn numbered_seats_are_named_and_others_are_not() {
    check(
        "
        event E1 | A 10 @ 49.90 | S seats S-1..3 @ 20
        reserve S 1 ann key=k1
        reserve A A-1 ann key=k2
        reserve A best:1 ann key=k3
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90 | S seats S-1..3 @ 20 created E1 | feed 1 event.created #1 | A 0h/0s/10 | S 0h/0s/3
            reserve S 1 ann key=k1           no (not kept): SeatsNeeded
            reserve A A-1 ann key=k2         no (not kept): NotNumbered
            reserve A best:1 ann key=k3      no (not kept): NotNumbered
        "#]],
    );
}

#[test]
fn the_server_sets_the_price() {
    check(
        "
        event E1 | A 10 @ 49.90
        event E2 currency=JPY | Y 10 @ 150
        event E3 currency=KWD | K 10 @ 1.250
        reserve A 2 ann expect=49.90 key=k1
        reserve A 2 ann expect=99.81
        reserve A 2 ann expect=998.0
        reserve A 2 ann expect=99.80
        reserve A 2 ann expect=99.8
        reserve A 2 bob expect=99.800
        reserve A 2 bob expect=99.801 key=k2
        reserve A 2 bob expect=99.8010 key=k2 body=again
        reserve A 2 bob expect=9223372036854775807
        reserve Y 2 ann expect=300.01 key=k2
        reserve Y 2 ann expect=300.00 key=k2
        reserve Y 2 ann expect=300
        reserve K 2 ann expect=2.5
        reserve K 2 ann expect=2.500000
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            event E2 currency=JPY | Y 10 @ 150 created E2 | feed 2 event.created #1 | Y 0h/0s/10
            event E3 currency=KWD | K 10 @ 1.250 created E3 | feed 3 event.created #1 | K 0h/0s/10
            reserve A 2 ann expect=49.90 key=k1 no: PriceChanged, total 99.80 USD | k1 kept 409 until 1d
            reserve A 2 ann expect=99.81     no: PriceChanged, total 99.80 USD
            reserve A 2 ann expect=998.0     no: PriceChanged, total 99.80 USD
            reserve A 2 ann expect=99.80     created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/10 | @ann has 2 | feed 4 booking.reserved #1
            reserve A 2 ann expect=99.8      created B2 reserved until 10m, 2 of A for ann, 99.80 USD | A 4h/0s/10 | @ann has 4 | feed 5 booking.reserved #1
            reserve A 2 bob expect=99.800    created B3 reserved until 10m, 2 of A for bob, 99.80 USD | new bob | A 6h/0s/10 | @bob has 2 | feed 6 booking.reserved #1
            reserve A 2 bob expect=99.801 key=k2 no (not kept): ExpectedAmountInvalid { digits: 2 }
            reserve A 2 bob expect=99.8010 key=k2 body=again no (not kept): ExpectedAmountInvalid { digits: 2 }
            reserve A 2 bob expect=9223372036854775807 no: PriceChanged, total 99.80 USD
            reserve Y 2 ann expect=300.01 key=k2 no (not kept): ExpectedAmountInvalid { digits: 0 }
            reserve Y 2 ann expect=300.00 key=k2 created B4 reserved until 10m, 2 of Y for ann, 300 JPY | Y 2h/0s/10 | @ann has 2 | feed 7 booking.reserved #1 | k2 kept 200 B4 until 1d
            reserve Y 2 ann expect=300       created B5 reserved until 10m, 2 of Y for ann, 300 JPY | Y 4h/0s/10 | @ann has 4 | feed 8 booking.reserved #1
            reserve K 2 ann expect=2.5       created B6 reserved until 10m, 2 of K for ann, 2.500 KWD | K 2h/0s/10 | @ann has 2 | feed 9 booking.reserved #1
            reserve K 2 ann expect=2.500000  created B7 reserved until 10m, 2 of K for ann, 2.500 KWD | K 4h/0s/10 | @ann has 4 | feed 10 booking.reserved #1
        "#]],
    );
}

#[test]
fn a_person_takes_at_most_what_the_event_allows() {
    check(
        "
        event E1 max=4 | A 10 @ 49.90 | B 10 @ 10
        event E2 max=4 | C 10 @ 49.90
        reserve A 5 ann key=k1
        reserve A 3 ann
        reserve B 2 ann
        reserve B 1 ann
        reserve A 1 ann
        reserve A 4 bob
        reserve C 4 ann
        release B1
        reserve A 4 ann
        reserve A 3 ann
        ",
        expect![[r#"
            event E1 max=4 | A 10 @ 49.90 | B 10 @ 10 created E1 | feed 1 event.created #1 | A 0h/0s/10 | B 0h/0s/10
            event E2 max=4 | C 10 @ 49.90    created E2 | feed 2 event.created #1 | C 0h/0s/10
            reserve A 5 ann key=k1           no: MaxTicketsExceeded { max: 4, taken: 0, requested: 5 } | k1 kept 409 until 1d
            reserve A 3 ann                  created B1 reserved until 10m, 3 of A for ann, 149.70 USD | new ann | A 3h/0s/10 | @ann has 3 | feed 3 booking.reserved #1
            reserve B 2 ann                  no: MaxTicketsExceeded { max: 4, taken: 3, requested: 2 }
            reserve B 1 ann                  created B2 reserved until 10m, 1 of B for ann, 10.00 USD | B 1h/0s/10 | @ann has 4 | feed 4 booking.reserved #1
            reserve A 1 ann                  no: MaxTicketsExceeded { max: 4, taken: 4, requested: 1 }
            reserve A 4 bob                  created B3 reserved until 10m, 4 of A for bob, 199.60 USD | new bob | A 7h/0s/10 | @bob has 4 | feed 5 booking.reserved #1
            reserve C 4 ann                  created B4 reserved until 10m, 4 of C for ann, 199.60 USD | C 4h/0s/10 | @ann has 4 | feed 6 booking.reserved #1
            release B1                       B1 released at 0s, 3 of A for ann, 149.70 USD | A 4h/0s/10 | @ann has 1 | feed 7 booking.released #2
            reserve A 4 ann                  no: MaxTicketsExceeded { max: 4, taken: 1, requested: 4 }
            reserve A 3 ann                  created B5 reserved until 10m, 3 of A for ann, 149.70 USD | A 7h/0s/10 | @ann has 4 | feed 8 booking.reserved #1
        "#]],
    );
}

#[test]
fn no_more_is_held_than_there_is() {
    check(
        "
        event E1 | A 3 @ 49.90
        reserve A 2 ann
        reserve A 2 bob key=k1
        reserve A 1 bob
        reserve A 1 cyd
        ",
        expect![[r#"
            event E1 | A 3 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/3
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/3 | @ann has 2 | feed 2 booking.reserved #1
            reserve A 2 bob key=k1           no: InsufficientSeats { zone: "A", available: 1, requested: 2 } | k1 kept 409 until 1d
            reserve A 1 bob                  created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 3h/0s/3 | @bob has 1 | feed 3 booking.reserved #1
            reserve A 1 cyd                  no: InsufficientSeats { zone: "A", available: 0, requested: 1 }
        "#]],
    );
}

#[test]
fn the_checks_come_in_one_order() {
    check(
        "
        event E1 max=1 close=1h | A 1 @ 49.90 | S seats S-1..2 @ 20
        event E2 | B 1 @ 49.90
        reserve A 1 bob
        advance 1h
        reserve E9/Z 9 ann expect=1
        reserve E1/B 9 ann expect=1
        reserve S 9 ann expect=1
        patch-event E1 close=none
        reserve S 9 ann expect=1
        reserve S Z-1,Z-2 ann expect=1
        reserve S Z-1,Z-2 ann expect=40
        patch-event E1 max=2
        reserve S Z-1,Z-2 ann expect=40
        reserve A 2 ann expect=1
        reserve A 2 ann expect=99.80
        ",
        expect![[r#"
            event E1 max=1 close=1h | A 1 @ 49.90 | S seats S-1..2 @ 20 created E1 | feed 1 event.created #1 | A 0h/0s/1 | S 0h/0s/2
            event E2 | B 1 @ 49.90           created E2 | feed 2 event.created #1 | B 0h/0s/1
            reserve A 1 bob                  created B1 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 1h/0s/1 | @bob has 1 | feed 3 booking.reserved #1
            advance 1h                       it is 1h
            reserve E9/Z 9 ann expect=1      no: EventNotFound { event: E9, named: true }
            reserve E1/B 9 ann expect=1      no: ZoneNotFound { zone: B, named: true }
            reserve S 9 ann expect=1         no: SalesClosed, open none, close 1h
            patch-event E1 close=none        E1 "E1" starts 30d max 1 hold 600s: A "A" 1h/0s/1 @ 49.90 USD, S "S" 0h/0s/2 seats @ 20.00 USD | feed 4 event.updated #2
            reserve S 9 ann expect=1         no (not kept): SeatsNeeded
            reserve S Z-1,Z-2 ann expect=1   no: PriceChanged, total 40.00 USD
            reserve S Z-1,Z-2 ann expect=40  no: MaxTicketsExceeded { max: 1, taken: 0, requested: 2 }
            patch-event E1 max=2             E1 "E1" starts 30d max 2 hold 600s: A "A" 1h/0s/1 @ 49.90 USD, S "S" 0h/0s/2 seats @ 20.00 USD | feed 5 event.updated #3
            reserve S Z-1,Z-2 ann expect=40  no: SeatNotFound { index: 0, label: "Z-1" }
            reserve A 2 ann expect=1         no: PriceChanged, total 99.80 USD
            reserve A 2 ann expect=99.80     no: InsufficientSeats { zone: "A", available: 0, requested: 2 }
        "#]],
    );
}

#[test]
fn seats_are_taken_all_or_none() {
    check(
        "
        event E1 max=9 | S seats S-1..4 @ 20
        reserve S S-3,S-1 ann key=k1
        emitted
        reserve S S-2,S-9,S-8 bob key=k2
        reserve S S-1,S-2,S-3 bob key=k3
        reserve S S-2,S-4 bob
        reserve S S-9,S-1 bob
        release B1
        reserve S S-1 bob
        reserve S S-3 bob
        ",
        expect![[r#"
            event E1 max=9 | S seats S-1..4 @ 20 created E1 | feed 1 event.created #1 | S 0h/0s/4
            reserve S S-3,S-1 ann key=k1     created B1 reserved until 10m, 2 of S [S-1 S-3] for ann, 40.00 USD | new ann | S 2h/0s/4 | S#1 1h/0s/1 | S#3 1h/0s/1 | @ann has 2 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            booking.reserved of B1 by a secret key
              after status: reserved
              data status: reserved
              data event_id: E1
              data zone_id: S
              data person_id: @ann
              data quantity: 2
              data total_amount: 40.00 USD
              data total_currency: USD
              data created_at: 0s
              data seats: [S-1 S-3]
              data expires_at: 10m
            reserve S S-2,S-9,S-8 bob key=k2 no: SeatNotFound { index: 1, label: "S-9" } | k2 kept 409 until 1d
            reserve S S-1,S-2,S-3 bob key=k3 no: SeatTaken { labels: ["S-1", "S-3"] } | k3 kept 409 until 1d
            reserve S S-2,S-4 bob            created B2 reserved until 10m, 2 of S [S-2 S-4] for bob, 40.00 USD | new bob | S 4h/0s/4 | S#2 1h/0s/1 | S#4 1h/0s/1 | @bob has 2 | feed 3 booking.reserved #1
            reserve S S-9,S-1 bob            no: SeatNotFound { index: 0, label: "S-9" }
            release B1                       B1 released at 0s, 2 of S [S-1 S-3] for ann, 40.00 USD | S 2h/0s/4 | S#1 0h/0s/1 | S#3 0h/0s/1 | @ann has 0 | feed 4 booking.released #2
            reserve S S-1 bob                created B3 reserved until 10m, 1 of S [S-1] for bob, 20.00 USD | S 3h/0s/4 | S#1 1h/0s/1 | @bob has 3 | feed 5 booking.reserved #1
            reserve S S-3 bob                created B4 reserved until 10m, 1 of S [S-3] for bob, 20.00 USD | S 4h/0s/4 | S#3 1h/0s/1 | @bob has 4 | feed 6 booking.reserved #1
        "#]],
    );
}

#[test]
#[should_panic(expected = "the edge checks that labels differ")]
fn a_seat_named_twice_is_a_bug_of_the_edge() {
    Runner::after(
        "
        event E1 | S seats S-1..2 @ 20
        reserve S S-1,S-1 ann
    ",
    );
}
