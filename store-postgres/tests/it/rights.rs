//! What a role must be allowed to do, and what it need not.

use annals_core::{StoreError, StoreErrorKind};
use annals_postgres::{PostgresSettings, PostgresStore, migration_script};

use crate::{
    database::{connect, fresh_name, fresh_settings, url},
    short_run::{keep_rows, run_without_tables, short_run},
    sql::Sql,
};

/// What it needs besides to make tables of views.
const FOR_TABLES: (&str, &str) = ("CREATE", "SCHEMA");

/// All that a role needs that opens a log with `migrate` off, in a schema that somebody else made.
const NEEDED: [(&str, &str); 11] = [
    ("USAGE", "SCHEMA"),
    ("SELECT", "migration"),
    ("SELECT", "event"),
    ("INSERT", "event"),
    ("SELECT", "snapshot"),
    ("INSERT", "snapshot"),
    ("UPDATE", "snapshot"),
    ("SELECT", "record"),
    ("INSERT", "record"),
    ("UPDATE", "record"),
    ("DELETE", "record"),
];

/// A schema, and a role that may do what is needed in it and no more.
struct Restricted {
    owner: Sql,
    role: String,
    settings: PostgresSettings,
}

impl Restricted {
    async fn new() -> Self {
        let settings = PostgresSettings { migrate: false, ..fresh_settings() };
        let (mut owner, role) = (connect(&settings).await, fresh_name());
        owner.run(&migration_script(&settings.schema).unwrap()).await;
        owner.run(&format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'")).await;
        let mut made = Self { owner, role, settings };
        for right in NEEDED {
            made.change("GRANT", right, "TO").await;
        }
        made
    }

    async fn change(&mut self, verb: &str, (right, object): (&str, &str), whom: &str) {
        let Self { owner, role, settings } = self;
        let object = match object {
            "SCHEMA" => format!("SCHEMA {}", settings.schema),
            table => table.into(),
        };
        owner.run(&format!("{verb} {right} ON {object} {whom} {role}")).await;
    }

    fn url(&self) -> String {
        let url = url();
        let (_, address) = url.split_once('@').unwrap();
        format!("postgres://{}:secret@{address}", self.role)
    }

    /// Opens the log as that role, and asks for one of everything but tables.
    async fn run(&self) -> Result<(), StoreError> {
        run_without_tables(&self.open().await?).await
    }

    async fn open(&self) -> Result<PostgresStore, StoreError> {
        PostgresStore::open(&self.url(), self.settings.clone()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_define_nothing_can_do_everything_else() {
    let restricted = Restricted::new().await;
    restricted.run().await.unwrap();

    let mut sql = Sql::connect(&restricted.url(), &restricted.settings.schema).await;
    for forbidden in [
        "CREATE TABLE theirs ()",
        "UPDATE event SET position = 7",
        "DELETE FROM event",
        "TRUNCATE event",
        "ALTER TABLE event DISABLE TRIGGER ALL",
        "UPDATE migration SET hash = ''",
        "DELETE FROM snapshot",
        "TRUNCATE record",
    ] {
        let refusal = sql.refused(forbidden).await;
        assert!(
            refusal.contains("permission denied") || refusal.contains("must be owner"),
            "{forbidden}: {refusal}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_lacks_any_needed_right_is_told_so() {
    for right in NEEDED {
        let mut restricted = Restricted::new().await;
        restricted.change("REVOKE", right, "FROM").await;
        let error = restricted.run().await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Invalid, "without {right:?}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_makes_tables_of_views_needs_to_create_in_the_schema_and_nothing_else() {
    let mut restricted = Restricted::new().await;
    let error = keep_rows(&restricted.open().await.unwrap(), "it").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error:?}");
    restricted.change("GRANT", FOR_TABLES, "TO").await;
    short_run(&restricted.open().await.unwrap()).await.unwrap();
}
