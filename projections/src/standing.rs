//! Setting a projection up: its record, its first build, its checkpoint.

use annals_core::{Event, ModelTx, Position, ReadModels, StoreError, StoreErrorKind};

use crate::{
    books::{self, Found, Lease, Mark, ParkedEvent, ParkedKey, Report, Share, Standing},
    build::Build,
    key::SLICES,
    sink::{Sink, Traits},
};

/// How a projection stands; the first one to ask sets it up.
pub(crate) async fn settle<S: Sink>(
    tx: &mut dyn ModelTx,
    sink: &S,
    traits: &Traits<S::Event>,
) -> Result<Found<Standing>, StoreError> {
    let key = books::part(traits.name);
    if let Some(found) = books::find::<Standing>(tx, &key).await? {
        if found.entry.kind != traits.kind {
            let message = format!("something else goes by the name {:?} already", traits.name);
            return Err(StoreError::new(StoreErrorKind::Invalid, message));
        }
        return Ok(found);
    }
    sink.check(tx)?;
    let types = S::Event::NAMES.iter().map(|name| (*name).to_owned()).collect();
    let standing = Standing::new(traits.kind, traits.version, types);
    if !books::swap(tx, &key, None, Some(&standing)).await? {
        return Err(raced());
    }
    books::put(tx, &[(key, standing.live)]).await?;
    begin_build(tx, sink, traits, standing.live).await?;
    Ok(Found { text: books::write(&standing), entry: standing })
}

/// Writes down how a projection stands now, and which build is read.
pub(crate) async fn change(
    tx: &mut dyn ModelTx,
    name: &str,
    found: &Found<Standing>,
    standing: &Standing,
) -> Result<(), StoreError> {
    let key = books::part(name);
    if !books::swap(tx, &key, Some(found), Some(standing)).await? {
        return Err(raced());
    }
    if standing.live == found.entry.live {
        return Ok(());
    }
    books::put(tx, &[(key, standing.live)]).await
}

/// Makes what a build is written to, and its checkpoint, which is at the start.
pub(crate) async fn begin_build<S: Sink>(
    tx: &mut dyn ModelTx,
    sink: &S,
    traits: &Traits<S::Event>,
    build: Build,
) -> Result<(), StoreError> {
    let key = Share { build: build.number(), first: 0 }.key(traits.name);
    // From a time before there were builds. What is made anew here does not begin there.
    let before = books::find::<Mark>(tx, &key).await?;
    if before.is_none() || traits.is_built_beside {
        let (position, last, owner) = (Position::START, None, None);
        let whole = Mark { end: SLICES, position, last, owner, turns: 0 };
        if !books::swap(tx, &key, before.as_ref(), Some(&whole)).await? {
            return Err(raced());
        }
    }
    sink.begin(build, tx).await
}

/// Removes a build that is not read any more, with all that is known about it.
pub(crate) async fn remove_build<S: Sink>(
    models: &dyn ReadModels,
    sink: &S,
    traits: &Traits<S::Event>,
    build: Build,
) -> Result<(), StoreError> {
    let mut tx = models.begin().await?;
    let found = settle(&mut *tx, sink, traits).await?;
    let mut standing = found.entry.clone();
    standing.dropping.retain(|(dropping, _)| *dropping != build);
    if standing == found.entry {
        return tx.commit().await;
    }
    change(&mut *tx, traits.name, &found, &standing).await?;
    let below = books::of_build(traits.name, build.number());
    books::remove_below::<Mark>(&mut *tx, &below).await?;
    books::remove_below::<Lease>(&mut *tx, &below).await?;
    books::remove_below::<Report>(&mut *tx, &below).await?;
    books::remove_below::<ParkedKey>(&mut *tx, &below).await?;
    books::remove_below::<ParkedEvent>(&mut *tx, &below).await?;
    sink.discard(build, &mut *tx).await?;
    tx.commit().await
}

/// Somebody else has written the same record. Who looks again sees what they wrote.
pub(crate) fn raced() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "another worker was at the same records")
}
