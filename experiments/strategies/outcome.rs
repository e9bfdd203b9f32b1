//! The file of outcomes.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// The scores of an arm after one of its rounds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) arm: String,
    pub(crate) seed: u64,
    pub(crate) round: usize,
    /// Slices annotated so far.
    pub(crate) annotated: usize,
    /// Slices in all.
    pub(crate) slices: usize,
    /// Lesion pixels annotated so far.
    pub(crate) foreground: u64,
    /// Pooled Dice of the finished stacks: as drawn where it was drawn, as predicted elsewhere.
    pub(crate) finished: f64,
    /// Pooled Dice on the slices that nobody annotated; none where there is no lesion left.
    pub(crate) left: Option<f64>,
    /// Mean over these slices.
    pub(crate) mean_left: Option<f64>,
    /// The last round of its campaign.
    pub(crate) last: bool,
}

/// The outcomes of a file; none where there is no file yet.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Outcome>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let parsed: Result<_, _> = text.lines().map(serde_json::from_str).collect();
    parsed.with_context(|| path.display().to_string())
}

/// Appends the outcomes of one campaign in one go.
pub(crate) fn append(path: &Path, outcomes: &[Outcome]) -> anyhow::Result<()> {
    let mut lines = String::new();
    for outcome in outcomes {
        lines += &serde_json::to_string(outcome)?;
        lines.push('\n');
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    Ok(file.write_all(lines.as_bytes())?)
}
