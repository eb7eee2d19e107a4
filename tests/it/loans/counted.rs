//! What a log of applications comes to, counted straight from its file: by nothing of the example.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use flate2::bufread::GzDecoder;

/// The counts of a file.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) rows: usize,
    /// How many rows say so of an application.
    pub(super) reached: BTreeMap<String, u64>,
    /// By day and state: how many more came than went.
    pub(super) changes: BTreeMap<(String, String), i64>,
    /// How long those took that have ended, in order, by amount.
    pub(super) took: BTreeMap<usize, Vec<i64>>,
    /// By resource: days, pieces of work completed, time there and time at work.
    pub(super) resources: BTreeMap<String, (usize, u32, i64, i64)>,
}

/// A day of a resource, in milliseconds since 1970.
#[derive(Default)]
struct Shift {
    completed: u32,
    times: Vec<i64>,
    spans: Vec<(i64, i64)>,
}

/// Counts the rows of a file.
pub(super) fn count(path: &Path) -> Counted {
    let mut counted = Counted::default();
    let mut state: BTreeMap<String, String> = BTreeMap::new();
    let mut begun: BTreeMap<String, i64> = BTreeMap::new();
    let mut ended: BTreeMap<String, (u64, i64)> = BTreeMap::new();
    let mut work: BTreeMap<(String, String), (i64, String)> = BTreeMap::new();
    let mut shifts: BTreeMap<(String, String), Shift> = BTreeMap::new();
    for record in csv::Reader::from_reader(input(path)).into_records() {
        let record = record.unwrap();
        let [time, case, _, euros, _, activity, lifecycle, resource] =
            std::array::from_fn(|column| record[column].to_owned());
        let (day, at) = (time[..10].to_owned(), millis(&time));
        counted.rows += 1;

        let mut started = None;
        if activity.starts_with("A_") {
            *counted.reached.entry(activity.clone()).or_default() += 1;
            *counted.changes.entry((day.clone(), activity.clone())).or_default() += 1;
            if let Some(before) = state.insert(case.clone(), activity.clone()) {
                *counted.changes.entry((day.clone(), before)).or_default() -= 1;
            }
            begun.entry(case.clone()).or_insert(at);
            if ["A_ACTIVATED", "A_DECLINED", "A_CANCELLED"].contains(&&*activity) {
                ended.insert(case.clone(), (euros.parse().unwrap(), at - begun[&case]));
            }
        } else if lifecycle == "START" {
            work.insert((case, activity.clone()), (at, day.clone()));
        } else if lifecycle == "COMPLETE" && activity.starts_with("W_") {
            started = work.remove(&(case, activity.clone()));
        }
        if resource.is_empty() {
            continue;
        }
        let shift = shifts.entry((resource, day.clone())).or_default();
        shift.times.push(at);
        if lifecycle == "COMPLETE" && activity.starts_with("W_") {
            shift.completed += 1;
            if let Some((from, its_day)) = started.filter(|(_, its_day)| *its_day == day) {
                assert_eq!(its_day, day);
                shift.times.push(from);
                shift.spans.push((from, at));
            }
        }
    }
    for (euros, took) in ended.into_values() {
        let band = [5_000, 10_000, 20_000, 50_000].iter().filter(|end| euros >= **end).count();
        counted.took.entry(band).or_default().push(took);
    }
    counted.took.values_mut().for_each(|times| times.sort_unstable());
    for ((resource, _), shift) in shifts {
        let total = counted.resources.entry(resource).or_default();
        total.0 += 1;
        total.1 += shift.completed;
        total.2 += shift.times.iter().max().unwrap() - shift.times.iter().min().unwrap();
        total.3 += covered(shift.spans);
    }
    counted
}

/// The shortest of these times that so many of them do not exceed.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "there are few")]
pub(super) fn within(took: &[i64], share: f64) -> i64 {
    let is_enough = |time: &&i64| {
        let shorter = took.iter().filter(|its| its <= time).count();
        shorter as f64 >= share * took.len() as f64
    };
    took.iter().filter(is_enough).min().copied().unwrap_or_default()
}

/// How many milliseconds are in any of these spans.
fn covered(mut spans: Vec<(i64, i64)>) -> i64 {
    spans.sort_unstable();
    let (mut covered, mut end) = (0, i64::MIN);
    for (from, to) in spans {
        covered += (to - from.max(end)).max(0);
        end = end.max(to);
    }
    covered
}

fn input(path: &Path) -> Box<dyn Read> {
    let file = BufReader::new(File::open(path).unwrap());
    match path.extension().is_some_and(|extension| extension == "gz") {
        true => Box::new(GzDecoder::new(file)),
        false => Box::new(file),
    }
}

/// `2011-10-01T00:38:44.546+02:00` in milliseconds since 1970, by the calendar's own arithmetic.
fn millis(time: &str) -> i64 {
    let number = |from: usize, to: usize| time[from..to].parse::<i64>().unwrap();
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    // Howard Hinnant, "chrono-compatible low-level date algorithms".
    let (shifted, month) = (year - i64::from(month <= 2), (month + 9) % 12);
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let seconds = number(11, 13) * 3_600 + number(14, 16) * 60 + number(17, 19);
    let offset = number(24, 26) * 3_600 + number(27, 29) * 60;
    assert_eq!(&time[23..24], "+");
    (days * 86_400 + seconds - offset) * 1_000 + number(20, 23)
}
