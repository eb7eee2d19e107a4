//! The texts of all statements, for one schema.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// Each statement by its name, which is that of its file. Those about the table of a view have places to be
/// filled, such as `:table`.
#[derive(Debug, Clone)]
pub(crate) struct Statements {
    pub(crate) append: SqlStr,
    pub(crate) append_one: SqlStr,
    pub(crate) find_events: SqlStr,
    pub(crate) find_ends: SqlStr,
    pub(crate) find_writer: SqlStr,
    pub(crate) read_stream: SqlStr,
    pub(crate) read_stream_page: SqlStr,
    pub(crate) read_log: SqlStr,
    pub(crate) read_log_page: SqlStr,
    pub(crate) read_types: SqlStr,
    pub(crate) read_head: SqlStr,
    pub(crate) read_size: SqlStr,
    pub(crate) locate_event: SqlStr,
    pub(crate) announce: SqlStr,
    pub(crate) load_snapshot: SqlStr,
    pub(crate) save_snapshot: SqlStr,
    pub(crate) find_record: SqlStr,
    pub(crate) find_records: SqlStr,
    pub(crate) count_records: SqlStr,
    pub(crate) make_record: SqlStr,
    pub(crate) change_record: SqlStr,
    pub(crate) remove_record: SqlStr,
    pub(crate) put_records: SqlStr,
    pub(crate) remove_records: SqlStr,
    pub(crate) tell_time: SqlStr,
    pub(crate) create_table: SqlStr,
    pub(crate) create_index: SqlStr,
    pub(crate) drop_table: SqlStr,
    pub(crate) load_rows: SqlStr,
    pub(crate) scan_rows: SqlStr,
    pub(crate) store_rows: SqlStr,
    pub(crate) remove_rows: SqlStr,
    pub(crate) find_rows: SqlStr,
    pub(crate) find_page: SqlStr,
    pub(crate) page: SqlStr,
    pub(crate) page_of_two: SqlStr,
}

impl Statements {
    pub(crate) fn of(schema: &str) -> Self {
        let of = |text: &'static str| in_schema(schema, text);
        Self {
            append: of(include_str!("../sql/append.sql")),
            append_one: of(include_str!("../sql/append_one.sql")),
            find_events: of(include_str!("../sql/find_events.sql")),
            find_ends: of(include_str!("../sql/find_ends.sql")),
            find_writer: of(include_str!("../sql/find_writer.sql")),
            read_stream: of(include_str!("../sql/read_stream.sql")),
            read_stream_page: of(include_str!("../sql/read_stream_page.sql")),
            read_log: of(include_str!("../sql/read_log.sql")),
            read_log_page: of(include_str!("../sql/read_log_page.sql")),
            read_types: of(include_str!("../sql/read_types.sql")),
            read_head: of(include_str!("../sql/read_head.sql")),
            read_size: of(include_str!("../sql/read_size.sql")),
            locate_event: of(include_str!("../sql/locate_event.sql")),
            announce: of(include_str!("../sql/announce.sql")),
            load_snapshot: of(include_str!("../sql/load_snapshot.sql")),
            save_snapshot: of(include_str!("../sql/save_snapshot.sql")),
            find_record: of(include_str!("../sql/find_record.sql")),
            find_records: of(include_str!("../sql/find_records.sql")),
            count_records: of(include_str!("../sql/count_records.sql")),
            make_record: of(include_str!("../sql/make_record.sql")),
            change_record: of(include_str!("../sql/change_record.sql")),
            remove_record: of(include_str!("../sql/remove_record.sql")),
            put_records: of(include_str!("../sql/put_records.sql")),
            remove_records: of(include_str!("../sql/remove_records.sql")),
            tell_time: of(include_str!("../sql/tell_time.sql")),
            create_table: of(include_str!("../sql/create_table.sql")),
            create_index: of(include_str!("../sql/create_index.sql")),
            drop_table: of(include_str!("../sql/drop_table.sql")),
            load_rows: of(include_str!("../sql/load_rows.sql")),
            scan_rows: of(include_str!("../sql/scan_rows.sql")),
            store_rows: of(include_str!("../sql/store_rows.sql")),
            remove_rows: of(include_str!("../sql/remove_rows.sql")),
            find_rows: of(include_str!("../sql/find_rows.sql")),
            find_page: of(include_str!("../sql/find_page.sql")),
            page: of(include_str!("../sql/page.sql")),
            page_of_two: of(include_str!("../sql/page_of_two.sql")),
        }
    }
}

/// A statement that is written for the schema `annals`, for `schema`: in quotes, since it may be a word of
/// SQL.
pub(crate) fn in_schema(schema: &str, text: &'static str) -> SqlStr {
    match schema {
        "annals" => text.into_sql_str(),
        _ => AssertSqlSafe(text.replace("annals", &format!("\"{schema}\""))).into_sql_str(),
    }
}
