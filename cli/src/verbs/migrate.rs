//! `annals migrate`: makes a log, or brings its tables up to date; or prints the SQL that does.

use serde_json::json;

use crate::{
    args::{Global, MigrateArgs},
    failure::{Failure, chain},
    screen::Screen,
    store::{Migrate, open, scheme, url},
};

pub(super) async fn run(
    global: &Global,
    args: &MigrateArgs,
    screen: &Screen,
) -> Result<(), Failure> {
    if args.print {
        return screen.raw(script(url(global)?)?.as_bytes());
    }
    // What it says when it is not up to date is said as it is.
    let before = open(global, Migrate::No).await;
    if args.dry_run {
        let store = before?;
        return tell(&store.kind.migrations(), false, &store.url, screen);
    }
    let (store, is_changed) = match before {
        Ok(store) => (store, false),
        Err(_) => (open(global, Migrate::Yes).await?, true),
    };
    tell(&store.kind.migrations(), is_changed, &store.url, screen)
}

fn tell(
    migrations: &[(i32, &'static str)],
    is_changed: bool,
    url: &str,
    screen: &Screen,
) -> Result<(), Failure> {
    let version = migrations.last().map(|(number, _)| *number);
    if screen.is_json {
        let version = json!({ "url": url, "schema_version": version, "is_changed": is_changed });
        return screen.json(&version);
    }
    let said = if is_changed { "is now up to date" } else { "is up to date already" };
    match migrations.last() {
        Some((number, name)) => screen.line(&format!("{url} {said}: {number} ({name})")),
        None => screen.line(&format!("{url} needs no tables")),
    }
}

/// Everything that makes a log from nothing.
fn script(url: &str) -> Result<String, Failure> {
    match &*scheme(url) {
        "sqlite" => Ok(annals::sqlite_migration_script()),
        "postgres" | "postgresql" => {
            let query = url.split_once('?').map_or("", |(_, query)| query);
            let mut schemas = query.split('&').filter_map(|pair| pair.strip_prefix("schema="));
            let script = annals::postgres_migration_script(schemas.next_back().unwrap_or("annals"));
            script.map_err(|error| Failure::usage(chain(&error)))
        }
        "memory" => Ok(String::new()),
        _ => Err(Failure::usage("there is no SQL for a store of that kind")),
    }
}
