//! Charts, as SVG in a text: nothing is loaded from anywhere.

use plotters::{
    coord::ranged1d::{IntoSegmentedCoord, SegmentValue},
    prelude::{
        ChartBuilder, Color, IntoDrawingArea, LineSeries, RGBColor, Rectangle, SVGBackend, WHITE,
    },
};

use super::super::{Failure, domain::State};

const SIZE: (u32, u32) = (900, 380);

/// Of what is written in a chart.
const FONT: (&str, u32) = ("sans-serif", 15);

/// One for each state, none of which looks like another.
const OF_STATES: [RGBColor; 10] = [
    RGBColor(78, 121, 167),
    RGBColor(242, 142, 43),
    RGBColor(118, 183, 178),
    RGBColor(156, 117, 95),
    RGBColor(89, 161, 79),
    RGBColor(237, 201, 72),
    RGBColor(176, 122, 161),
    RGBColor(23, 55, 94),
    RGBColor(214, 39, 40),
    RGBColor(110, 110, 110),
];

const NOTHING: &str = "<p>There is nothing to show yet.</p>";

/// Bars with several values each: their heights, and what is written below.
pub(super) struct Bars<'a> {
    pub(super) names: Vec<String>,
    pub(super) series: Vec<(&'a str, Vec<f64>)>,
    pub(super) unit: &'a str,
}

/// How many applications were in each state, day by day.
pub(super) fn days(days: &[(String, Vec<i64>)]) -> Result<String, Failure> {
    if days.is_empty() {
        return Ok(NOTHING.to_owned());
    }
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let most = days.iter().flat_map(|(_, counts)| counts).max().copied().unwrap_or(1).max(1);
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .x_label_area_size(30)
            .y_label_area_size(60)
            .build_cartesian_2d(0..days.len().max(1), 0..most)?;
        let label = |place: &usize| days.get(*place).map_or(String::new(), |(day, _)| day.clone());
        let mut mesh = chart.configure_mesh();
        mesh.x_labels(6).x_label_formatter(&label).label_style(FONT);
        mesh.y_desc("applications").axis_desc_style(FONT).draw()?;
        for (place, color) in OF_STATES.iter().enumerate() {
            let points = days.iter().enumerate().map(|(day, (_, counts))| (day, counts[place]));
            chart.draw_series(LineSeries::new(points, color.stroke_width(2)))?;
        }
        area.present()?;
    }
    let names = State::ALL.iter().map(|state| state.name());
    Ok(framed(&svg, names.zip(OF_STATES)))
}

/// A chart, and above it what its colours mean: there they cover nothing.
fn framed<'a>(svg: &str, legend: impl Iterator<Item = (&'a str, RGBColor)>) -> String {
    let entry = |(name, RGBColor(red, green, blue))| {
        format!("<li style=\"--its:rgb({red},{green},{blue})\">{name}</li>")
    };
    let legend: String = legend.map(entry).collect();
    format!("<ul>{legend}</ul><div>{svg}</div>")
}

const COLORS: [RGBColor; 2] = [RGBColor(46, 110, 142), RGBColor(222, 165, 75)];

pub(super) fn bars(bars: &Bars<'_>) -> Result<String, Failure> {
    if bars.names.is_empty() {
        return Ok(NOTHING.to_owned());
    }
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let heights = bars.series.iter().flat_map(|(_, heights)| heights);
        let most = heights.copied().fold(1.0, f64::max) * 1.05;
        let end = i32::try_from(bars.names.len().max(1))?;
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .x_label_area_size(30)
            .y_label_area_size(70)
            .build_cartesian_2d((0..end - 1).into_segmented(), 0.0..most)?;
        let label = |place: &SegmentValue<i32>| match place {
            SegmentValue::CenterOf(place) => {
                let name = usize::try_from(*place).ok().and_then(|place| bars.names.get(place));
                name.cloned().unwrap_or_default()
            }
            _ => String::new(),
        };
        let mut mesh = chart.configure_mesh();
        mesh.disable_x_mesh().x_labels(bars.names.len()).x_label_formatter(&label);
        mesh.y_label_formatter(&|height| format!("{height:.0}")).label_style(FONT);
        mesh.y_desc(bars.unit).axis_desc_style(FONT).draw()?;
        // Later ones are drawn over earlier ones, and are narrower.
        for (index, (_, heights)) in bars.series.iter().enumerate() {
            let color = COLORS[index % COLORS.len()];
            let inset = 12 + 8 * u32::try_from(index)?;
            let bar = |(place, height): (i32, &f64)| {
                let from = (SegmentValue::Exact(place), 0.0);
                let to = match place + 1 == end {
                    true => SegmentValue::Last,
                    false => SegmentValue::Exact(place + 1),
                };
                let mut bar = Rectangle::new([from, (to, *height)], color.filled());
                bar.set_margin(0, 0, inset, inset);
                bar
            };
            chart.draw_series((0..end).zip(heights).map(bar))?;
        }
        area.present()?;
    }
    let several = bars.series.iter().filter(|_| bars.series.len() > 1);
    Ok(framed(&svg, several.map(|(name, _)| *name).zip(COLORS)))
}
