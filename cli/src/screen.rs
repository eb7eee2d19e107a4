//! What is printed, for people and for programs.

use std::{
    cell::RefCell,
    env, fmt,
    io::{self, BufWriter, IsTerminal, Stdout, Write},
    time::Duration,
};

use console::Term;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use serde::Serialize;

use crate::{args::Global, failure::Failure, table::Table};

/// Where it is printed.
pub(crate) struct Screen {
    pub(crate) is_json: bool,
    is_sure: bool,
    has_colours: bool,
    /// How many columns there are, if it is a terminal.
    pub(crate) width: Option<usize>,
    out: RefCell<BufWriter<Stdout>>,
    bars: RefCell<Vec<ProgressBar>>,
}

impl Screen {
    pub(crate) fn new(global: &Global) -> Self {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_terminal = io::stdout().is_terminal();
        let is_dumb = env::var("TERM").is_ok_and(|term| term == "dumb");
        let wants = is_terminal && !is_dumb || is_set("CLICOLOR_FORCE");
        let width = Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
        Self {
            is_json: global.json,
            is_sure: global.yes,
            has_colours: wants && !is_set("NO_COLOR") && !global.json,
            width: width.filter(|_| is_terminal),
            out: RefCell::new(BufWriter::new(io::stdout())),
            bars: RefCell::default(),
        }
    }

    /// Prints a line.
    pub(crate) fn line(&self, line: &str) -> Result<(), Failure> {
        Ok(writeln!(self.out.borrow_mut(), "{line}")?)
    }

    /// Prints a value as a line of JSON.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let mut out = self.out.borrow_mut();
        serde_json::to_writer(&mut *out, value).map_err(io::Error::from)?;
        Ok(writeln!(out)?)
    }

    pub(crate) fn table(&self, table: &Table) -> Result<(), Failure> {
        table.lines(self).iter().try_for_each(|line| self.line(line))
    }

    /// Bytes as they are.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.out.borrow_mut().write_all(bytes)?)
    }

    /// Has everything seen that was printed.
    pub(crate) fn flush(&self) -> Result<(), Failure> {
        Ok(self.out.borrow_mut().flush()?)
    }

    /// Says something beside what is printed, to people.
    pub(crate) fn remark(&self, remark: &str) {
        if !self.is_json {
            // There is nobody else to tell.
            let _ = writeln!(io::stderr(), "{remark}");
        }
    }

    /// Has somebody agree to what cannot be undone.
    pub(crate) fn confirm(&self, question: &str) -> Result<(), Failure> {
        if self.is_sure {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::refused(format!(
                "{question} There is nobody to ask: say `--yes`"
            )));
        }
        write!(io::stderr(), "{question} [y/N] ")?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::refused("nothing was done")),
        }
    }

    /// A bar that fills as something gets to `total`, on a terminal; it leaves nothing behind.
    pub(crate) fn bar(&self, what: &'static str, total: u64, is_bytes: bool) -> ProgressBar {
        let unit = if is_bytes {
            "{bytes}/{total_bytes} {bytes_per_sec} {eta}"
        } else {
            "{human_pos}/{human_len} {rate} {eta}"
        };
        let form = format!("{{msg}} {{wide_bar}} {unit}");
        let rate = |state: &ProgressState, text: &mut dyn fmt::Write| {
            // Writing to a terminal that has gone is not worth an error.
            let _ = write!(text, "{:.0}/s", state.per_sec());
        };
        let style =
            ProgressStyle::with_template(&form).unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.with_key("rate", rate);
        let bar = ProgressBar::new(total).with_style(style).with_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bars.borrow_mut().push(bar.clone());
        bar
    }

    /// Takes away what is only there while something goes on.
    pub(crate) fn interrupt(&self) {
        self.bars.borrow_mut().drain(..).for_each(|bar| bar.finish_and_clear());
    }

    /// The last thing to do.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        self.interrupt();
        self.flush()
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(crate) fn good(&self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn bad(&self, text: &str) -> String {
        self.paint("31", text)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.has_colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A text without what a terminal would take for orders.
pub(crate) fn harmless(text: &str) -> String {
    let shown = |c: char| match c {
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(shown).collect()
}

/// A number of bytes as people read it.
pub(crate) fn bytes(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

/// A number as people read it: 1,234,567.
pub(crate) fn number(number: impl TryInto<i64>) -> String {
    let number = number.try_into().unwrap_or(i64::MAX);
    let digits = indicatif::HumanCount(number.unsigned_abs()).to_string();
    if number < 0 { format!("-{digits}") } else { digits }
}

/// A duration as people read it: to the second, or to the millisecond if it is short.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}
