//! Where a run takes place: on a server of its own, or in a file of its own.

use annals_test_postgres::{Binaries, Server};

use crate::{Result, scenario::Store, sqlite::House};

/// All else is as PostgreSQL has it.
const SETTINGS: [(&str, &str); 2] = [("max_connections", "300"), ("fsync", "on")];

/// Gone, with all that is in it, when it is dropped.
pub(crate) enum Stage {
    Postgres(Box<Server>),
    Sqlite(House),
}

impl Stage {
    pub(crate) fn set(store: Store) -> Result<Self> {
        Ok(match store {
            Store::Postgres => {
                Self::Postgres(Box::new(Server::start(&Binaries::find()?, &SETTINGS)?))
            }
            Store::Sqlite => Self::Sqlite(House::new()?),
        })
    }

    /// What everybody is told of it.
    pub(crate) fn url(&self) -> Result<String> {
        match self {
            Self::Postgres(server) => Ok(server.url("postgres")),
            Self::Sqlite(house) => house.url("log.db"),
        }
    }

    /// Restarts the server at once, whatever is on its way.
    pub(crate) fn restart(&mut self) -> Result<()> {
        let Self::Postgres(server) = self else { return Err("a file is not restarted".into()) };
        server.kill()?;
        Ok(server.start_again()?)
    }
}
