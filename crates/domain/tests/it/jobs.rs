//! Jobs: one worker at a time, by a lease that runs out by itself.

use expect_test::expect;

use crate::runner::check;

#[test]
fn one_worker_at_a_time() {
    check(
        "
        lease 60s
        lease 60s
        advance 59s999ms
        lease 60s
        finish 1 due=5m
        lease 60s
        advance 4m1ms
        lease 60s
        ",
        expect![[r#"
            lease 60s                        leased, fence 1 | clean_up due 0s leased until 1m fence 1 attempt 1
            lease 60s                        not to be had
            advance 59s999ms                 it is 59s999ms
            lease 60s                        not to be had
            finish 1 due=5m                  done | clean_up due 5m leased until 0s fence 1 attempt 0
            lease 60s                        not to be had
            advance 4m1ms                    it is 5m
            lease 60s                        leased, fence 2 | clean_up due 5m leased until 6m fence 2 attempt 1
        "#]],
    );
}

#[test]
fn a_lease_runs_out_and_its_worker_has_lost_the_job() {
    check(
        "
        lease 60s
        advance 60s
        lease 60s
        finish 1 due=5m
        lease 60s
        finish 2 due=5m
        finish 1 due=1h
        advance 4m
        lease 60s
        ",
        expect![[r#"
            lease 60s                        leased, fence 1 | clean_up due 0s leased until 1m fence 1 attempt 1
            advance 60s                      it is 1m
            lease 60s                        leased, fence 2 | clean_up due 0s leased until 2m fence 2 attempt 2
            finish 1 due=5m                  done
            lease 60s                        not to be had
            finish 2 due=5m                  done | clean_up due 5m leased until 0s fence 2 attempt 0
            finish 1 due=1h                  done
            advance 4m                       it is 5m
            lease 60s                        leased, fence 3 | clean_up due 5m leased until 6m fence 3 attempt 1
        "#]],
    );
}

#[test]
fn a_late_worker_that_nobody_replaced_may_finish() {
    check(
        "
        lease 60s
        advance 2m
        finish 1 due=5m
        ",
        expect![[r#"
            lease 60s                        leased, fence 1 | clean_up due 0s leased until 1m fence 1 attempt 1
            advance 2m                       it is 2m
            finish 1 due=5m                  done | clean_up due 5m leased until 0s fence 1 attempt 0
        "#]],
    );
}

#[test]
fn the_first_of_a_batch_gets_it() {
    check(
        "
        batch {
        lease 60s
        lease 60s
        }
        finish 7 due=5m
        ",
        expect![[r#"
            batch {
              lease 60s                        leased, fence 1 | clean_up due 0s leased until 1m fence 1 attempt 1
              lease 60s                        not to be had
            }
            finish 7 due=5m                  done
        "#]],
    );
}

#[test]
fn a_job_that_never_was_is_not_finished() {
    check(
        "
        finish 1 due=5m
        ",
        expect![[r#"
            finish 1 due=5m                  done
        "#]],
    );
}

#[test]
fn a_lease_that_is_kept_goes_on_until_somebody_else_has_the_job() {
    check(
        "
        lease 60s
        advance 50s
        keep 1 60s
        advance 20s
        lease 60s
        advance 40s
        keep 1 60s
        advance 60s
        lease 60s
        keep 1 60s
        finish 2 due=5m
        keep 2 60s
        ",
        expect![[r#"
            lease 60s                        leased, fence 1 | clean_up due 0s leased until 1m fence 1 attempt 1
            advance 50s                      it is 50s
            keep 1 60s                       leased, fence 1 | clean_up due 0s leased until 1m50s fence 1 attempt 1
            advance 20s                      it is 1m10s
            lease 60s                        not to be had
            advance 40s                      it is 1m50s
            keep 1 60s                       leased, fence 1 | clean_up due 0s leased until 2m50s fence 1 attempt 1
            advance 60s                      it is 2m50s
            lease 60s                        leased, fence 2 | clean_up due 0s leased until 3m50s fence 2 attempt 2
            keep 1 60s                       not to be had
            finish 2 due=5m                  done | clean_up due 5m leased until 0s fence 2 attempt 0
            keep 2 60s                       not to be had
        "#]],
    );
}
