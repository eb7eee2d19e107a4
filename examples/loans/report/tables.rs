//! The figures as tables, for a terminal of 80 columns.

use std::fmt::Write;

use super::{
    super::domain::State,
    figures::{Figures, WAY},
};

/// How many rows of a long table are shown.
const SHOWN: usize = 12;

pub(super) fn tables(figures: &Figures) -> String {
    let mut text = String::new();
    // Writing to a `String` does not fail.
    let _ = write(figures, &mut text);
    text
}

fn write(figures: &Figures, text: &mut String) -> std::fmt::Result {
    writeln!(text, "Applications by state, at the end of the last day of each month")?;
    writeln!(text)?;
    write!(text, "{:<10}", "")?;
    for state in State::ALL {
        let name: String = state.name().chars().take(6).collect();
        write!(text, "{name:>7}")?;
    }
    writeln!(text)?;
    let month = |place: usize| figures.days.get(place).map(|(day, _)| &day[..7]);
    for (place, (day, counts)) in figures.days.iter().enumerate() {
        if month(place) != month(place + 1) {
            write!(text, "{day:<10}")?;
            counts.iter().try_for_each(|count| write!(text, "{count:>7}"))?;
            writeln!(text)?;
        }
    }

    writeln!(text, "\nFrom submitted to activated\n")?;
    writeln!(text, "{:<20}{:>8}{:>14}{:>18}", "", "reached", "of submitted", "of the one before")?;
    let count = |state: State| {
        figures.reached.iter().find(|(its, _)| *its == state).map_or(0, |(_, count)| *count)
    };
    let mut before = count(State::Submitted);
    for state in WAY {
        let (here, first) = (count(state), count(State::Submitted));
        let (of_first, of_before) = (percent(here, first), percent(here, before));
        writeln!(text, "{:<20}{here:>8}{of_first:>14}{of_before:>18}", state.name())?;
        before = here;
    }
    for state in [State::Declined, State::Cancelled] {
        let of_first = percent(count(state), count(State::Submitted));
        writeln!(text, "{:<20}{:>8}{of_first:>14}", state.name(), count(state))?;
    }

    writeln!(text, "\nFrom submission to the end, by amount in euros\n")?;
    writeln!(text, "{:<20}{:>8}{:>14}{:>14}", "", "ended", "median", "90 %")?;
    for band in &figures.bands {
        let (median, p90) = (long(band.median), long(band.p90));
        writeln!(text, "{:<20}{:>8}{median:>14}{p90:>14}", band.name, band.ended)?;
    }

    writeln!(text, "\nResources, by how long they worked; a d has 24 hours\n")?;
    let heads = ["days", "completed", "present", "at work", "idle"];
    write!(text, "{:<10}", "")?;
    heads.iter().try_for_each(|head| write!(text, "{head:>12}"))?;
    writeln!(text)?;
    for resource in figures.resources.iter().take(SHOWN) {
        let (present, busy) = (long(resource.shift.present), long(resource.shift.busy));
        let idle = long(resource.idle());
        write!(text, "{:<10}{:>12}{:>12}", resource.name, resource.days, resource.completed)?;
        writeln!(text, "{present:>12}{busy:>12}{idle:>12}")?;
    }
    let more = figures.resources.len().saturating_sub(SHOWN);
    if more > 0 {
        writeln!(text, "and {more} more")?;
    }
    writeln!(text)
}

pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = part * 1_000 / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// Milliseconds, as people say them.
pub(super) fn long(millis: i64) -> String {
    let minutes = millis / 60_000;
    match minutes {
        0 => format!("{} s", millis / 1_000),
        1..180 => format!("{minutes} min"),
        180..2_880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1_440),
    }
}
