//! Idempotency keys: what a key answered once, it answers again.

use expect_test::expect;

use crate::runner::check;

#[test]
fn a_retry_gets_the_first_answer_and_changes_nothing() {
    check(
        "
        event E1 | A 10 @ 49.90
        reserve A 2 ann key=k1
        reserve A 2 ann key=k1
        confirm B1 ext:r1 key=k2
        reserve A 2 ann key=k1
        cancel B1 key=k3
        confirm B1 ext:r1 key=k2
        cancel B1 key=k3
        ",
        expect![[r#"
            event E1 | A 10 @ 49.90          created E1 | feed 1 event.created #1 | A 0h/0s/10
            reserve A 2 ann key=k1           created B1 reserved until 10m, 2 of A for ann, 99.80 USD | new ann | A 2h/0s/10 | @ann has 2 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            reserve A 2 ann key=k1           replay 200: created B1 reserved until 10m, 2 of A for ann, 99.80 USD
            confirm B1 ext:r1 key=k2         B1 confirmed at 0s, 2 of A for ann, 99.80 USD, P1 captured r1 99.80 USD | A 0h/2s/10 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1 | k2 kept 200 B1 until 1d
            reserve A 2 ann key=k1           replay 200: created B1 reserved until 10m, 2 of A for ann, 99.80 USD
            cancel B1 key=k3                 B1 cancelled at 0s, 2 of A for ann, 99.80 USD, P1 refund_pending r1 99.80 USD refunded 99.80 USD | A 0h/0s/10 | @ann has 0 | feed 5 booking.cancelled #3 | feed 6 payment.refund_pending #2 | refund 99.80 USD of P1: cancelled | k3 kept 200 B1 until 1d
            confirm B1 ext:r1 key=k2         replay 200: B1 confirmed at 0s, 2 of A for ann, 99.80 USD, P1 captured r1 99.80 USD
            cancel B1 key=k3                 replay 200: B1 cancelled at 0s, 2 of A for ann, 99.80 USD, P1 refund_pending r1 99.80 USD refunded 99.80 USD
        "#]],
    );
}

#[test]
fn another_body_is_refused_before_anything_else() {
    check(
        "
        event E1 | A 1 @ 49.90
        reserve A 1 ann key=k1
        reserve A 2 ann key=k1
        reserve E9/A 1 ann key=k1
        release B1 key=k1
        malformed key=k1
        reserve A 2 ann key=k2
        reserve A 1 ann key=k2
        ",
        expect![[r#"
            event E1 | A 1 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/1
            reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/1 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            reserve A 2 ann key=k1           no (not kept): KeyReused
            reserve E9/A 1 ann key=k1        no (not kept): KeyReused
            release B1 key=k1                no (not kept): KeyReused
            malformed key=k1                 no (not kept): KeyReused
            reserve A 2 ann key=k2           no: InsufficientSeats { zone: "A", available: 0, requested: 2 } | k2 kept 409 until 1d
            reserve A 1 ann key=k2           no (not kept): KeyReused
        "#]],
    );
}

#[test]
fn a_refusal_stays_though_what_was_missing_returns() {
    check(
        "
        event E1 max=1 | A 1 @ 49.90
        reserve A 1 ann
        reserve A 1 bob key=k1
        release B1
        reserve A 1 bob key=k1
        reserve A 1 bob key=k2
        reserve A 1 bob key=k3
        release B2
        reserve A 1 bob key=k3
        ",
        expect![[r#"
            event E1 max=1 | A 1 @ 49.90     created E1 | feed 1 event.created #1 | A 0h/0s/1
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/1 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 bob key=k1           no: InsufficientSeats { zone: "A", available: 0, requested: 1 } | k1 kept 409 until 1d
            release B1                       B1 released at 0s, 1 of A for ann, 49.90 USD | A 0h/0s/1 | @ann has 0 | feed 3 booking.released #2
            reserve A 1 bob key=k1           replay 409: no: InsufficientSeats { zone: "A", available: 0, requested: 1 }
            reserve A 1 bob key=k2           created B2 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 1h/0s/1 | @bob has 1 | feed 4 booking.reserved #1 | k2 kept 200 B2 until 1d
            reserve A 1 bob key=k3           no: MaxTicketsExceeded { max: 1, taken: 1, requested: 1 } | k3 kept 409 until 1d
            release B2                       B2 released at 0s, 1 of A for bob, 49.90 USD | A 0h/0s/1 | @bob has 0 | feed 5 booking.released #2
            reserve A 1 bob key=k3           replay 409: no: MaxTicketsExceeded { max: 1, taken: 1, requested: 1 }
        "#]],
    );
}

#[test]
fn a_request_that_was_not_decided_leaves_no_trace() {
    check(
        "
        event E1 | A 2 @ 49.90 | S seats S-1..2 @ 20
        reserve A 1 ann
        malformed key=k1
        reserve S 1 ann key=k1
        cancel B9 key=k1
        release B9 key=k1
        patch-event E9 max=1 key=k1
        patch-zone E1/Z cap=1 key=k1
        patch-zone S cap=1 key=k1
        patch-zone A price=1.999 key=k1
        patch-event E1 open=1h close=1h key=k1
        reserve A 1 ann key=k1
        malformed key=k1 body='reserve A 1 ann'
        ",
        expect![[r#"
            event E1 | A 2 @ 49.90 | S seats S-1..2 @ 20 created E1 | feed 1 event.created #1 | A 0h/0s/2 | S 0h/0s/2
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/2 | @ann has 1 | feed 2 booking.reserved #1
            malformed key=k1                 no (not kept): Malformed
            reserve S 1 ann key=k1           no (not kept): SeatsNeeded
            cancel B9 key=k1                 no (not kept): NotFound(B9)
            release B9 key=k1                no (not kept): NotFound(B9)
            patch-event E9 max=1 key=k1      no (not kept): EventNotFound { event: E9, named: false }
            patch-zone E1/Z cap=1 key=k1     no (not kept): ZoneNotFound { zone: Z, named: false }
            patch-zone S cap=1 key=k1        no (not kept): CapacityFixed { seats: 2 }
            patch-zone A price=1.999 key=k1  no (not kept): PriceInvalid
            patch-event E1 open=1h close=1h key=k1 no (not kept): SalesWindow
            reserve A 1 ann key=k1           created B2 reserved until 10m, 1 of A for ann, 49.90 USD | A 2h/0s/2 | @ann has 2 | feed 3 booking.reserved #1 | k1 kept 200 B2 until 1d
            malformed key=k1 body='reserve A 1 ann' replay 200: created B2 reserved until 10m, 1 of A for ann, 49.90 USD
        "#]],
    );
}

#[test]
fn a_key_that_was_retired_before_use_can_never_book() {
    check(
        "
        event E1 | A 1 @ 49.90
        retire k1
        reserve A 1 ann key=k1
        retire k1
        malformed key=k1
        retire k1 as=ann
        reserve A 1 bob key=k1 as=bob
        cleanup k1
        advance 1000d
        cleanup k1
        reserve A 1 ann key=k1
        ",
        expect![[r#"
            event E1 | A 1 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/1
            retire k1                        k1 retired until ever | k1 retired until ever
            reserve A 1 ann key=k1           no (not kept): KeyRetired { existing: None }
            retire k1                        k1 retired until ever
            malformed key=k1                 no (not kept): KeyRetired { existing: None }
            retire k1 as=ann                 no (not kept): KeyUnused
            reserve A 1 bob key=k1 as=bob    created B1 reserved until 10m, 1 of A for bob, 49.90 USD | new bob | A 1h/0s/1 | @bob has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            cleanup k1                       done
            advance 1000d                    it is 1000d
            cleanup k1                       done
            reserve A 1 ann key=k1           no (not kept): KeyRetired { existing: None }
        "#]],
    );
}

/// The answer of the request that retires its own key does not take the tombstone's place.
#[test]
fn a_key_that_retires_itself_can_never_book() {
    check(
        "
        event E1 | A 1 @ 49.90
        retire k1 key=k1
        retire k1 key=k1
        reserve A 1 ann key=k1
        retire k1 key=k2
        retire k2 key=k2
        batch {
            retire k3 key=k3
            reserve A 1 ann key=k3
            retire k3 key=k3
        }
        advance 1d
        cleanup k1
        advance 1000d
        cleanup k1
        retire k1 key=k1
        reserve A 1 ann key=k1
        ",
        expect![[r#"
            event E1 | A 1 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/1
            retire k1 key=k1                 k1 retired until ever | k1 retired until ever
            retire k1 key=k1                 k1 retired until ever
            reserve A 1 ann key=k1           no (not kept): KeyRetired { existing: None }
            retire k1 key=k2                 k1 retired until ever | k2 kept 200 until 1d
            retire k2 key=k2                 no (not kept): KeyReused
            batch {
              retire k3 key=k3                 k3 retired until ever | k3 retired until ever
              reserve A 1 ann key=k3           no (not kept): KeyRetired { existing: None }
              retire k3 key=k3                 k3 retired until ever
            }
            advance 1d                       it is 1d
            cleanup k1                       done
            advance 1000d                    it is 1001d
            cleanup k1                       done
            retire k1 key=k1                 k1 retired until ever
            reserve A 1 ann key=k1           no (not kept): KeyRetired { existing: None }
        "#]],
    );
}

#[test]
fn retiring_a_key_that_was_used_gives_its_record() {
    check(
        "
        event E1 | A 1 @ 49.90
        reserve A 1 ann key=k1
        retire k1
        reserve A 1 ann key=k1
        reserve A 1 bob key=k2
        retire k2
        ",
        expect![[r#"
            event E1 | A 1 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/1
            reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/1 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            retire k1                        k1 kept 200 B1 until 1d
            reserve A 1 ann key=k1           replay 200: created B1 reserved until 10m, 1 of A for ann, 49.90 USD
            reserve A 1 bob key=k2           no: InsufficientSeats { zone: "A", available: 0, requested: 1 } | k2 kept 409 until 1d
            retire k2                        k2 kept 409 until 1d
        "#]],
    );
}

#[test]
fn a_collision_is_told() {
    check(
        "
        event E1 | A 1 @ 49.90
        reserve A 1 ann key=k1
        reserve A 1 bob key=k1
        collide k1
        emitted
        collide k1
        retire k2
        collide k2
        emitted
        collide k9
        ",
        expect![[r#"
            event E1 | A 1 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/1
            reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/1 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            reserve A 1 bob key=k1           no (not kept): KeyReused
            collide k1                       done | feed 3 idempotency.collision #1
            idempotency.collision of msg_0000000000e03r000000000007 by system
              data idempotency_key: k1
              data method: -
              data path: -
              data existing_id: B1
              data first_seen_at: 0s
            collide k1                       done | feed 4 idempotency.collision #1
            retire k2                        k2 retired until ever | k2 retired until ever
            collide k2                       done | feed 5 idempotency.collision #1
            idempotency.collision of msg_0000000000e05r00000000000b by system
              data idempotency_key: k2
              data method: -
              data path: -
              data existing_id: -
              data first_seen_at: 0s
            collide k9                       done
        "#]],
    );
}

#[test]
fn an_answer_is_kept_until_a_day_after_its_booking_ended() {
    check(
        "
        event E1 hold=10m start=30d | A 2 @ 49.90
        reserve A 1 ann key=k1
        cleanup k1
        advance 10m
        expire B1
        advance 23h49m59s999ms
        cleanup k1
        advance 1ms
        cleanup k1
        advance 9m59s999ms
        cleanup k1
        reserve A 1 ann key=k1
        advance 1ms
        cleanup k1
        reserve A 1 ann key=k1
        reserve A 2 ann key=k1
        retire k1
        cleanup k1
        advance 89d23h59m59s999ms
        cleanup k1
        reserve A 1 ann key=k1
        advance 1ms
        reserve A 1 ann key=k1
        cleanup k1
        reserve A 2 ann key=k1
        ",
        expect![[r#"
            event E1 hold=10m start=30d | A 2 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/2
            reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/2 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            cleanup k1                       done | k1 kept 200 B1 until 1d10m
            advance 10m                      it is 10m
            expire B1                        B1 expired at 10m, 1 of A for ann, 49.90 USD | A 0h/0s/2 | @ann has 0 | feed 3 booking.expired #2
            advance 23h49m59s999ms           it is 23h59m59s999ms
            cleanup k1                       done
            advance 1ms                      it is 1d
            cleanup k1                       done
            advance 9m59s999ms               it is 1d9m59s999ms
            cleanup k1                       done
            reserve A 1 ann key=k1           replay 200: created B1 reserved until 10m, 1 of A for ann, 49.90 USD
            advance 1ms                      it is 1d10m
            cleanup k1                       done | k1 retired B1 until 91d10m
            reserve A 1 ann key=k1           no (not kept): KeyRetired { existing: Some("B1") }
            reserve A 2 ann key=k1           no (not kept): KeyReused
            retire k1                        k1 retired B1 until 91d10m
            cleanup k1                       done
            advance 89d23h59m59s999ms        it is 91d9m59s999ms
            cleanup k1                       done
            reserve A 1 ann key=k1           no (not kept): KeyRetired { existing: Some("B1") }
            advance 1ms                      it is 91d10m
            reserve A 1 ann key=k1           no (not kept): KeyRetired { existing: Some("B1") }
            cleanup k1                       done | k1 forgotten
            reserve A 2 ann key=k1           created B2 reserved until 91d20m, 2 of A for ann, 99.80 USD | A 2h/0s/2 | @ann has 2 | feed 4 booking.reserved #1 | k1 kept 200 B2 until 92d10m
        "#]],
    );
}

#[test]
fn a_refusal_is_kept_for_a_day_and_its_tombstone_names_nothing() {
    check(
        "
        event E1 | A 1 @ 49.90
        reserve A 1 ann
        reserve A 1 bob key=k1
        release B1
        confirm B1 ext:r1 key=k2
        advance 23h59m59s999ms
        cleanup k1
        advance 1ms
        cleanup k1
        cleanup k2
        reserve A 1 bob key=k1
        confirm B1 ext:r1 key=k2
        advance 90d
        cleanup k1
        cleanup k2
        reserve A 1 bob key=k1
        ",
        expect![[r#"
            event E1 | A 1 @ 49.90           created E1 | feed 1 event.created #1 | A 0h/0s/1
            reserve A 1 ann                  created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/1 | @ann has 1 | feed 2 booking.reserved #1
            reserve A 1 bob key=k1           no: InsufficientSeats { zone: "A", available: 0, requested: 1 } | k1 kept 409 until 1d
            release B1                       B1 released at 0s, 1 of A for ann, 49.90 USD | A 0h/0s/1 | @ann has 0 | feed 3 booking.released #2
            confirm B1 ext:r1 key=k2         no: Confirm: B1 released at 0s, 1 of A for ann, 49.90 USD | k2 kept 409 B1 until 1d
            advance 23h59m59s999ms           it is 23h59m59s999ms
            cleanup k1                       done
            advance 1ms                      it is 1d
            cleanup k1                       done | k1 retired until 91d
            cleanup k2                       done | k2 retired until 91d
            reserve A 1 bob key=k1           no (not kept): KeyRetired { existing: None }
            confirm B1 ext:r1 key=k2         no (not kept): KeyRetired { existing: None }
            advance 90d                      it is 91d
            cleanup k1                       done | k1 forgotten
            cleanup k2                       done | k2 forgotten
            reserve A 1 bob key=k1           created B2 reserved until 91d10m, 1 of A for bob, 49.90 USD | new bob | A 1h/0s/1 | @bob has 1 | feed 4 booking.reserved #1 | k1 kept 200 B2 until 92d
        "#]],
    );
}

#[test]
fn a_refusal_is_kept_for_a_day_though_its_booking_lives_on() {
    check(
        "
        event E1 start=30d | A 1 @ 49.90
        reserve A 1 ann key=k1
        confirm B1 ext:r1
        confirm B1 ext:r1 key=k2
        advance 1d
        cleanup k1
        cleanup k2
        confirm B1 ext:r1 key=k2
        ",
        expect![[r#"
            event E1 start=30d | A 1 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/1
            reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/1 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 0h/1s/1 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            confirm B1 ext:r1 key=k2         no: Confirm: B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | k2 kept 409 B1 until 1d
            advance 1d                       it is 1d
            cleanup k1                       done | k1 kept 200 B1 until 31d
            cleanup k2                       done | k2 retired until 91d
            confirm B1 ext:r1 key=k2         no (not kept): KeyRetired { existing: None }
        "#]],
    );
}

#[test]
fn a_sale_keeps_its_answers_until_a_day_after_its_event() {
    check(
        "
        event E1 start=30d hold=10m | A 2 @ 49.90
        reserve A 1 ann key=k1
        confirm B1 ext:r1 key=k2
        advance 1d
        cleanup k1
        cleanup k2
        advance 29d23h59m59s999ms
        cleanup k1
        advance 1ms
        cleanup k1
        cleanup k2
        reserve A 1 ann key=k1
        confirm B1 ext:r1 key=k2
        ",
        expect![[r#"
            event E1 start=30d hold=10m | A 2 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/2
            reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/2 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            confirm B1 ext:r1 key=k2         B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 0h/1s/2 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1 | k2 kept 200 B1 until 1d
            advance 1d                       it is 1d
            cleanup k1                       done | k1 kept 200 B1 until 31d
            cleanup k2                       done | k2 kept 200 B1 until 31d
            advance 29d23h59m59s999ms        it is 30d23h59m59s999ms
            cleanup k1                       done
            advance 1ms                      it is 31d
            cleanup k1                       done | k1 retired B1 until 121d
            cleanup k2                       done | k2 retired B1 until 121d
            reserve A 1 ann key=k1           no (not kept): KeyRetired { existing: Some("B1") }
            confirm B1 ext:r1 key=k2         no (not kept): KeyRetired { existing: Some("B1") }
        "#]],
    );
}

#[test]
fn an_event_that_moves_takes_its_answers_along() {
    check(
        "
        event E1 start=10d | A 2 @ 49.90
        reserve A 1 ann key=k1
        confirm B1 ext:r1
        advance 1d
        cleanup k1
        patch-event E1 start=20d
        advance 10d
        cleanup k1
        advance 10d
        cleanup k1
        ",
        expect![[r#"
            event E1 start=10d | A 2 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/2
            reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/2 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 0h/1s/2 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            advance 1d                       it is 1d
            cleanup k1                       done | k1 kept 200 B1 until 11d
            patch-event E1 start=20d         E1 "E1" starts 20d max 4 hold 600s: A "A" 0h/1s/2 @ 49.90 USD | feed 5 event.updated #2
            advance 10d                      it is 11d
            cleanup k1                       done | k1 kept 200 B1 until 21d
            advance 10d                      it is 21d
            cleanup k1                       done | k1 retired B1 until 111d
        "#]],
    );
}

#[test]
fn a_sale_after_the_start_is_kept_for_a_day_all_the_same() {
    check(
        "
        event E1 start=1h | A 2 @ 49.90
        advance 2h
        reserve A 1 ann key=k1
        confirm B1 ext:r1
        advance 23h59m59s999ms
        cleanup k1
        advance 1ms
        cleanup k1
        ",
        expect![[r#"
            event E1 start=1h | A 2 @ 49.90  created E1 | feed 1 event.created #1 | A 0h/0s/2
            advance 2h                       it is 2h
            reserve A 1 ann key=k1           created B1 reserved until 2h10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/2 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d2h
            confirm B1 ext:r1                B1 confirmed at 2h, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 0h/1s/2 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            advance 23h59m59s999ms           it is 1d1h59m59s999ms
            cleanup k1                       done
            advance 1ms                      it is 1d2h
            cleanup k1                       done | k1 retired B1 until 91d2h
        "#]],
    );
}

#[test]
fn a_cancelled_sale_is_over_when_it_was_cancelled() {
    check(
        "
        event E1 start=30d | A 2 @ 49.90
        reserve A 1 ann key=k1
        confirm B1 ext:r1
        advance 1d
        cancel B1
        cleanup k1
        advance 1d
        cleanup k1
        ",
        expect![[r#"
            event E1 start=30d | A 2 @ 49.90 created E1 | feed 1 event.created #1 | A 0h/0s/2
            reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/2 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            confirm B1 ext:r1                B1 confirmed at 0s, 1 of A for ann, 49.90 USD, P1 captured r1 49.90 USD | A 0h/1s/2 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            advance 1d                       it is 1d
            cancel B1                        B1 cancelled at 1d, 1 of A for ann, 49.90 USD, P1 refund_pending r1 49.90 USD refunded 49.90 USD | A 0h/0s/2 | @ann has 0 | feed 5 booking.cancelled #3 | feed 6 payment.refund_pending #2 | refund 49.90 USD of P1: cancelled
            cleanup k1                       done | k1 kept 200 B1 until 2d
            advance 1d                       it is 2d
            cleanup k1                       done | k1 retired B1 until 92d
        "#]],
    );
}

#[test]
fn a_hold_that_nobody_ended_yet_is_over_at_its_deadline() {
    check(
        "
        event E1 hold=10m | A 2 @ 49.90
        reserve A 1 ann key=k1
        advance 1d
        cleanup k1
        advance 10m
        cleanup k1
        ",
        expect![[r#"
            event E1 hold=10m | A 2 @ 49.90  created E1 | feed 1 event.created #1 | A 0h/0s/2
            reserve A 1 ann key=k1           created B1 reserved until 10m, 1 of A for ann, 49.90 USD | new ann | A 1h/0s/2 | @ann has 1 | feed 2 booking.reserved #1 | k1 kept 200 B1 until 1d
            advance 1d                       it is 1d
            cleanup k1                       done | k1 kept 200 B1 until 1d10m
            advance 10m                      it is 1d10m
            cleanup k1                       done | k1 retired B1 until 91d10m
        "#]],
    );
}

#[test]
fn what_made_no_booking_is_kept_for_a_day() {
    check(
        "
        event E1 key=k1 | A 2 @ 49.90
        patch-zone A cap=3 key=k2
        token ann 1h key=k3
        advance 1d
        cleanup k1
        cleanup k2
        cleanup k3
        event E1 key=k1 | A 2 @ 49.90
        cleanup k9
        ",
        expect![[r#"
            event E1 key=k1 | A 2 @ 49.90    created E1 | feed 1 event.created #1 | A 0h/0s/2 | k1 kept 200 E1 until 1d
            patch-zone A cap=3 key=k2        A "A" 0h/0s/3 @ 49.90 USD | feed 2 zone.updated #1 | A 0h/0s/3 | k2 kept 200 A until 1d
            token ann 1h key=k3              token of ann until 1h | new ann | k3 kept 200 until 1d
            advance 1d                       it is 1d
            cleanup k1                       done | k1 retired E1 until 91d
            cleanup k2                       done | k2 retired A until 91d
            cleanup k3                       done | k3 retired until 91d
            event E1 key=k1 | A 2 @ 49.90    no (not kept): KeyRetired { existing: Some("E1") }
            cleanup k9                       done
        "#]],
    );
}
