//! What the read models say, in tables and on a page.

mod figures;
mod tables;
mod charts;
mod page;

use std::{fs, io, path::Path};

use annals::{Annals, Filter, Position};
use futures::TryStreamExt;

pub(crate) use self::figures::Figures;
use super::{Failure, import::catch_up, models::Models, screen};

/// Writes the page, and prints the tables.
pub(crate) async fn report(annals: &Annals, html: &Path) -> Result<(), Failure> {
    bring_up_to_date(annals).await?;
    let figures = Figures::read(annals).await?;
    write(html, &page::page(&figures)?)
        .map_err(|error| format!("{} cannot be written: {error}", html.display()))?;
    screen::print(&format!("{}with charts: {}\n\n", tables::tables(&figures), html.display()))
}

fn write(path: &Path, page: &str) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, page)
}

/// Has the read models follow until they have everything that is in the log.
async fn bring_up_to_date(annals: &Annals) -> Result<(), Failure> {
    let head = {
        let mut log = annals.store().read_log(Position::START, Filter::All);
        // Of an empty log nobody says how far it is.
        if log.try_next().await?.is_none() {
            Position::START
        } else {
            annals.store().wait_past(Position::START).await?
        }
    };
    let running = Models::new(annals).follow(annals, false).await?;
    catch_up(&running, head).await?;
    running.stop().await?;
    Ok(())
}
