//! How far something is, on a terminal: elsewhere nothing is shown.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use super::source::Read;

/// Rows that are done, shown beside how much of their source was read.
#[derive(Clone)]
pub(crate) struct Rows {
    bar: ProgressBar,
    began: Instant,
    rows: Arc<AtomicU64>,
    read: Arc<std::sync::OnceLock<Read>>,
}

impl Default for Rows {
    fn default() -> Self {
        Self { bar: bar(0), began: Instant::now(), rows: Arc::default(), read: Arc::default() }
    }
}

/// A bar that fills up to `total`. `indicatif` draws it on stderr, where that is a terminal.
pub(crate) fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    let template = "{wide_bar} {percent:>3}%  {msg}  {eta:>4} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

impl Rows {
    pub(crate) fn begin(&self, read: &Read) {
        self.bar.set_length(read.total);
        let _ = self.read.set(read.clone());
    }

    /// One more is done.
    pub(crate) fn more(&self) {
        let rows = self.rows.fetch_add(1, Ordering::Relaxed) + 1;
        if rows.is_multiple_of(1_000) {
            self.bar.set_position(self.read.get().map_or(0, Read::done));
            let seconds = self.began.elapsed().as_secs_f64();
            let rate = f64::from(u32::try_from(rows).unwrap_or(u32::MAX)) / seconds.max(0.001);
            self.bar.set_message(format!("{rows} rows, {rate:.0}/s"));
        }
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
