//! Accounts never meet; the test mode of one is a sibling account.

use expect_test::expect;

use crate::runner::check;

#[test]
fn another_accounts_things_are_not_found() {
    check(
        "
        event E1 in=live | A 10 @ 0
        reserve A 1 ann in=live
        reserve A 1 ann in=test
        confirm B1 in=test
        release B1 in=test
        cancel B1 in=test
        expire B1 in=test
        patch-event E1 max=1 in=test
        patch-zone A cap=1 in=test
        reserve A 1 ann in=other key=k1
        ",
        expect![[r#"
            event E1 in=live | A 10 @ 0      created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 1 ann in=live          created B1 reserved until 10m, 1 of A for ann, 0.00 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 ann in=test          no: EventNotFound { event: E1, named: true }
            confirm B1 in=test               no (not kept): NotFound(B1)
            release B1 in=test               no (not kept): NotFound(B1)
            cancel B1 in=test                no (not kept): NotFound(B1)
            expire B1 in=test                done
            patch-event E1 max=1 in=test     no (not kept): EventNotFound { event: E1, named: false }
            patch-zone A cap=1 in=test       no (not kept): EventNotFound { event: E1, named: false }
            reserve A 1 ann in=other key=k1  no: EventNotFound { event: E1, named: true } | k1 kept 409 until 1d
        "#]],
    );
}

#[test]
fn keys_people_and_feeds_are_each_accounts_own() {
    check(
        "
        event E1 in=live max=1 | A 10 @ 0
        event T1 in=test max=1 | TA 10 @ 0
        reserve A 1 ann in=live key=k1
        reserve TA 1 ann in=test key=k1
        reserve TA 1 ann in=test
        batch {
        reserve A 1 bob in=live
        reserve TA 1 bob in=test
        reserve A 1 cyd in=live
        }
        ",
        expect![[r#"
            event E1 in=live max=1 | A 10 @ 0 created E1 | feed 1 event.created #1 | A 0h/0s/10
            event T1 in=test max=1 | TA 10 @ 0 created T1 | feed 1 event.created #1 | TA 0h/0s/10
            reserve A 1 ann in=live key=k1   created B1 reserved until 10m, 1 of A for ann, 0.00 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            reserve TA 1 ann in=test key=k1  created B2 reserved until 10m, 1 of TA for ann, 0.00 USD | new ann | TA 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B2 until 1d
            reserve TA 1 ann in=test         no: MaxTicketsExceeded { max: 1, taken: 1, requested: 1 }
            batch {
              reserve A 1 bob in=live          created B3 reserved until 10m, 1 of A for bob, 0.00 USD | new bob | A 2h/0s/10 | @bob has 1 | feed 3 booking.reserved #1
              reserve TA 1 bob in=test         created B4 reserved until 10m, 1 of TA for bob, 0.00 USD | new bob | TA 2h/0s/10 | @bob has 1 | feed 3 booking.reserved #1
              reserve A 1 cyd in=live          created B5 reserved until 10m, 1 of A for cyd, 0.00 USD | new cyd | A 3h/0s/10 | @cyd has 1 | feed 4 booking.reserved #1
            }
        "#]],
    );
}

#[test]
fn a_payment_reference_is_used_up_in_its_own_account_only() {
    check(
        "
        event E1 in=live | A 10 @ 5
        event T1 in=test | TA 10 @ 5
        reserve A 1 ann in=live
        reserve TA 1 ann in=test
        confirm B1 ext:r1 in=live
        confirm B2 ext:r1 in=test
        ",
        expect![[r#"
            event E1 in=live | A 10 @ 5      created E1 | feed 1 event.created #1 | A 0h/0s/10
            event T1 in=test | TA 10 @ 5     created T1 | feed 1 event.created #1 | TA 0h/0s/10
            reserve A 1 ann in=live          created B1 reserved until 10m, 1 of A for ann, 5.00 USD | new ann | A 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            reserve TA 1 ann in=test         created B2 reserved until 10m, 1 of TA for ann, 5.00 USD | new ann | TA 1h/0s/10 | @ann has 1 | feed 2 booking.reserved #1
            confirm B1 ext:r1 in=live        B1 confirmed at 0s, 1 of A for ann, 5.00 USD, P1 captured r1 5.00 USD | A 0h/1s/10 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            confirm B2 ext:r1 in=test        B2 confirmed at 0s, 1 of TA for ann, 5.00 USD, P2 captured r1 5.00 USD | TA 0h/1s/10 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
        "#]],
    );
}

#[test]
fn an_event_of_one_account_has_no_zone_of_another() {
    check(
        "
        event E1 in=live | A 10 @ 0
        event T1 in=test | TA 10 @ 0
        reserve E1/TA 1 ann in=live
        patch-zone E1/TA cap=1 in=live
        ",
        expect![[r#"
            event E1 in=live | A 10 @ 0      created E1 | feed 1 event.created #1 | A 0h/0s/10
            event T1 in=test | TA 10 @ 0     created T1 | feed 1 event.created #1 | TA 0h/0s/10
            reserve E1/TA 1 ann in=live      no: ZoneNotFound { zone: TA, named: true }
            patch-zone E1/TA cap=1 in=live   no (not kept): ZoneNotFound { zone: TA, named: false }
        "#]],
    );
}
