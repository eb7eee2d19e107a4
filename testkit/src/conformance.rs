//! The contracts of the stores, written as tests: one macro for each contract, one test for each rule.
//!
//! The author of a store names a function that makes a fresh one, and gets every rule; the lists live
//! here and nowhere else, so that none can be left out. Each rule runs in a runtime of its own, of
//! several threads, and fails if it does not end.
//!
//! ```
//! # use std::sync::Arc;
//! # use annals_core::EventStore;
//! # async fn a_new_database() -> Arc<dyn EventStore> { unimplemented!() }
//! async fn fresh() -> Arc<dyn EventStore> {
//!     a_new_database().await
//! }
//!
//! annals_testkit::event_store_conformance!(fresh);
//! # fn main() {}
//! ```

pub mod event_store;
pub mod snapshots;
pub mod read_models;

mod words;

use std::{future::Future, time::Duration};

use tokio::{runtime, time::timeout};

pub use read_models::ReadModelsFixture;

/// After so long a rule waits for something that never comes. The slowest takes seconds.
const PATIENCE: Duration = Duration::from_secs(180);

/// One test for each rule of the [`EventStore`](annals_core::EventStore) contract.
///
/// `$fresh` is the path of an `async fn() -> Arc<dyn EventStore>` that gives an empty log, with the
/// machine's clock.
#[macro_export]
macro_rules! event_store_conformance {
    ($fresh:path) => {
        $crate::rules!($fresh => event_store {
            appending {
                an_append_answers_where_its_events_stand,
                events_of_an_append_stand_together_in_the_order_given,
                streams_count_their_events_apart,
                an_append_to_several_streams_is_recorded_whole,
                an_append_that_one_stream_refuses_is_recorded_in_none,
                a_conflict_names_the_first_stream_that_is_not_as_expected,
                a_stream_that_is_only_checked_is_not_written,
                a_stream_that_is_only_checked_can_refuse_an_append,
                an_append_of_no_events_records_nothing,
                an_append_of_no_events_is_checked,
                every_expectation_is_held_against_a_missing_stream,
                every_expectation_is_held_against_a_live_stream,
                an_append_after_another_event_than_the_last_is_refused,
                a_refused_append_records_nothing,
                the_ids_of_a_refused_append_are_free,
            }
            repeating {
                an_append_repeated_is_answered_as_at_first,
                an_append_repeated_much_later_is_answered_as_at_first,
                an_append_to_several_streams_repeated_is_answered_as_at_first,
                an_append_is_repeated_under_any_expectation_that_held,
                an_append_repeated_under_an_expectation_that_did_not_hold_is_a_duplicate,
                a_repeated_append_does_not_check_again_what_it_only_checked,
                a_part_of_an_append_repeated_is_answered_from_where_it_stands,
                an_append_sent_many_times_at_once_is_recorded_once,
                an_append_of_which_a_part_is_recorded_is_a_duplicate,
                events_repeated_in_another_order_are_a_duplicate,
                streams_repeated_in_another_order_are_a_duplicate,
                appends_repeated_as_one_with_another_between_are_a_duplicate,
                events_repeated_without_one_between_are_a_duplicate,
                events_repeated_in_another_stream_are_a_duplicate,
                a_duplicate_is_told_before_a_conflict,
            }
            keeping {
                an_append_is_read_back_as_given,
                payloads_are_kept_byte_for_byte,
                metadata_are_kept_as_given,
                every_schema_version_is_kept,
                every_kind_of_id_is_kept,
                events_are_recorded_at_the_time_of_the_store,
                an_append_answers_with_the_time_in_its_envelopes,
            }
            reading {
                an_empty_log_has_no_events,
                a_stream_is_read_after_any_revision,
                the_log_is_read_after_any_position,
                reading_in_pages_gives_everything_once,
                a_reading_ends_where_the_log_ended_when_it_began,
                an_id_is_located_only_in_its_own_stream,
                dropped_readings_leave_the_store_usable,
            }
            filtering {
                a_filter_lets_through_its_types_and_no_others,
                a_filter_of_types_that_do_not_exist_lets_nothing_through,
                a_filtered_log_is_read_after_any_position,
                a_quiet_type_is_found_in_a_noisy_log,
            }
            naming {
                streams_with_names_that_look_alike_are_kept_apart,
                types_with_names_that_look_alike_are_kept_apart,
                names_of_the_greatest_length_are_kept,
            }
            limits {
                an_append_of_the_most_events_is_recorded,
                an_append_to_the_most_streams_is_recorded,
                a_payload_of_the_most_bytes_is_recorded,
                an_append_of_the_most_bytes_is_recorded,
                metadata_of_the_most_bytes_are_recorded,
            }
            racing {
                parallel_appends_that_expect_nothing_are_all_recorded,
                of_many_appends_at_one_revision_exactly_one_wins,
                of_two_appends_that_check_each_others_streams_one_wins,
                appends_to_the_same_streams_in_any_order_all_end,
                a_reader_never_sees_a_part_of_an_append,
                a_reader_never_sees_a_position_appear_behind_it,
            }
            waiting {
                waiting_past_what_is_there_answers_with_the_head,
                waiting_at_the_head_ends_with_the_next_append,
                waiting_past_a_position_to_come_ends_once_it_has_come,
                an_append_between_reading_and_waiting_is_not_missed,
                an_append_wakes_everyone_who_waits,
                waiting_at_the_head_waits,
                the_head_that_was_waited_for_can_be_read,
                dropped_waits_leave_the_store_usable,
            }
            cancelling {
                a_dropped_append_is_recorded_whole_or_not_at_all,
                a_dropped_append_can_be_repeated,
            }
        });

        // The one rule that needs a fresh store for each of its cases.
        #[test]
        fn any_history_agrees_with_the_model() {
            use $crate::conformance::event_store::histories;
            $crate::conformance::run(histories::any_history_agrees_with_the_model($fresh));
        }
    };
}

