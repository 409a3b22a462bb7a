//! Events: create them, change each field, and never below what is taken.

use expect_test::expect;

use crate::runner::check;

#[test]
fn an_event_is_created_with_its_zones() {
    check(
        "
        event E1 currency=JPY max=2 hold=5m open=1h close=2h policy=7:50 key=k1 | A 10 @ 500 | S seats S-1..2 @ 900
        emitted
        patch-event E1
        event E2 | A2 10 @ 0.01
        patch-event E2
        ",
        expect![[r#"
            event E1 currency=JPY max=2 hold=5m open=1h close=2h policy=7:50 key=k1 | A 10 @ 500 | S seats S-1..2 @ 900 created E1 | feed 1 event.created #1 | A 0h/0s/10 | S 0h/0s/2 | k1 kept 200 E1 until 1d
            event.created of E1 by a secret key
              after name: E1
              after starts_at: 30d
              after currency: JPY
              after max_per_user: 2
              after hold_seconds: 300
              after sales_open_at: 1h
              after sales_close_at: 2h
              after cancellation_policy: [days_before 7, refund_percent 50]
              data id: E1
              data name: E1
              data starts_at: 30d
              data currency: JPY
              data max_per_user: 2
              data hold_seconds: 300
              data sales_open_at: 1h
              data sales_close_at: 2h
              data cancellation_policy: [days_before 7, refund_percent 50]
              data zones: [id A, event_id E1, name A, capacity 10, price 500 JPY, currency JPY, numbered false; id S, event_id E1, name S, capacity 2, price 900 JPY, currency JPY, numbered true]
              data created_at: 0s
            patch-event E1                   E1 "E1" starts 30d max 2 hold 300s open 1h close 2h 50% until 23d: A "A" 0h/0s/10 @ 500 JPY, S "S" 0h/0s/2 seats @ 900 JPY
            event E2 | A2 10 @ 0.01          created E2 | feed 2 event.created #1 | A2 0h/0s/10
            patch-event E2                   E2 "E2" starts 30d max 4 hold 600s: A2 "A2" 0h/0s/10 @ 0.01 USD
        "#]],
    );
}

#[test]
fn each_field_of_an_event_changes_alone() {
    check(
        "
        event E1 | A 10 @ 49.90
        patch-event E1 name='Late show'
        patch-event E1 start=60d
        patch-event E1 max=8
        patch-event E1 hold=60s
        patch-event E1 open=1h
        patch-event E1 close=2h
        patch-event E1 policy=7:50,0:10
        patch-event E1 open=none
        patch-event E1 close=none
        patch-event E1 policy=none
        patch-event E1
        patch-event E1 max=8 key=k1
        patch-event E1 max=8 key=k1
        patch-event E9 max=8 key=k2
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            patch-event E1 name='Late show'  E1 "Late show" starts 30d max 4 hold 600s: A "A" 0h/0s/10 @ 49.90 USD | feed 2 event.updated #2
            patch-event E1 start=60d         E1 "Late show" starts 60d max 4 hold 600s: A "A" 0h/0s/10 @ 49.90 USD | feed 3 event.updated #3
            patch-event E1 max=8             E1 "Late show" starts 60d max 8 hold 600s: A "A" 0h/0s/10 @ 49.90 USD | feed 4 event.updated #4
            patch-event E1 hold=60s          E1 "Late show" starts 60d max 8 hold 60s: A "A" 0h/0s/10 @ 49.90 USD | feed 5 event.updated #5
            patch-event E1 open=1h           E1 "Late show" starts 60d max 8 hold 60s open 1h: A "A" 0h/0s/10 @ 49.90 USD | feed 6 event.updated #6
            patch-event E1 close=2h          E1 "Late show" starts 60d max 8 hold 60s open 1h close 2h: A "A" 0h/0s/10 @ 49.90 USD | feed 7 event.updated #7
            patch-event E1 policy=7:50,0:10  E1 "Late show" starts 60d max 8 hold 60s open 1h close 2h 50% until 53d 10% until 60d: A "A" 0h/0s/10 @ 49.90 USD | feed 8 event.updated #8
            patch-event E1 open=none         E1 "Late show" starts 60d max 8 hold 60s close 2h 50% until 53d 10% until 60d: A "A" 0h/0s/10 @ 49.90 USD | feed 9 event.updated #9
            patch-event E1 close=none        E1 "Late show" starts 60d max 8 hold 60s 50% until 53d 10% until 60d: A "A" 0h/0s/10 @ 49.90 USD | feed 10 event.updated #10
            patch-event E1 policy=none       E1 "Late show" starts 60d max 8 hold 60s: A "A" 0h/0s/10 @ 49.90 USD | feed 11 event.updated #11
            patch-event E1                   E1 "Late show" starts 60d max 8 hold 60s: A "A" 0h/0s/10 @ 49.90 USD
            patch-event E1 max=8 key=k1      E1 "Late show" starts 60d max 8 hold 60s: A "A" 0h/0s/10 @ 49.90 USD | k1 kept 200 E1 until 1d
            patch-event E1 max=8 key=k1      replay 200: E1 "Late show" starts 60d max 8 hold 60s: A "A" 0h/0s/10 @ 49.90 USD
            patch-event E9 max=8 key=k2      no (not kept): EventNotFound { event: E9, named: false }
        "#]],
    );
}

#[test]
fn a_policy_that_changes_is_told() {
    check(
        "
        event E1 | A 10 @ 49.90
        patch-event E1 policy=7:50,0:10
        emitted
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            patch-event E1 policy=7:50,0:10  E1 "E1" starts 30d max 4 hold 600s 50% until 23d 10% until 30d: A "A" 0h/0s/10 @ 49.90 USD | feed 2 event.updated #2
            event.updated of E1 by a secret key
              before name: E1
              before starts_at: 30d
              before currency: USD
              before max_per_user: 4
              before hold_seconds: 600
              before sales_open_at: -
              before sales_close_at: -
              before cancellation_policy: []
              after name: E1
              after starts_at: 30d
              after currency: USD
              after max_per_user: 4
              after hold_seconds: 600
              after sales_open_at: -
              after sales_close_at: -
              after cancellation_policy: [days_before 7, refund_percent 50; days_before 0, refund_percent 10]
              data id: E1
              data name: E1
              data starts_at: 30d
              data currency: USD
              data max_per_user: 4
              data hold_seconds: 600
              data sales_open_at: -
              data sales_close_at: -
              data cancellation_policy: [days_before 7, refund_percent 50; days_before 0, refund_percent 10]
              data zones: [id A, event_id E1, name A, capacity 10, price 49.90 USD, currency USD, numbered false]
              data created_at: 0s
        "#]],
    );
}

#[test]
fn sales_end_after_they_begin() {
    check(
        "
        event E1 open=1h close=2h | A 10 @ 49.90
        patch-event E1 open=2h key=k1
        patch-event E1 close=1h
        patch-event E1 close=1h1ms
        patch-event E1 open=3h close=4h
        patch-event E1 open=none close=1ms
        ",
        expect![[r#"
            event E1 open=1h close=2h | A 10 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/10
            patch-event E1 open=2h key=k1    no (not kept): SalesWindow
            patch-event E1 close=1h          no (not kept): SalesWindow
            patch-event E1 close=1h1ms       E1 "E1" starts 30d max 4 hold 600s open 1h close 1h1ms: A "A" 0h/0s/10 @ 49.90 USD | feed 2 event.updated #2
            patch-event E1 open=3h close=4h  E1 "E1" starts 30d max 4 hold 600s open 3h close 4h: A "A" 0h/0s/10 @ 49.90 USD | feed 3 event.updated #3
            patch-event E1 open=none close=1ms E1 "E1" starts 30d max 4 hold 600s close 1ms: A "A" 0h/0s/10 @ 49.90 USD | feed 4 event.updated #4
        "#]],
    );
}

#[test]
fn later_holds_follow_the_event_and_earlier_ones_stay() {
    check(
        "
        event E1 hold=10m max=4 | A 10 @ 49.90
        reserve A 3 ann
        patch-event E1 hold=1m max=2
        reserve A 1 ann
        reserve A 2 bob
        confirm B1 ext:r1
        ",
        expect![[r#"
            event E1 hold=10m max=4 | A 10 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 3 ann                  created B1 reserved until 10m, 3 of A for ann, 149.70 USD | new ann | A 3h/0s/10 | @ann has 3 | feed 2 booking.reserved #1
            patch-event E1 hold=1m max=2     E1 "E1" starts 30d max 2 hold 60s: A "A" 3h/0s/10 @ 49.90 USD | feed 3 event.updated #2
            reserve A 1 ann                  no: MaxTicketsExceeded { max: 2, taken: 3, requested: 1 }
            reserve A 2 bob                  created B2 reserved until 1m, 2 of A for bob, 99.80 USD | new bob | A 5h/0s/10 | @bob has 2 | feed 4 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 3 of A for ann, 149.70 USD, P1 captured r1 149.70 USD | A 2h/3s/10 | feed 5 booking.confirmed #2 | feed 6 payment.captured #1
        "#]],
    );
}

#[test]
fn each_field_of_a_zone_changes_alone() {
    check(
        "
        event E1 | A 10 @ 49.90
        patch-zone A name=Stalls
        emitted
        patch-zone A cap=11
        patch-zone A price=60
        patch-zone A price=60.5
        patch-zone A price=0
        patch-zone A
        patch-zone A name=Stalls cap=11 price=0.00 key=k1
        patch-zone A name=Stalls cap=11 price=0.00 key=k1
        reserve A 2 ann
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            patch-zone A name=Stalls         A "Stalls" 0h/0s/10 @ 49.90 USD | feed 2 zone.updated #1 | A 0h/0s/10
            zone.updated of A by a secret key
              before id: A
              before event_id: E1
              before name: A
              before capacity: 10
              before price: 49.90 USD
              before currency: USD
              before numbered: false
              after id: A
              after event_id: E1
              after name: Stalls
              after capacity: 10
              after price: 49.90 USD
              after currency: USD
              after numbered: false
              data id: A
              data event_id: E1
              data name: Stalls
              data capacity: 10
              data price: 49.90 USD
              data currency: USD
              data numbered: false
            patch-zone A cap=11              A "Stalls" 0h/0s/11 @ 49.90 USD | feed 3 zone.updated #2 | A 0h/0s/11
            patch-zone A price=60            A "Stalls" 0h/0s/11 @ 60.00 USD | feed 4 zone.updated #3 | A 0h/0s/11
            patch-zone A price=60.5          A "Stalls" 0h/0s/11 @ 60.50 USD | feed 5 zone.updated #4 | A 0h/0s/11
            patch-zone A price=0             A "Stalls" 0h/0s/11 @ 0.00 USD | feed 6 zone.updated #5 | A 0h/0s/11
            patch-zone A                     A "Stalls" 0h/0s/11 @ 0.00 USD
            patch-zone A name=Stalls cap=11 price=0.00 key=k1 A "Stalls" 0h/0s/11 @ 0.00 USD | k1 kept 200 A until 1d
            patch-zone A name=Stalls cap=11 price=0.00 key=k1 replay 200: A "Stalls" 0h/0s/11 @ 0.00 USD
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 0.00 USD | new ann | A 2h/0s/11 | @ann has 2 | feed 7 booking.reserved #1
        "#]],
    );
}

#[test]
fn capacity_never_falls_below_what_is_taken() {
    check(
        "
        event E1 | A 10 @ 49.90
        reserve A 2 ann
        reserve A 3 bob
        confirm B1 ext:r1
        patch-zone A cap=4 key=k1
        patch-zone A cap=5
        reserve A 1 cyd
        patch-zone A cap=4
        release B2
        patch-zone A cap=4
        patch-zone A cap=4 key=k1
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/10 | @ann has 2 | feed 2 booking.reserved #1
            reserve A 3 bob                  created B2 reserved until 10m, 3 of A for bob, 149.70 USD | new bob | A 5h/0s/10 | @bob has 3 | feed 3 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 2 of A for ann, 99.80 USD, P1 captured r1 99.80 USD | A 3h/2s/10 | feed 4 booking.confirmed #2 | feed 5 payment.captured #1
            patch-zone A cap=4 key=k1        no: BelowTaken { taken: 5 } | k1 kept 409 until 1d
            patch-zone A cap=5               A "A" 3h/2s/5 @ 49.90 USD | feed 6 zone.updated #1 | A 3h/2s/5
            reserve A 1 cyd                  no: InsufficientSeats { zone: "A", available: 0, requested: 1 }
            patch-zone A cap=4               no: BelowTaken { taken: 5 }
            release B2                       B2 released at 0s, 3 of A for bob, 149.70 USD | A 0h/2s/5 | @bob has 0 | feed 7 booking.released #2
            patch-zone A cap=4               A "A" 0h/2s/4 @ 49.90 USD | feed 8 zone.updated #2 | A 0h/2s/4
            patch-zone A cap=4 key=k1        replay 409: no: BelowTaken { taken: 5 }
        "#]],
    );
}

#[test]
fn the_capacity_of_numbered_seats_is_their_number() {
    check(
        "
        event E1 | S seats S-1..3 @ 20
        patch-zone S cap=2 key=k1
        patch-zone S cap=4
        patch-zone S cap=3
        patch-zone S cap=3 price=30
        ",
        expect![[r#"
            event E1 | S seats S-1..3 @ 20   created E1 | feed 1 event.created #1 | S 0h/0s/3
            patch-zone S cap=2 key=k1        no (not kept): CapacityFixed { seats: 3 }
            patch-zone S cap=4               no (not kept): CapacityFixed { seats: 3 }
            patch-zone S cap=3               S "S" 0h/0s/3 seats @ 20.00 USD
            patch-zone S cap=3 price=30      S "S" 0h/0s/3 seats @ 30.00 USD | feed 2 zone.updated #1 | S 0h/0s/3
        "#]],
    );
}

#[test]
fn a_price_fits_the_events_currency() {
    check(
        "
        event E1 | A 10 @ 49.90
        event E2 currency=JPY | Y 10 @ 500
        patch-zone A price=1.999 key=k1
        patch-zone A price=-1
        patch-zone Y price=1.5
        patch-zone Y price=600.0
        patch-zone A price=19.9000
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            event E2 currency=JPY | Y 10 @ 500 created E2 | feed 2 event.created #1 | Y 0h/0s/10
            patch-zone A price=1.999 key=k1  no (not kept): PriceInvalid
            patch-zone A price=-1            no (not kept): PriceInvalid
            patch-zone Y price=1.5           no (not kept): PriceInvalid
            patch-zone Y price=600.0         Y "Y" 0h/0s/10 @ 600 JPY | feed 3 zone.updated #1 | Y 0h/0s/10
            patch-zone A price=19.9000       A "A" 0h/0s/10 @ 19.90 USD | feed 4 zone.updated #1 | A 0h/0s/10
        "#]],
    );
}

#[test]
fn a_zone_is_found_under_its_own_event_only() {
    check(
        "
        event E1 | A 10 @ 49.90
        event E2 | B 10 @ 49.90
        patch-zone E2/A cap=1 key=k1
        patch-zone E9/A cap=1 key=k2
        patch-zone E1/Z cap=1 key=k3
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            event E2 | B 10 @ 49.90          created E2 | feed 2 event.created #1 | B 0h/0s/10
            patch-zone E2/A cap=1 key=k1     no (not kept): ZoneNotFound { zone: A, named: false }
            patch-zone E9/A cap=1 key=k2     no (not kept): EventNotFound { event: E9, named: false }
            patch-zone E1/Z cap=1 key=k3     no (not kept): ZoneNotFound { zone: Z, named: false }
        "#]],
    );
}

#[test]
fn a_refused_change_changes_nothing_of_the_rest() {
    check(
        "
        event E1 | A 10 @ 49.90
        reserve A 2 ann
        patch-zone A name=Stalls price=60 cap=1
        patch-zone A
        patch-event E1 name=Late open=1h close=1h
        patch-event E1
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 2 ann                  created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/10 | @ann has 2 | feed 2 booking.reserved #1
            patch-zone A name=Stalls price=60 cap=1 no: BelowTaken { taken: 2 }
            patch-zone A                     A "A" 2h/0s/10 @ 49.90 USD
            patch-event E1 name=Late open=1h close=1h no (not kept): SalesWindow
            patch-event E1                   E1 "E1" starts 30d max 4 hold 600s: A "A" 2h/0s/10 @ 49.90 USD
        "#]],
    );
}
