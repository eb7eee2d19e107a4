//! The texts of all statements, for one schema.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// Each statement by its name, which is that of its file.
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
    pub(crate) locate_event: SqlStr,
    pub(crate) announce: SqlStr,
    pub(crate) load_snapshot: SqlStr,
    pub(crate) save_snapshot: SqlStr,
    pub(crate) load_checkpoint: SqlStr,
    pub(crate) begin_checkpoint: SqlStr,
    pub(crate) advance_checkpoint: SqlStr,
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
            locate_event: of(include_str!("../sql/locate_event.sql")),
            announce: of(include_str!("../sql/announce.sql")),
            load_snapshot: of(include_str!("../sql/load_snapshot.sql")),
            save_snapshot: of(include_str!("../sql/save_snapshot.sql")),
            load_checkpoint: of(include_str!("../sql/load_checkpoint.sql")),
            begin_checkpoint: of(include_str!("../sql/begin_checkpoint.sql")),
            advance_checkpoint: of(include_str!("../sql/advance_checkpoint.sql")),
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
