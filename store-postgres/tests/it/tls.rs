//! Encrypted connections, and those that cannot be had.

use annals_core::StoreErrorKind;
use annals_postgres::{PostgresSettings, PostgresStore};

use crate::database::{fresh_settings, url};

/// What is said of a server that is asked for more than it, or this program, can do.
async fn refused(url: &str, settings: PostgresSettings) -> String {
    let error = PostgresStore::open(url, settings).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error:?}");
    format!("{error:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn encryption_that_cannot_be_had_is_not_done_without() {
    for mode in ["require", "verify-ca", "verify-full"] {
        let refusal = refused(&format!("{}?sslmode={mode}", url()), fresh_settings()).await;
        assert!(refusal.contains("encrypted"), "{mode}: {refusal}");
    }
}

#[cfg(feature = "tls")]
mod encrypted {
    use annals_core::EventStore;
    use annals_test_postgres::Server;

    use super::refused;
    use crate::{
        database::open_at,
        servers::{aside, binaries, settings},
        short_run::short_run,
        sql::Sql,
        words::{eventually, position},
    };

    fn server() -> (Server, String) {
        let (server, authority) =
            aside(|| Server::start_with_tls(&binaries(), &[("fsync", "off")]));
        let authority = authority.to_str().unwrap().to_owned();
        (server, authority)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_connection_to_a_server_that_is_vouched_for_is_encrypted() {
        let (server, authority) = server();
        let url = server.url("postgres");
        let url = format!("{url}?sslmode=verify-full&sslrootcert={authority}");
        let store = open_at(&url, &settings()).await;
        short_run(&store).await.unwrap();
        let waiter = tokio::spawn({
            let store = store.clone();
            async move { store.wait_past(position(1_000)).await.is_ok() }
        });

        let mut sql = Sql::connect(&url, "annals").await;
        let of_store = "FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                        WHERE application_name = 'annals'";
        let listens = format!("SELECT count(*) {of_store} AND query LIKE 'LISTEN%'");
        eventually(async || sql.ask::<i64>(&listens).await == 1).await;
        let encrypted = sql.column::<bool>(&format!("SELECT ssl {of_store}")).await;
        assert!(encrypted.len() >= 4 && encrypted.iter().all(|ssl| *ssl), "{encrypted:?}");
        waiter.abort();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_that_another_vouches_for_is_refused() {
        let (server, _) = server();
        let url = server.url("postgres");
        let other = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/other_authority.pem");
        let refusal =
            refused(&format!("{url}?sslmode=verify-full&sslrootcert={other}"), settings()).await;
        assert!(refusal.contains("encrypted") && refusal.contains("UnknownIssuer"), "{refusal}");
    }
}
