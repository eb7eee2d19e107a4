//! The suite for read models holds for maps behind a lock, and catches what is broken.

use std::panic::{AssertUnwindSafe, catch_unwind};

use annals_testkit::conformance::{
    read_models::{appending, listing, records, rows, selecting, swapping, tables, transactions},
    run,
};

use crate::maps::{Flaw, Maps};

async fn sound() -> Maps {
    Maps::new(None)
}

annals_testkit::read_models_conformance!(sound);

/// Asserts that each of these rules fails for a store with that flaw.
macro_rules! caught {
    ($($test:ident: $flaw:ident by $($topic:ident::$rule:ident),+;)*) => {$(
        #[test]
        fn $test() {
            $(assert_caught(Flaw::$flaw, stringify!($rule), $topic::$rule);)+
        }
    )*};
}

caught! {
    a_store_that_lists_inclusively_is_caught: ListsInclusively
        by listing::records_are_listed_after_a_key_up_to_a_limit, listing::a_transaction_lists_what_it_left;
    a_store_that_takes_prefixes_for_patterns_is_caught: MatchesPatterns
        by listing::records_are_listed_by_how_their_keys_begin;
    a_store_that_trims_contents_is_caught: TrimsContents
        by records::the_content_of_a_record_is_kept_byte_for_byte;
    a_store_that_swaps_blindly_is_caught: SwapsBlindly
        by swapping::a_swap_from_nothing_succeeds_where_nothing_is,
        swapping::a_swap_from_a_text_succeeds_only_where_it_is_verbatim,
        swapping::a_swap_to_nothing_removes,
        swapping::of_many_swaps_from_the_same_exactly_one_succeeds,
        transactions::a_swap_from_elsewhere_commits_nothing,
        transactions::a_runner_that_wakes_after_another_took_over_commits_nothing;
    a_store_that_swaps_by_value_is_caught: ComparesNumbers
        by swapping::a_swap_from_a_text_succeeds_only_where_it_is_verbatim;
    a_store_that_swaps_from_what_is_committed_is_caught: ComparesCommitted
        by swapping::a_swap_compares_with_what_its_transaction_left;
    a_store_whose_transactions_do_not_wait_is_caught: WaitsForNobody
        by swapping::of_many_swaps_from_the_same_exactly_one_succeeds,
        swapping::who_reads_and_swaps_until_it_succeeds_loses_nothing,
        swapping::a_swap_waits_for_another_and_fails_once_that_commits,
        swapping::a_swap_waits_for_another_and_succeeds_once_that_is_dropped,
        swapping::a_swap_from_nothing_succeeds_once_a_removal_commits,
        transactions::of_many_transactions_at_once_all_commit;
    a_store_that_writes_through_is_caught: WritesThrough
        by transactions::a_dropped_transaction_leaves_nothing,
        transactions::a_transaction_dropped_while_it_is_lent_leaves_nothing,
        transactions::the_read_model_and_its_checkpoint_move_together,
        transactions::a_swap_from_elsewhere_commits_nothing,
        transactions::a_transaction_nobody_waits_for_is_committed_whole_or_not_at_all;
    a_store_that_commits_what_is_dropped_is_caught: CommitsOnDrop
        by transactions::a_dropped_transaction_leaves_nothing,
        transactions::a_swap_from_elsewhere_commits_nothing,
        tables::a_dropped_transaction_leaves_tables_as_they_were,
        appending::an_append_in_a_dropped_transaction_is_not_recorded;
    a_store_that_commits_what_is_lent_is_caught: CommitsOnLend
        by transactions::a_transaction_dropped_while_it_is_lent_leaves_nothing;
    a_store_that_keeps_the_rows_of_a_table_made_again_is_caught: KeepsRows
        by tables::a_table_that_is_made_again_is_empty_and_has_its_new_columns;
    a_store_that_takes_missing_tables_for_empty_is_caught: MakesTables
        by tables::there_are_no_rows_of_a_table_that_is_missing, tables::a_table_that_is_dropped_is_gone;
    a_store_that_looks_into_states_is_caught: ReadsStates
        by rows::the_state_of_a_row_is_kept_byte_for_byte;
    a_store_that_stores_only_so_many_is_caught: StoresAThousand
        by rows::many_rows_are_stored_at_once;
    a_store_that_scans_inclusively_is_caught: ScansInclusively
        by rows::a_scan_in_pages_gives_every_row_once_in_the_order_of_its_bytes;
    a_store_that_ignores_the_record_is_caught: IgnoresUnchanged
        by selecting::rows_are_selected_only_while_the_record_is_unchanged;
    a_store_that_gives_other_columns_is_caught: KnowsNoColumns
        by selecting::columns_are_those_that_are_asked_for;
    a_store_that_reads_rows_and_record_apart_is_caught: ReadsApart
        by selecting::rows_and_the_record_are_seen_at_one_moment;
    a_store_that_is_content_with_one_condition_is_caught: ForgetsConditions
        by selecting::all_conditions_hold_for_what_is_selected,
        selecting::any_selection_agrees_with_the_model;
    a_store_that_begins_every_page_at_the_start_is_caught: ForgetsPlaces
        by selecting::any_selection_agrees_with_the_model;
    a_store_that_cuts_pages_at_the_wrong_end_is_caught: CutsBeforeTurning
        by selecting::any_selection_agrees_with_the_model, selecting::selecting_in_pages_gives_every_row_once;
    a_store_with_a_clock_of_its_own_is_caught: IsLate
        by transactions::a_store_tells_the_time;
    a_store_that_appends_at_once_is_caught: AppendsAtOnce
        by appending::an_append_in_a_dropped_transaction_is_not_recorded,
        appending::readers_see_an_append_once_it_is_committed,
        appending::appends_in_and_beside_transactions_leave_no_gaps;
    a_store_whose_transactions_break_on_a_conflict_is_caught: BreaksOnConflict
        by appending::a_conflict_leaves_the_transaction_usable;
    a_store_whose_appends_do_not_wait_is_caught: AppendsBeside
        by appending::other_appends_wait_for_a_transaction_that_appends;
}

#[track_caller]
fn assert_caught(flaw: Flaw, name: &str, rule: impl AsyncFnOnce(Maps)) {
    let broken = Maps::new(Some(flaw));
    let caught = catch_unwind(AssertUnwindSafe(|| run(rule(broken)))).is_err();
    assert!(caught, "a store with the flaw {flaw:?} passes {name}");
}
