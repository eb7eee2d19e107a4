//! The figures of a report, read from the read models.

use std::collections::BTreeMap;

use annals::{Annals, Rows, StoreError};

use super::super::{
    Failure,
    domain::State,
    models::{BANDS, Days, Models, Shift, Throughput, all_rows, read_days},
};

/// The states on the way to a loan, in order.
pub(crate) const WAY: [State; 6] = [
    State::Submitted,
    State::PartlySubmitted,
    State::Preaccepted,
    State::Accepted,
    State::Finalised,
    State::Activated,
];

/// Everything that a report shows. The same on every store.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Figures {
    /// Days, each with how many applications were in each state when it ended, as [`State::ALL`] has them.
    pub(crate) days: Vec<(String, Vec<i64>)>,
    /// How many were ever in each state.
    pub(crate) reached: Vec<(State, u64)>,
    /// How long applications took, by what they were about.
    pub(crate) bands: Vec<Band>,
    /// Who worked most comes first.
    pub(crate) resources: Vec<Resource>,
    /// How many applications have a case number that the generator gives.
    pub(crate) is_generated: bool,
}

/// How long applications of some amount took, in milliseconds.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Band {
    pub(crate) name: &'static str,
    pub(crate) ended: usize,
    pub(crate) median: i64,
    pub(crate) p90: i64,
}

/// The work of a resource.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Resource {
    pub(crate) name: String,
    pub(crate) days: usize,
    pub(crate) completed: u32,
    /// In milliseconds, of all days.
    pub(crate) shift: Shift,
}

impl Resource {
    /// How long it was there and at work on nothing that is known, in milliseconds.
    pub(crate) fn idle(&self) -> i64 {
        self.shift.present - self.shift.busy
    }
}

impl Figures {
    pub(crate) async fn read(annals: &Annals) -> Result<Self, Failure> {
        let models = Models::new(annals);
        let one = models.present.query().limit(1).page().await?;
        Ok(Self {
            days: standing(&read_days(annals).await?),
            reached: reached(&models).await?,
            bands: bands(&models.throughput).await?,
            resources: resources(&models).await?,
            is_generated: one.rows.iter().any(|(case, _)| case.starts_with('G')),
        })
    }
}

/// From how many came and went to how many there are.
fn standing(days: &Days) -> Vec<(String, Vec<i64>)> {
    let mut standing: Vec<(String, Vec<i64>)> = vec![];
    for ((day, state), its) in days {
        if standing.last().is_none_or(|(last, _)| last != day) {
            let before = standing.last().map(|(_, before)| before.clone());
            let before = before.unwrap_or_else(|| vec![0; State::ALL.len()]);
            standing.push((day.clone(), before));
        }
        let place = State::ALL.iter().position(|it| it.name() == state);
        if let (Some((_, counts)), Some(place)) = (standing.last_mut(), place) {
            counts[place] += its.entered - its.departed;
        }
    }
    standing
}

async fn reached(models: &Models) -> Result<Vec<(State, u64)>, StoreError> {
    let names = State::ALL.iter().map(|state| state.name());
    let rows = models.funnel.get_many(names).await?;
    let count = |state: &State| rows.get(state.name()).map_or(0, |row| row.reached);
    Ok(State::ALL.iter().map(|state| (*state, count(state))).collect())
}

async fn bands(rows: &Rows<Throughput>) -> Result<Vec<Band>, StoreError> {
    let mut bands = vec![];
    for (_, name) in BANDS {
        let asked = || {
            let ended = rows.query().filter(Throughput::BAND.is(name));
            ended.filter(Throughput::MILLIS.at_least(0)).order_by(Throughput::MILLIS).limit(1_000)
        };
        let (mut millis, mut query) = (vec![], asked());
        loop {
            let page = query.page().await?;
            millis.extend(page.rows.iter().filter_map(|(_, row)| row.millis()));
            let Some(next) = page.next else { break };
            query = asked().after(next);
        }
        let (median, p90) = (ranked(&millis, 50), ranked(&millis, 90));
        bands.push(Band { name, ended: millis.len(), median, p90 });
    }
    Ok(bands)
}

/// The smallest of these, which are in order, that so many of a hundred do not exceed.
fn ranked(ordered: &[i64], percent: usize) -> i64 {
    let rank = (ordered.len() * percent).div_ceil(100);
    ordered.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

async fn resources(models: &Models) -> Result<Vec<Resource>, StoreError> {
    let mut resources: BTreeMap<String, Resource> = BTreeMap::new();
    for (key, row) in all_rows(&models.workload).await? {
        let Some((name, _)) = key.rsplit_once('/') else { continue };
        let resource = resources.entry(name.to_owned()).or_default();
        name.clone_into(&mut resource.name);
        resource.days += 1;
        resource.completed += row.completed;
        resource.shift.present += row.shift().present;
        resource.shift.busy += row.shift().busy;
    }
    let mut resources: Vec<_> = resources.into_values().collect();
    resources.sort_by(|one, other| {
        other.shift.busy.cmp(&one.shift.busy).then(one.name.cmp(&other.name))
    });
    Ok(resources)
}
