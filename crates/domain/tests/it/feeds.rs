//! Feeds: their oldest entries go once their time is over, a slice at a time.

use expect_test::expect;

use crate::runner::check;

const EVENT: &str = "
    event E1 | A 5 @ 5
    reserve A 1 ann key=k1
    advance 1d
    reserve A 1 bob
    advance 400d
    job store
    lease store 60s
";

#[track_caller]
fn check_truncations(truncations: &str, expected: expect_test::Expect) {
    check(&format!("{EVENT}{truncations}"), expected);
}

#[test]
fn a_days_entries_go_when_the_day_is_over() {
    check_truncations(
        "
        truncate store 1 0 3 at=1d
        truncate store 1 0 2 at=0s
        advance 23h59m
        truncate store 1 2 3 at=1d
        advance 59s999ms
        truncate store 1 2 3 at=1d
        advance 1ms
        truncate store 1 2 3 at=1d
        ",
        expect![[r#"
            event E1 | A 5 @ 5               created E1 | feed 1 event.created #1 | A 0h/0s/5
            reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 5.00 USD | new ann | A 1h/0s/5 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            advance 1d                       it is 1d
            reserve A 1 bob                  created B2 reserved until 1d10m, 1 of A for bob, 5.00 USD | new bob | A 2h/0s/5 | @bob has 1 | feed 3 booking.reserved #1
            advance 400d                     it is 401d
            job store                        done | store due 0s, attempt 0
            lease store 60s                  leased store as lease 1, attempt 1 | store due 0s, lease 1 until 401d1m, attempt 1
            truncate store 1 0 3 at=1d       done
            truncate store 1 0 2 at=0s       done | entries 1 to 2 go
            advance 23h59m                   it is 401d23h59m
            truncate store 1 2 3 at=1d       done
            advance 59s999ms                 it is 401d23h59m59s999ms
            truncate store 1 2 3 at=1d       done
            advance 1ms                      it is 402d
            truncate store 1 2 3 at=1d       done | entries 3 to 3 go
        "#]],
    );
}

#[test]
fn slices_follow_each_other() {
    check_truncations(
        "
        batch {
        truncate store 1 1 2 at=0s
        truncate store 1 0 0 at=0s
        truncate store 1 0 1 at=0s
        truncate store 1 0 1 at=0s
        truncate store 1 1 2 at=0s
        }
        truncate store 1 1 2 at=0s
        ",
        expect![[r#"
            event E1 | A 5 @ 5               created E1 | feed 1 event.created #1 | A 0h/0s/5
            reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 5.00 USD | new ann | A 1h/0s/5 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            advance 1d                       it is 1d
            reserve A 1 bob                  created B2 reserved until 1d10m, 1 of A for bob, 5.00 USD | new bob | A 2h/0s/5 | @bob has 1 | feed 3 booking.reserved #1
            advance 400d                     it is 401d
            job store                        done | store due 0s, attempt 0
            lease store 60s                  leased store as lease 1, attempt 1 | store due 0s, lease 1 until 401d1m, attempt 1
            batch {
              truncate store 1 1 2 at=0s       done
              truncate store 1 0 0 at=0s       done
              truncate store 1 0 1 at=0s       done | entries 1 to 1 go
              truncate store 1 0 1 at=0s       done
              truncate store 1 1 2 at=0s       done | entries 2 to 2 go
            }
            truncate store 1 1 2 at=0s       done
        "#]],
    );
}

#[test]
fn who_has_lost_the_lease_takes_nothing() {
    check_truncations(
        "
        advance 60s
        lease store 60s
        truncate store 1 0 2 at=0s
        truncate store 2 0 2 at=0s
        finish store 2 due=500d
        truncate store 1 2 3 at=0s
        ",
        expect![[r#"
            event E1 | A 5 @ 5               created E1 | feed 1 event.created #1 | A 0h/0s/5
            reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 5.00 USD | new ann | A 1h/0s/5 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            advance 1d                       it is 1d
            reserve A 1 bob                  created B2 reserved until 1d10m, 1 of A for bob, 5.00 USD | new bob | A 2h/0s/5 | @bob has 1 | feed 3 booking.reserved #1
            advance 400d                     it is 401d
            job store                        done | store due 0s, attempt 0
            lease store 60s                  leased store as lease 1, attempt 1 | store due 0s, lease 1 until 401d1m, attempt 1
            advance 60s                      it is 401d1m
            lease store 60s                  leased store as lease 2, attempt 2 | store due 0s, lease 2 until 401d2m, attempt 2
            truncate store 1 0 2 at=0s       done
            truncate store 2 0 2 at=0s       done | entries 1 to 2 go
            finish store 2 due=500d          settled | store due 500d, attempt 0
            truncate store 1 2 3 at=0s       done
        "#]],
    );
}

#[test]
fn nobody_takes_anything_without_a_lease() {
    check(
        "
        event E1 | A 5 @ 5
        advance 500d
        truncate store 1 0 1 at=0s
        ",
        expect![[r#"
            event E1 | A 5 @ 5               created E1 | feed 1 event.created #1 | A 0h/0s/5
            advance 500d                     it is 500d
            truncate store 1 0 1 at=0s       done
        "#]],
    );
}
