//! Collects what a benchmark measured and prints it as a table and as one line of JSON. Never alters a figure.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Map, Value, json};

/// One measured thing.
#[derive(Debug, Clone)]
pub enum Figure {
    Count(u64),
    Real(f64),
    Text(String),
    Spread(Spread),
    Group(Figures),
}

/// Named figures in the order in which they are printed.
pub type Figures = Vec<(&'static str, Figure)>;

/// The same thing measured several times.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

/// What one benchmark measured: a run for each size or database.
#[derive(Debug)]
pub struct Report {
    name: &'static str,
    runs: Vec<Figures>,
}

impl Spread {
    /// Summarizes measurements.
    ///
    /// # Panics
    ///
    /// When nothing was measured.
    pub fn of(measured: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = measured.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (sorted.first().copied(), sorted.last().copied());
        let (min, max) = min.zip(max).expect("a benchmark measures at least once");
        Self { median: percentile(&sorted, 50), min, max }
    }

    /// Summarizes durations in milliseconds.
    pub fn of_ms<'a>(measured: impl IntoIterator<Item = &'a Duration>) -> Self {
        Self::of(measured.into_iter().map(|duration| duration.as_secs_f64() * 1e3))
    }

    pub const fn median(self) -> f64 {
        self.median
    }
}

/// The value below which so many of a hundred sorted values lie.
pub fn percentile(sorted: &[f64], hundredths: usize) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted[(last * hundredths + 50) / 100]
}

impl From<u64> for Figure {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Figure {
    fn from(count: usize) -> Self {
        Self::Count(u64::try_from(count).expect("no machine counts further than a u64"))
    }
}

impl From<f64> for Figure {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Figure {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Spread> for Figure {
    fn from(spread: Spread) -> Self {
        Self::Spread(spread)
    }
}

impl Report {
    pub const fn new(name: &'static str) -> Self {
        Self { name, runs: Vec::new() }
    }

    /// Adds a run and says on standard error that it is done.
    pub fn add(&mut self, run: Figures) {
        let words: Vec<String> =
            flat(&run).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
        eprintln!("    {}: {}", self.name, words.join(", "));
        self.runs.push(run);
    }

    /// Prints the table, then, when asked for, the line of JSON.
    ///
    /// # Errors
    ///
    /// Fails when standard output is closed.
    pub fn print(&self, with_json: bool) -> io::Result<()> {
        let mut out = io::stdout().lock();
        write!(out, "{}", self.table())?;
        if with_json {
            writeln!(out, "{}", self.json())?;
        }
        out.flush()
    }

    fn json(&self) -> Value {
        json!({ "name": self.name, "runs": self.runs.iter().map(object).collect::<Vec<_>>() })
    }

    fn table(&self) -> String {
        let rows: Vec<_> = self.runs.iter().map(flat).collect();
        let Some(first) = rows.first() else { return String::new() };
        let heading: Vec<String> = first.iter().map(|(name, _)| name.clone()).collect();
        let cells = rows.iter().map(|row| row.iter().map(|(_, cell)| cell.clone()).collect());
        let lines: Vec<Vec<String>> = std::iter::once(heading).chain(cells).collect();
        let width = |column: usize| lines.iter().map(move |line| line[column].chars().count());
        let widths: Vec<usize> = (0..first.len()).map(|column| width(column).max().unwrap_or(0)).collect();
        let mut table = String::new();
        for line in lines {
            let padded: Vec<String> =
                line.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
            table.push_str(&padded.join("  "));
            table.push('\n');
        }
        table
    }
}

/// The columns of a table: members of a group as `group.member`.
fn flat(run: &Figures) -> Vec<(String, String)> {
    let mut columns = Vec::new();
    for (name, figure) in run {
        match figure {
            Figure::Group(members) => {
                let members = flat(members).into_iter();
                columns.extend(members.map(|(member, cell)| (format!("{name}.{member}"), cell)));
            }
            Figure::Count(count) => columns.push(((*name).to_owned(), count.to_string())),
            Figure::Real(value) => columns.push(((*name).to_owned(), in_digits(*value))),
            Figure::Text(text) => columns.push(((*name).to_owned(), text.clone())),
            Figure::Spread(Spread { median, min, max }) => {
                let cell = format!("{} ({}–{})", in_digits(*median), in_digits(*min), in_digits(*max));
                columns.push(((*name).to_owned(), cell));
            }
        }
    }
    columns
}

/// A spread becomes its median under its own name, and `…_min` and `…_max`.
fn object(run: &Figures) -> Value {
    let mut members = Map::new();
    for (name, figure) in run {
        let value = match figure {
            Figure::Count(count) => json!(count),
            Figure::Real(value) => rounded(*value),
            Figure::Text(text) => json!(text),
            Figure::Group(members) => object(members),
            Figure::Spread(Spread { median, min, max }) => {
                members.insert(format!("{name}_min"), rounded(*min));
                members.insert(format!("{name}_max"), rounded(*max));
                rounded(*median)
            }
        };
        members.insert((*name).to_owned(), value);
    }
    Value::Object(members)
}

fn rounded(value: f64) -> Value {
    json!((value * 1e3).round() / 1e3)
}

fn in_digits(value: f64) -> String {
    let decimals = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.decimals$}")
}
