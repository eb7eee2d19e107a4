//! What operators ask for, and what was done about it: records that any process can write and read.

use annals_core::{ModelTx, ReadModels, StoreError, StoreErrorKind};

use crate::{
    books::{self, Action, Deed, Found, Request, Standing},
    build::Build,
    sink::Traits,
};

/// How often a record that others change as well is written again.
const ATTEMPTS: usize = 100;

/// Everything that is asked of a projection and not yet answered, in the order in which it was.
pub(crate) async fn pending(
    tx: &mut dyn ModelTx,
    name: &str,
) -> Result<Vec<(String, Found<Request>)>, StoreError> {
    books::below(tx, &books::part(name)).await
}

/// Puts away a request that was done, or refused. `false` if somebody else has.
pub(crate) async fn answer(
    tx: &mut dyn ModelTx,
    key: &str,
    request: &Found<Request>,
    answer: Result<String, String>,
) -> Result<bool, StoreError> {
    if !books::swap(tx, key, Some(request), None).await? {
        return Ok(false);
    }
    let done_at = tx.now().await?.as_micros();
    let Request { what, by, at, .. } = request.entry.clone();
    let (is_done, answer) = match answer {
        Ok(answer) => (true, answer),
        Err(answer) => (false, answer),
    };
    tracing::info!(%what, by, answer, is_done, "an operator was answered");
    let deed = Deed { what, by, at, done_at, answer, is_done, withdrawn_by: None };
    books::put(tx, &[(key.to_owned(), deed)]).await?;
    Ok(true)
}

/// Puts away a request that is not to be done any more, on behalf of `who`. `None` if it was answered before that.
pub(crate) async fn withdraw(
    models: &dyn ReadModels,
    key: &str,
    who: &str,
) -> Result<Option<Deed>, StoreError> {
    for _ in 0..ATTEMPTS {
        let mut tx = models.begin().await?;
        let Some(request) = books::find::<Request>(&mut *tx, key).await? else { return Ok(None) };
        // Whoever answers it swaps the same record: only one of the two finds it as it was.
        if !books::swap(&mut *tx, key, Some(&request), None).await? {
            continue;
        }
        let done_at = tx.now().await?.as_micros();
        let Request { what, by, at, done } = request.entry;
        let mut answer = format!("withdrawn by {who}");
        if !done.is_empty() {
            let done: Vec<_> = done.into_iter().map(|(_, done)| done).collect();
            answer = format!("{answer}; before that: {}", done.join("; "));
        }
        tracing::info!(%what, by, who, "a request was withdrawn");
        let withdrawn_by = Some(who.to_owned());
        let deed = Deed { what, by, at, done_at, answer, is_done: false, withdrawn_by };
        books::put(&mut *tx, &[(key.to_owned(), deed.clone())]).await?;
        tx.commit().await?;
        return Ok(Some(deed));
    }
    Err(contended())
}

/// Says what a share has done of a request. When all shares have, it is answered.
pub(crate) async fn answer_for_share(
    models: &dyn ReadModels,
    name: &str,
    build: Build,
    key: &str,
    first: u16,
    done: String,
) -> Result<(), StoreError> {
    for _ in 0..ATTEMPTS {
        let mut tx = models.begin().await?;
        let Some(request) = books::find::<Request>(&mut *tx, key).await? else { return Ok(()) };
        let mut entry = request.entry.clone();
        if entry.done.iter().all(|(share, _)| *share != first) {
            entry.done.push((first, done.clone()));
        }
        let marks = books::marks(&mut *tx, name, build).await?;
        let has_all = marks
            .iter()
            .all(|(share, _)| entry.done.iter().any(|(first, _)| *first == share.first));
        let is_written = if has_all {
            let is_failing = entry.done.iter().any(|(_, done)| done.contains("still failing"));
            let said = entry.done.iter().map(|(_, done)| done.as_str()).collect::<Vec<_>>();
            let said = said.join("; ");
            let said = if is_failing { Err(said) } else { Ok(said) };
            answer(&mut *tx, key, &request, said).await?
        } else {
            books::swap(&mut *tx, key, Some(&request), Some(&entry)).await?
        };
        if is_written {
            return tx.commit().await;
        }
    }
    Err(contended())
}

fn contended() -> StoreError {
    let message = "a request is being answered by too many at once";
    StoreError::new(StoreErrorKind::Unavailable, message)
}

/// Does what changes nothing but how a projection stands; `None` for what its shares have to do.
pub(crate) fn decide<E>(
    what: &Action,
    standing: &mut Standing,
    traits: &Traits<E>,
    now: i64,
    later: i64,
) -> Option<Result<String, String>> {
    let (version, is_built_beside) = (traits.version, traits.is_built_beside);
    Some(match what {
        Action::Pause if standing.is_paused => Err("it is paused already".to_owned()),
        Action::Pause => {
            standing.is_paused = true;
            Ok("paused".to_owned())
        }
        Action::Resume => {
            standing.is_paused = false;
            standing.resumed = standing.resumed.wrapping_add(1);
            Ok("resumed".to_owned())
        }
        // One that is newer does it.
        Action::Rebuild if version < standing.live.version() => return None,
        Action::Rebuild => match &standing.building {
            Some(building) => Err(format!("build {} is on its way", building.build.number())),
            None if !is_built_beside => {
                Err("it does not say how it is built beside itself".to_owned())
            }
            None => {
                let build = standing.begin_build(version, now);
                Ok(format!("build {} is begun", build.number()))
            }
        },
        Action::CancelRebuild => match standing.building.take() {
            None => Err("nothing is being built".to_owned()),
            Some(building) => {
                let version = building.build.version();
                if version > standing.live.version() {
                    // Or whoever has that version would begin anew.
                    standing.given_up = Some(version);
                }
                // Who still works on it has noticed by then.
                standing.dropping.push((building.build, later));
                Ok(format!("build {} is given up", building.build.number()))
            }
        },
        Action::Discard { keys, .. } if keys.is_empty() => {
            Err("it does not say which keys".to_owned())
        }
        Action::Replay { .. } | Action::Discard { .. } => return None,
    })
}
