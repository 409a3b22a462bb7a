//! Jobs: one worker at a time, by a lease that runs out by itself.

use expect_test::expect;

use crate::runner::check;

#[test]
fn one_worker_at_a_time() {
    check(
        "
        job a
        lease a 60s
        lease a 60s
        advance 59s999ms
        lease a 60s
        finish a 1 due=5m
        lease a 60s
        advance 4m1ms
        lease a 60s
        ",
        expect![[r#"
            job a                            done | a due 0s, attempt 0
            lease a 60s                      leased a as lease 1, attempt 1 | a due 0s, lease 1 until 1m, attempt 1
            lease a 60s                      not to be had
            advance 59s999ms                 it is 59s999ms
            lease a 60s                      not to be had
            finish a 1 due=5m                settled | a due 5m, attempt 0
            lease a 60s                      not to be had
            advance 4m1ms                    it is 5m
            lease a 60s                      leased a as lease 2, attempt 1 | a due 5m, lease 2 until 6m, attempt 1
        "#]],
    );
}

#[test]
fn a_lease_runs_out_and_its_worker_has_lost_the_job() {
    check(
        "
        job a
        lease a 60s
        advance 60s
        lease a 60s
        finish a 1 due=5m
        end a 1
        postpone a 1 due=5m
        keep a 1 60s
        lease a 60s
        finish a 2 due=5m
        finish a 1 due=1h
        finish a 2 due=1h
        advance 4m
        lease a 60s
        ",
        expect![[r#"
            job a                            done | a due 0s, attempt 0
            lease a 60s                      leased a as lease 1, attempt 1 | a due 0s, lease 1 until 1m, attempt 1
            advance 60s                      it is 1m
            lease a 60s                      leased a as lease 2, attempt 2 | a due 0s, lease 2 until 2m, attempt 2
            finish a 1 due=5m                lost
            end a 1                          lost
            postpone a 1 due=5m              lost
            keep a 1 60s                     lost
            lease a 60s                      not to be had
            finish a 2 due=5m                settled | a due 5m, attempt 0
            finish a 1 due=1h                lost
            finish a 2 due=1h                lost
            advance 4m                       it is 5m
            lease a 60s                      leased a as lease 3, attempt 1 | a due 5m, lease 3 until 6m, attempt 1
        "#]],
    );
}

#[test]
fn a_late_worker_that_nobody_replaced_may_finish() {
    check(
        "
        job a
        lease a 60s
        advance 2m
        finish a 1 due=5m
        ",
        expect![[r#"
            job a                            done | a due 0s, attempt 0
            lease a 60s                      leased a as lease 1, attempt 1 | a due 0s, lease 1 until 1m, attempt 1
            advance 2m                       it is 2m
            finish a 1 due=5m                settled | a due 5m, attempt 0
        "#]],
    );
}

#[test]
fn the_first_of_a_batch_gets_it() {
    check(
        "
        job a
        batch {
        lease a 60s
        lease a 60s
        }
        finish a 7 due=5m
        ",
        expect![[r#"
            job a                            done | a due 0s, attempt 0
            batch {
              lease a 60s                      leased a as lease 1, attempt 1 | a due 0s, lease 1 until 1m, attempt 1
              lease a 60s                      not to be had
            }
            finish a 7 due=5m                lost
        "#]],
    );
}

#[test]
fn what_is_not_there_is_neither_leased_nor_settled() {
    check(
        "
        lease a 60s
        finish a 1 due=5m
        end a 1
        ",
        expect![[r#"
            lease a 60s                      not to be had
            finish a 1 due=5m                lost
            end a 1                          lost
        "#]],
    );
}

#[test]
fn a_lease_that_is_kept_goes_on_until_somebody_else_has_the_job() {
    check(
        "
        job a
        lease a 60s
        advance 50s
        keep a 1 60s
        advance 20s
        lease a 60s
        advance 40s
        keep a 1 60s
        advance 60s
        lease a 60s
        keep a 1 60s
        finish a 2 due=5m
        keep a 2 60s
        ",
        expect![[r#"
            job a                            done | a due 0s, attempt 0
            lease a 60s                      leased a as lease 1, attempt 1 | a due 0s, lease 1 until 1m, attempt 1
            advance 50s                      it is 50s
            keep a 1 60s                     settled | a due 0s, lease 1 until 1m50s, attempt 1
            advance 20s                      it is 1m10s
            lease a 60s                      not to be had
            advance 40s                      it is 1m50s
            keep a 1 60s                     settled | a due 0s, lease 1 until 2m50s, attempt 1
            advance 60s                      it is 2m50s
            lease a 60s                      leased a as lease 2, attempt 2 | a due 0s, lease 2 until 3m50s, attempt 2
            keep a 1 60s                     lost
            finish a 2 due=5m                settled | a due 5m, attempt 0
            keep a 2 60s                     lost
        "#]],
    );
}

/// Those that are due and free, of those that were named; each has a lease of its own.
#[test]
fn several_are_leased_together() {
    check(
        "
        job a says=one
        job b due=1m
        job c says=three
        job b due=0s
        lease c 10s
        lease a,b,c,d 60s
        advance 1m
        lease a,b,c,d 60s
        end c 1
        end c 4
        lease a,b,c,d 60s
        ",
        expect![[r#"
            job a says=one                   done | a due 0s, attempt 0
            job b due=1m                     done | b due 1m, attempt 0
            job c says=three                 done | c due 0s, attempt 0
            job b due=0s                     done
            lease c 10s                      leased c (three) as lease 1, attempt 1 | c due 0s, lease 1 until 10s, attempt 1
            lease a,b,c,d 60s                leased a (one) as lease 2, attempt 1 | a due 0s, lease 2 until 1m, attempt 1
            advance 1m                       it is 1m
            lease a,b,c,d 60s                leased a (one) as lease 3, attempt 2, leased b as lease 4, attempt 1, leased c (three) as lease 5, attempt 2 | a due 0s, lease 3 until 2m, attempt 2 | b due 1m, lease 4 until 2m, attempt 1 | c due 0s, lease 5 until 2m, attempt 2
            end c 1                          lost
            end c 4                          lost
            lease a,b,c,d 60s                not to be had
        "#]],
    );
}

#[test]
fn jobs_are_of_their_account() {
    check(
        "
        job a in=one
        lease a 60s in=two
        lease a 60s in=one
        end a 1 in=two
        end a 1 in=one
        ",
        expect![[r#"
            job a in=one                     done | a due 0s, attempt 0
            lease a 60s in=two               not to be had
            lease a 60s in=one               leased a as lease 1, attempt 1 | a due 0s, lease 1 until 1m, attempt 1
            end a 1 in=two                   lost
            end a 1 in=one                   settled | a goes
        "#]],
    );
}

/// Attempts are counted until it is done.
#[test]
fn a_job_that_fails_is_tried_again() {
    check(
        "
        job a
        lease a 60s
        postpone a 1 due=1m
        lease a 60s
        advance 1m
        lease a 60s
        postpone a 2 due=3m
        advance 2m
        lease a 60s
        finish a 3 due=4m
        advance 1m
        lease a 60s
        ",
        expect![[r#"
            job a                            done | a due 0s, attempt 0
            lease a 60s                      leased a as lease 1, attempt 1 | a due 0s, lease 1 until 1m, attempt 1
            postpone a 1 due=1m              settled | a due 1m, attempt 1
            lease a 60s                      not to be had
            advance 1m                       it is 1m
            lease a 60s                      leased a as lease 2, attempt 2 | a due 1m, lease 2 until 2m, attempt 2
            postpone a 2 due=3m              settled | a due 3m, attempt 2
            advance 2m                       it is 3m
            lease a 60s                      leased a as lease 3, attempt 3 | a due 3m, lease 3 until 4m, attempt 3
            finish a 3 due=4m                settled | a due 4m, attempt 0
            advance 1m                       it is 4m
            lease a 60s                      leased a as lease 4, attempt 1 | a due 4m, lease 4 until 5m, attempt 1
        "#]],
    );
}

/// Whoever holds a lease of a job that is gone has lost it, though another of the same name is there.
#[test]
fn a_job_of_the_same_name_is_another_one() {
    check(
        "
        job a
        lease a 60s
        end a 1
        end a 1
        job a
        lease a 60s
        end a 1
        finish a 1 due=5m
        end a 2
        ",
        expect![[r#"
            job a                            done | a due 0s, attempt 0
            lease a 60s                      leased a as lease 1, attempt 1 | a due 0s, lease 1 until 1m, attempt 1
            end a 1                          settled | a goes
            end a 1                          lost
            job a                            done | a due 0s, attempt 0
            lease a 60s                      leased a as lease 2, attempt 1 | a due 0s, lease 2 until 1m, attempt 1
            end a 1                          lost
            finish a 1 due=5m                lost
            end a 2                          settled | a goes
        "#]],
    );
}
