//! People: whoever is named for the first time is made, once.

use expect_test::expect;

use crate::runner::check;

#[test]
fn somebody_new_has_taken_nothing_yet() {
    check(
        "
        event E1 max=2 | A 9 @ 49.90
        event E2 max=2 | B 9 @ 49.90
        batch {
        reserve A 3 ann
        reserve A 1 ann
        reserve B 2 ann
        reserve A 2 ann
        }
        reserve B 1 ann
        ",
        expect![[r#"
            event E1 max=2 | A 9 @ 49.90     created E1 | feed 1 event.created #1 | A 0h/0s/9
            event E2 max=2 | B 9 @ 49.90     created E2 | feed 2 event.created #1 | B 0h/0s/9
            batch {
              reserve A 3 ann                  no: MaxTicketsExceeded { max: 2, taken: 0, requested: 3 }
              reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/9 | @ann has 1 | feed 3 booking.reserved #1
              reserve B 2 ann                  created B2 reserved until 10m, 2 of B for ann, 99.80 USD | B 2h/0s/9 | @ann has 2 | feed 4 booking.reserved #1
              reserve A 2 ann                  no: MaxTicketsExceeded { max: 2, taken: 1, requested: 2 }
            }
            reserve B 1 ann                  no: MaxTicketsExceeded { max: 2, taken: 2, requested: 1 }
        "#]],
    );
}

#[test]
fn whoever_has_a_token_is_there() {
    check(
        "
        event E1 max=2 | A 9 @ 49.90
        batch {
        token ann 1h
        reserve A 1 ann as=ann
        reserve A 2 ann
        token ann 1h
        }
        token ann 1h
        reserve A 1 bob as=bob
        release B2 as=bob
        reserve A 1 ann in=test
        token ann 1h in=test
        ",
        expect![[r#"
            event E1 max=2 | A 9 @ 49.90     created E1 | feed 1 event.created #1 | A 0h/0s/9
            batch {
              token ann 1h                     token of ann until 1h | new ann
              reserve A 1 ann as=ann           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | A 1h/0s/9 | @ann has 1 | feed 2 booking.reserved #1
              reserve A 2 ann                  no: MaxTicketsExceeded { max: 2, taken: 1, requested: 2 }
              token ann 1h                     token of ann until 1h
            }
            token ann 1h                     token of ann until 1h
            reserve A 1 bob as=bob           created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 2h/0s/9 | @bob has 1 | feed 3 booking.reserved #1
            release B2 as=bob                B2 released at 0s, 1 of A for bob, 49.90 USD | A 1h/0s/9 | @bob has 0 | feed 4 booking.released #2
            reserve A 1 ann in=test          no: EventNotFound { event: E1, named: true }
            token ann 1h in=test             token of ann until 1h | new ann
        "#]],
    );
}
