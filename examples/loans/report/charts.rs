//! Charts, as SVG in a text: nothing is loaded from anywhere.

use plotters::{
    coord::ranged1d::{IntoSegmentedCoord, SegmentValue},
    prelude::{
        ChartBuilder, Color, IntoDrawingArea, LineSeries, Palette, Palette99, PathElement,
        RGBColor, Rectangle, SVGBackend, SeriesLabelPosition, WHITE,
    },
};

use super::super::{Failure, domain::State};

const SIZE: (u32, u32) = (900, 380);

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
        chart.configure_mesh().x_labels(8).x_label_formatter(&label).draw()?;
        for (place, state) in State::ALL.iter().enumerate() {
            let color = Palette99::pick(place).to_rgba();
            let points = days.iter().enumerate().map(|(day, (_, counts))| (day, counts[place]));
            let drawn = chart.draw_series(LineSeries::new(points, color.stroke_width(2)))?;
            let legend = move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color);
            drawn.label(state.name()).legend(legend);
        }
        let mut labels = chart.configure_series_labels();
        labels.position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.8)).draw()?;
        area.present()?;
    }
    Ok(svg)
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
            .build_cartesian_2d((0..end).into_segmented(), 0.0..most)?;
        let label = |place: &SegmentValue<i32>| match place {
            SegmentValue::CenterOf(place) => {
                let name = usize::try_from(*place).ok().and_then(|place| bars.names.get(place));
                name.cloned().unwrap_or_default()
            }
            _ => String::new(),
        };
        let mut mesh = chart.configure_mesh();
        mesh.disable_x_mesh().x_labels(bars.names.len()).x_label_formatter(&label);
        mesh.y_desc(bars.unit).draw()?;
        // Later ones are drawn over earlier ones, and are narrower.
        for (index, (name, heights)) in bars.series.iter().enumerate() {
            let color = COLORS[index % COLORS.len()];
            let inset = 12 + 8 * u32::try_from(index)?;
            let bar = |(place, height): (i32, &f64)| {
                let from = (SegmentValue::Exact(place), 0.0);
                let mut bar = Rectangle::new(
                    [from, (SegmentValue::Exact(place + 1), *height)],
                    color.filled(),
                );
                bar.set_margin(0, 0, inset, inset);
                bar
            };
            let drawn = chart.draw_series((0..end).zip(heights).map(bar))?;
            let legend =
                move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], color.filled());
            drawn.label(*name).legend(legend);
        }
        if bars.series.len() > 1 {
            let mut labels = chart.configure_series_labels();
            labels
                .position(SeriesLabelPosition::UpperRight)
                .background_style(WHITE.mix(0.8))
                .draw()?;
        }
        area.present()?;
    }
    Ok(svg)
}
