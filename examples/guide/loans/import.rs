//! Rows of the bank's log, each of them a command.

use annals::prelude::*;

use super::Failure;
use super::domain::{Advance, Application, Money, Submit};

/// Application, entry, day, who, what, and how many euros.
pub const ROWS: &str = "\
173688,1,2011-10-01,112,submitted,20000
173688,2,2011-10-01,112,preaccepted,
173691,1,2011-10-01,112,submitted,5000
173691,2,2011-10-08,10913,declined,
173691,3,2011-10-08,10913,offered,
173688,3,2011-10-08,10862,offered,
";

/// Imports them, and says where the last of them stands.
pub async fn import(annals: &Annals, rows: &str) -> Result<Position, Failure> {
    let mut last = Position::START;
    for row in rows.lines() {
        let [case, entry, day, who, what, euros] = row.split(',').collect::<Vec<_>>()[..] else {
            return Err(format!("{row:?} is no row").into());
        };
        let (stream, key) = (Application::stream(case), format!("{case}/{entry}"));
        let mut metadata = Metadata { actor: Some(who.to_owned()), ..Metadata::default() };
        metadata.extra.insert("day".to_owned(), day.to_owned());
        let sent = if what == "submitted" {
            let submit = Submit(Money::of_euros(euros.parse()?));
            annals.execute(stream, submit).idempotency_key(&key).metadata(metadata).await
        } else {
            let advance = Advance(serde_json::from_value(what.into())?);
            annals.execute(stream, advance).idempotency_key(&key).metadata(metadata).await
        };
        match sent {
            Ok(committed) => last = last.max(committed.position()),
            Err(ExecuteError::Rejected(refused)) => println!("{key} rejected: {refused}"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(last)
}
