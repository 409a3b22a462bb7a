//! What every store must do. One suite: [`store_suite!`](crate::store_suite) runs it against a store
//! of any kind.

pub mod batches;
pub mod cleaning;
pub mod commits;
pub mod credentials;
pub mod deliveries;
pub mod due;
pub mod loading;
pub mod reading;
mod rows;
pub mod webhooks;

/// Makes a test of every behaviour, against new stores of one kind: `store_suite!(memory,
/// MemoryStore::new())`. The expression makes an empty store that implements
/// [`Backend`](crate::backend::Backend).
#[macro_export]
macro_rules! store_suite {
    ($name:ident, $new:expr) => {
        mod $name {
            // The names in the expression are the caller's.
            use super::*;

            $crate::store_suite! { @each $new;
                loading::what_is_not_there_is_loaded_as_absent
                loading::every_row_comes_back_as_it_was_written
                loading::every_row_comes_back_as_it_was_changed
                loading::zones_come_in_order
                loading::seats_are_taken_while_they_are_held_or_sold
                loading::accounts_do_not_see_each_other
                loading::a_record_can_be_forgotten
                commits::all_or_nothing
                commits::what_is_dropped_was_never_there
                commits::what_is_there_is_never_inserted_again
                commits::what_is_not_there_is_never_changed
                commits::a_reference_pays_once
                commits::a_seat_without_a_row_is_taken_without_looking
                commits::nothing_names_what_is_not_there
                commits::time_never_goes_back
                commits::the_last_commit_is_known_by_name
                commits::key_usage_is_added_up
                due::holds_are_due_at_their_deadline_the_earliest_first
                due::the_next_deadline_is_the_earliest
                due::records_are_due_the_earliest_first
                due::what_is_due_comes_slice_by_slice
                due::jobs_can_be_leased_once_they_are_due_and_free
                due::jobs_are_claimed_together
                cleaning::entries_are_due_from_the_oldest_on
                cleaning::what_was_cut_is_gone_and_known
                cleaning::a_cut_that_does_not_follow_is_never_made
                cleaning::feeds_are_looked_at_in_turn
                cleaning::seventy_accounts_are_cleaned
                cleaning::more_than_two_slices_of_everything_go
                cleaning::a_tombstone_has_nothing_of_its_answer
                deliveries::deliveries_are_due_in_the_order_in_which_they_were_over
                deliveries::deliveries_go_with_their_attempts
                reading::what_was_committed_is_read
                reading::lists_are_newest_first_and_stable
                reading::lists_go_on_page_by_page
                reading::bookings_are_filtered
                reading::seats_come_in_order
                reading::activity_comes_in_order
                reading::wanted_entries_are_found_however_far_apart
                reading::records_of_a_thing_come_the_oldest_first
                reading::other_accounts_read_nothing
                reading::a_store_keeps_its_name
                reading::a_sound_store_passes_its_audit
                webhooks::endpoints_are_due_when_there_is_something_to_do
                webhooks::whoever_delivers_finds_what_is_open
                webhooks::deliveries_are_filtered
                webhooks::endpoints_are_listed
                batches::a_full_batch_on_one_zone_ends_with_exact_counters
                batches::duplicates_hear_the_same
                batches::one_bad_answer_fails_alone
                batches::one_row_that_is_never_taken_fails_alone
                batches::wrong_fields_are_no_answer
                batches::overdue_holds_end_before_anything_else
                credentials::an_account_has_one_id
                credentials::keys_are_found_until_and_after_they_are_revoked
                credentials::a_store_is_bound_once
            }
        }
    };
    (@each $new:expr; $($topic:ident :: $behaviour:ident)+) => {$(
        #[test]
        fn $behaviour() {
            $crate::suite::$topic::$behaviour(&$new);
        }
    )+};
}
