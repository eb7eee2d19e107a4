//! Whether the schema is still what the migrations made of it.

use std::collections::BTreeSet;

use annals_core::StoreError;
use sqlx::{PgConnection, Row};

use crate::{error::store_error, migrations::invalid};

const DESCRIBE_SCHEMA: &str = include_str!("../sql/describe_schema.sql");

/// What `describe_schema.sql` answers after all migrations.
const SHAPE: &str = include_str!("../migrations/shape.txt");

/// Compares the schema with what it was made as. What was added to it, an index for instance, is none of
/// our concern.
///
/// # Errors
///
/// [`Invalid`](annals_core::StoreErrorKind::Invalid) that names what is missing or was changed.
pub(crate) async fn check(connection: &mut PgConnection, schema: &str) -> Result<(), StoreError> {
    let found = describe(connection, schema).await?;
    let missing: Vec<_> = SHAPE.lines().filter(|line| !found.contains(*line)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join("`, `");
    Err(invalid(format!("the schema {schema} was changed by hand; it should have `{missing}`")))
}

async fn describe(
    connection: &mut PgConnection,
    schema: &str,
) -> Result<BTreeSet<String>, StoreError> {
    let rows = sqlx::query(DESCRIBE_SCHEMA).persistent(false).bind(schema).fetch_all(connection);
    let rows = rows.await.map_err(store_error)?;
    rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(store_error)
}
