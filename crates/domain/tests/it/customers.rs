//! Customers see their own bookings and nobody else's.

use expect_test::expect;

use crate::runner::check;

#[test]
fn another_users_booking_is_not_found() {
    check(
        "
        event E1 | A 10 @ 0
        reserve A 1 ann as=ann key=k1
        emitted
        confirm B1 as=bob
        release B1 as=bob key=k2
        cancel B1 as=bob
        release B1 as=ann
        release B1 as=bob
        ",
        expect![[r#"
            event E1 | A 10 @ 0              created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann as=ann key=k1    created B1 reserved until 10m, 1 of A for ann, 0.00 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            booking.reserved of B1 by customer:@ann
              after status: reserved
              data status: reserved
              data event_id: E1
              data zone_id: A
              data person_id: @ann
              data quantity: 1
              data total_amount: 0.00 USD
              data total_currency: USD
              data created_at: 0s
              data expires_at: 10m
            confirm B1 as=bob                no (not kept): NotFound(B1)
            release B1 as=bob key=k2         no (not kept): NotFound(B1)
            cancel B1 as=bob                 no (not kept): NotFound(B1)
            release B1 as=ann                B1 released at 0s, 1 of A for ann, 0.00 USD | A 0h/0s/10 | @ann has 0 | feed 3 booking.released #2
            release B1 as=bob                no (not kept): NotFound(B1)
        "#]],
    );
}

#[test]
fn a_secret_key_sees_all_of_them() {
    check(
        "
        event E1 | A 10 @ 0
        reserve A 1 ann as=ann
        release B1
        emitted
        ",
        expect![[r#"
            event E1 | A 10 @ 0              created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann as=ann           created B1 reserved until 10m, 1 of A for ann, 0.00 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            release B1                       B1 released at 0s, 1 of A for ann, 0.00 USD | A 0h/0s/10 | @ann has 0 | feed 3 booking.released #2
            booking.released of B1 by a secret key
              before status: reserved
              after status: released
              data status: released
              data event_id: E1
              data zone_id: A
              data person_id: @ann
              data quantity: 1
              data total_amount: 0.00 USD
              data total_currency: USD
              data created_at: 0s
              data expires_at: 10m
              data ended_at: 0s
        "#]],
    );
}

#[test]
fn a_customers_key_is_their_own() {
    check(
        "
        event E1 | A 10 @ 0
        reserve A 1 ann as=ann key=k1
        reserve A 1 bob as=bob key=k1
        reserve A 1 ann key=k1
        reserve A 1 ann as=ann key=k1
        ",
        expect![[r#"
            event E1 | A 10 @ 0              created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann as=ann key=k1    created B1 reserved until 10m, 1 of A for ann, 0.00 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            reserve A 1 bob as=bob key=k1    created B2 reserved until 10m, 1 of A for bob, 0.00 USD | new bob | A 2h/0s/10 | @bob has 1 | feed 3 booking.reserved #1 | k1 kept 200 B2 until 1d
            reserve A 1 ann key=k1           created B3 reserved until 10m, 1 of A for ann, 0.00 USD | A 3h/0s/10 | @ann has 2 | feed 4 booking.reserved #1 | k1 kept 200 B3 until 1d
            reserve A 1 ann as=ann key=k1    replay 200: created B1 reserved until 10m, 1 of A for ann, 0.00 USD
        "#]],
    );
}

/// They were called by what the customer is called.
#[test]
fn a_customers_key_of_an_earlier_release_is_theirs() {
    check(
        "
        event E1 | A 10 @ 0
        reserve A 1 ann as=ann old=k1
        reserve A 1 ann as=ann key=k1
        reserve A 2 ann as=ann key=k1
        reserve A 1 bob as=bob key=k1
        reserve A 1 bob key=ann
        retire k1 as=ann
        retire k1 as=ann key=k1
        batch {
        reserve A 1 ann as=ann old=k2
        reserve A 1 ann as=ann key=k2
        retire k2 as=ann key=k3
        }
        ",
        expect![[r#"
            event E1 | A 10 @ 0              created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann as=ann old=k1    created B1 reserved until 10m, 1 of A for ann, 0.00 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            reserve A 1 ann as=ann key=k1    replay 200: created B1 reserved until 10m, 1 of A for ann, 0.00 USD
            reserve A 2 ann as=ann key=k1    no (not kept): KeyReused
            reserve A 1 bob as=bob key=k1    created B2 reserved until 10m, 1 of A for bob, 0.00 USD | new bob | A 2h/0s/10 | @bob has 1 | feed 3 booking.reserved #1 | k1 kept 200 B2 until 1d
            reserve A 1 bob key=ann          created B3 reserved until 10m, 1 of A for bob, 0.00 USD | A 3h/0s/10 | @bob has 2 | feed 4 booking.reserved #1 | ann kept 200 B3 until 1d
            retire k1 as=ann                 k1 kept 200 B1 until 1d
            retire k1 as=ann key=k1          no (not kept): KeyReused
            batch {
              reserve A 1 ann as=ann old=k2    created B4 reserved until 10m, 1 of A for ann, 0.00 USD | A 4h/0s/10 | @ann has 2 | feed 5 booking.reserved #1 | k2 kept 200 B4 until 1d
              reserve A 1 ann as=ann key=k2    replay 200: created B4 reserved until 10m, 1 of A for ann, 0.00 USD
              retire k2 as=ann key=k3          k2 kept 200 B4 until 1d | k3 kept 200 until 1d
            }
        "#]],
    );
}

#[test]
fn a_customer_retires_only_keys_that_were_used() {
    check(
        "
        event E1 | A 1 @ 0
        retire k1 as=ann
        retire k1 as=ann key=k1
        reserve A 1 ann as=ann key=k1
        retire k1 as=ann
        reserve A 1 ann as=ann key=k2
        retire k2 as=ann key=k3
        retire k1
        ",
        expect![[r#"
            event E1 | A 1 @ 0               created E1 | feed 1 event.created #1 | A 0h/0s/1
            retire k1 as=ann                 no (not kept): KeyUnused
            retire k1 as=ann key=k1          no (not kept): KeyUnused
            reserve A 1 ann as=ann key=k1    created B1 reserved until 10m, 1 of A for ann, 0.00 USD | new ann | A 1h/0s/1 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            retire k1 as=ann                 k1 kept 200 B1 until 1d
            reserve A 1 ann as=ann key=k2    no: InsufficientSeats { zone: "A", available: 0, requested: 1 } | k2 kept 409 until 1d
            retire k2 as=ann key=k3          k2 kept 409 until 1d | k3 kept 200 until 1d
            retire k1                        k1 retired until ever | k1 retired until ever
        "#]],
    );
}

#[test]
fn a_token_is_minted_for_a_time() {
    check(
        "
        token ann 1h
        token ann 1d key=k1
        ",
        expect![[r#"
            token ann 1h                     token of ann until 1h | new ann
            token ann 1d key=k1              token of ann until 1d | k1 kept 200 until 1d
        "#]],
    );
}
