use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::timing::Times;

/// The heading of the table that rows print.
pub(crate) const HEAD: &str = "\
| what | slices | threads | seconds (range) | GB/s | beside | ratio (range) |
|---|--:|--:|--:|--:|---|--:|";

/// One measurement.
#[derive(Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) slices: usize,
    pub(crate) threads: usize,
    /// Median of the runs.
    pub(crate) seconds: f64,
    pub(crate) fastest: f64,
    pub(crate) slowest: f64,
    /// Bytes read per call.
    pub(crate) bytes: Option<usize>,
    pub(crate) beside: Option<Beside>,
}

/// What the same bytes take elsewhere, in turns.
#[derive(Clone, Serialize)]
pub(crate) struct Beside {
    pub(crate) name: &'static str,
    pub(crate) seconds: f64,
    /// Median over the pairs of theirs / ours; above 1, ours is faster.
    pub(crate) ratio: f64,
    pub(crate) ratio_min: f64,
    pub(crate) ratio_max: f64,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, slices: usize, times: Times) -> Self {
        Self {
            what: what.into(),
            slices,
            threads: 0,
            seconds: times.median,
            fastest: times.fastest,
            slowest: times.slowest,
            bytes: None,
            beside: None,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |bytes: usize| format!("{:.1}", bytes as f64 / self.seconds / 1e9);
        let rate = self.bytes.map_or_else(String::new, rate);
        write!(
            f,
            "| {} | {} | {} | {:.3e} ({:.3e}-{:.3e}) | {rate} |",
            self.what, self.slices, self.threads, self.seconds, self.fastest, self.slowest,
        )?;
        match &self.beside {
            None => f.write_str(" | |"),
            Some(Beside { name, ratio, ratio_min, ratio_max, .. }) => {
                write!(f, " {name} | {ratio:.2} ({ratio_min:.2}-{ratio_max:.2}) |")
            }
        }
    }
}

/// Writes rows with the command that makes them.
pub(crate) fn write(path: &Path, machine: &str, rows: &[Row]) -> anyhow::Result<()> {
    let record = serde_json::json!({
        "made_by": "cargo run --release -p qunet-select-benches -- --json FILE",
        "machine": machine,
        "rows": rows,
    });
    let text = serde_json::to_string_pretty(&record)? + "\n";
    Ok(qunet_stack::write_file(path, text.as_bytes())?)
}