/// One test for each rule of the [`Snapshots`](annals_core::Snapshots) contract.
///
/// `$fresh` is the path of an `async fn() -> Arc<dyn Snapshots>` that gives an empty store.
#[macro_export]
macro_rules! snapshots_conformance {
    ($fresh:path) => {
        $crate::rules!($fresh => snapshots {
            keeping {
                there_is_no_snapshot_at_first,
                a_snapshot_is_kept_byte_for_byte,
                a_snapshot_gives_way_to_whichever_is_saved_next,
                snapshots_of_other_streams_shapes_and_versions_are_kept_apart,
                of_snapshots_saved_at_once_one_is_kept_whole,
            }
        });
    };
}

/// One test for each rule of the [`ReadModels`](annals_core::ReadModels) contract.
///
/// `$fresh` is the path of an `async fn` that gives a [`ReadModelsFixture`] with nothing in it.
#[macro_export]
macro_rules! read_models_conformance {
    ($fresh:path) => {
        $crate::rules!($fresh => read_models {
            records {
                there_are_no_records_at_first,
                a_record_is_seen_by_others_once_it_is_committed,
                a_record_that_is_put_again_is_replaced,
                a_record_that_is_removed_is_gone,
                no_records_can_be_put_and_removed,
                records_of_other_areas_are_kept_apart,
                the_content_of_a_record_is_kept_byte_for_byte,
                many_records_with_long_keys_are_written_at_once,
            }
            listing {
                records_are_listed_in_the_order_of_their_bytes,
                records_are_listed_by_how_their_keys_begin,
                records_are_listed_after_a_key_up_to_a_limit,
                a_transaction_lists_what_it_left,
            }
            swapping {
                a_swap_from_nothing_succeeds_where_nothing_is,
                a_swap_from_a_text_succeeds_only_where_it_is_verbatim,
                a_swap_to_nothing_removes,
                a_swap_is_of_one_area_and_key,
                a_swap_compares_with_what_its_transaction_left,
                of_many_swaps_from_the_same_exactly_one_succeeds,
                who_reads_and_swaps_until_it_succeeds_loses_nothing,
                a_swap_waits_for_another_and_fails_once_that_commits,
                a_swap_waits_for_another_and_succeeds_once_that_is_dropped,
                a_swap_from_nothing_succeeds_once_a_removal_commits,
            }
            tables {
                a_table_that_is_made_again_is_empty_and_has_its_new_columns,
                there_are_no_rows_of_a_table_that_is_missing,
                a_table_that_is_dropped_is_gone,
                a_dropped_transaction_leaves_tables_as_they_were,
                tables_with_names_that_look_alike_are_kept_apart,
                names_that_databases_reserve_are_taken,
            }
            rows {
                the_state_of_a_row_is_kept_byte_for_byte,
                every_value_of_every_kind_is_kept,
                a_row_that_is_stored_again_is_replaced,
                a_row_that_is_taken_out_is_gone,
                rows_are_seen_by_others_once_they_are_committed,
                no_rows_can_be_stored_loaded_and_taken_out,
                many_rows_are_stored_at_once,
                a_scan_in_pages_gives_every_row_once_in_the_order_of_its_bytes,
                a_table_without_columns_keeps_rows,
            }
            selecting {
                rows_are_selected_by_their_keys,
                columns_are_those_that_are_asked_for,
                every_comparison_of_every_kind_is_as_it_is_documented,
                all_conditions_hold_for_what_is_selected,
                rows_are_ordered_by_any_column_and_then_by_their_keys,
                any_selection_agrees_with_the_model,
                selecting_in_pages_gives_every_row_once,
                rows_are_selected_only_while_the_record_is_unchanged,
                rows_and_the_record_are_seen_at_one_moment,
            }
            transactions {
                the_read_model_and_its_checkpoint_move_together,
                a_dropped_transaction_leaves_nothing,
                a_transaction_dropped_while_it_is_lent_leaves_nothing,
                a_transaction_can_be_lent_again_and_again,
                a_swap_from_elsewhere_commits_nothing,
                a_runner_that_wakes_after_another_took_over_commits_nothing,
                of_many_transactions_at_once_all_commit,
                a_transaction_nobody_waits_for_is_committed_whole_or_not_at_all,
                a_store_tells_the_time,
            }
            appending {
                an_append_is_recorded_with_its_transaction,
                an_append_in_a_dropped_transaction_is_not_recorded,
                a_conflict_leaves_the_transaction_usable,
                an_append_repeated_in_a_transaction_is_answered_as_at_first,
                appends_of_one_transaction_follow_each_other,
                readers_see_an_append_once_it_is_committed,
                other_appends_wait_for_a_transaction_that_appends,
                appends_in_and_beside_transactions_leave_no_gaps,
            }
        });
    };
}

/// Writes the tests of a suite.
#[doc(hidden)]
#[macro_export]
macro_rules! rules {
    ($fresh:path => $suite:ident {$($topic:ident { $($rule:ident,)* })*}) => {$($(
        #[test]
        fn $rule() {
            $crate::conformance::run(async {
                $crate::conformance::$suite::$topic::$rule($fresh().await).await;
            });
        }
    )*)*};
}

/// Runs a rule to its end, in a runtime of its own.
///
/// # Panics
///
/// If the rule is broken, or does not end.
#[doc(hidden)]
pub fn run(rule: impl Future<Output = ()>) {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a test may start threads");
    let ended = runtime.block_on(async { timeout(PATIENCE, rule).await });
    assert!(ended.is_ok(), "not over after {PATIENCE:?}: what the rule waits for never comes");
}
