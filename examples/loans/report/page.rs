//! The figures on one page, which needs nothing else.

use super::{
    super::{Failure, domain::State},
    charts::{self, Bars},
    figures::{Figures, WAY},
    tables,
};

const DAY: f64 = 86_400_000.0;
const HOUR: f64 = 3_600_000.0;

const REAL: &str = "The data are B. van Dongen, BPI Challenge 2012, 4TU.ResearchData, \
    <a href=\"https://doi.org/10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f\">\
    doi:10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f</a>, if this is that log.";

const GENERATED: &str = "Nothing of this has happened: the log was generated.";

pub(super) fn page(figures: &Figures) -> Result<String, Failure> {
    let reached = |state: State| {
        figures.reached.iter().find(|(its, _)| *its == state).map_or(0, |(_, count)| *count)
    };
    let funnel = charts::bars(&Bars {
        names: WAY.iter().map(|state| state.name().to_owned()).collect(),
        series: vec![("reached", WAY.iter().map(|state| count(reached(*state))).collect())],
        unit: "applications",
    })?;
    let days = |millis: i64| of(millis, DAY);
    let throughput = charts::bars(&Bars {
        names: figures.bands.iter().map(|band| band.name.to_owned()).collect(),
        series: vec![
            ("90 % within", figures.bands.iter().map(|band| days(band.p90)).collect()),
            ("median", figures.bands.iter().map(|band| days(band.median)).collect()),
        ],
        unit: "days",
    })?;
    let most: Vec<_> = figures.resources.iter().take(12).collect();
    let workload = charts::bars(&Bars {
        names: most.iter().map(|resource| resource.name.clone()).collect(),
        series: vec![
            ("present", most.iter().map(|it| of(it.shift.present, HOUR)).collect()),
            ("at work", most.iter().map(|it| of(it.shift.busy, HOUR)).collect()),
        ],
        unit: "hours",
    })?;
    let by_day = charts::days(&figures.days)?;
    let tables = escaped(&tables::tables(figures));
    let note = if figures.is_generated { GENERATED } else { REAL };
    Ok(format!(
        "<!doctype html>
<html lang=\"en\"><meta charset=\"utf-8\"><title>Loan applications</title>
<meta name=\"viewport\" content=\"width=device-width\">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:920px;margin:2em auto;padding:0 1em}}
div{{overflow-x:auto}}svg{{width:100%;min-width:640px;height:auto}}
ul{{list-style:none;padding:0;margin:0;font-size:14px}}li{{display:inline-block;margin-right:1em}}
li::before{{content:\"\";display:inline-block;width:.8em;height:.8em;margin-right:.4em;background:var(--its)}}
pre{{overflow-x:auto;font-size:13px}}</style>
<h1>Loan applications</h1>
<h2>By state and day</h2>{by_day}
<h2>From submitted to activated</h2>{funnel}
<h2>From submission to the end</h2>{throughput}
<h2>Resources: present and at work</h2>{workload}
<h2>The same in tables</h2><pre>{tables}</pre>
<p>{note}</p></html>
"
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn of(millis: i64, unit: f64) -> f64 {
    let seconds = i32::try_from(millis / 1_000).unwrap_or(i32::MAX);
    f64::from(seconds) * 1_000.0 / unit
}
