//! The lines of results: one for each finished run, in JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::Context;
use flate2::read::MultiGzDecoder;
use qunet_campaign::Fusion;
use qunet_context::{Estimate, Source, Weights};
use qunet_segmetrics::ConfusionCounts;
use qunet_select::CandidateId;
use qunet_stack::Stack;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::plan::{Job, Opened};
use crate::score::{Score, longest_run};

/// One finished run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Of the settings, the pixels and the truth: what the run follows from.
    pub(crate) key: String,
    pub(crate) data: String,
    /// On whom it is judged; empty in older records.
    #[serde(default)]
    pub(crate) patients: Vec<String>,
    pub(crate) strategy: String,
    pub(crate) setting: String,
    pub(crate) budget: f64,
    pub(crate) seed: u64,
    /// Slices in all.
    pub(crate) of: usize,
    pub(crate) drawn: Vec<CandidateId>,
    /// Lesion pixels on the slices that were drawn; 0 in older records.
    #[serde(default)]
    pub(crate) drawn_foreground: u64,
    pub(crate) longest_run: usize,
    /// On all slices that were not drawn.
    pub(crate) left: Score,
    /// The same for each stack alone; empty in older records.
    #[serde(default)]
    pub(crate) stacks: Vec<Score>,
    /// On the slices that no arm may draw; `None` without a reserve.
    pub(crate) reserve: Option<Score>,
    /// On stacks on which nobody draws; `None` without any.
    #[serde(default)]
    pub(crate) test: Option<Score>,
    /// `left` and `reserve` of each source alone.
    pub(crate) sources: BTreeMap<Source, (Score, Option<Score>)>,
    pub(crate) weights: Vec<Weights>,
    pub(crate) thresholds: Vec<f32>,
    pub(crate) estimates: Vec<Option<Estimate>>,
    /// Every slice that was not drawn; empty in older records.
    #[serde(default)]
    pub(crate) slices: Vec<SliceLine>,
    /// Trainable parameters of a network that segments; `None` where none does, and in older records.
    #[serde(default)]
    pub(crate) parameters: Option<usize>,
    /// From the choice of slices to the segmentation of what nobody drew.
    pub(crate) seconds: f64,
}

/// What a run gives.
pub(crate) struct Found {
    pub(crate) drawn: BTreeSet<CandidateId>,
    /// Every slice that was not drawn, behind them those of the stacks on which nobody draws.
    pub(crate) slices: Vec<SliceLine>,
    pub(crate) sources: BTreeMap<Source, (Score, Option<Score>)>,
    pub(crate) fusions: Vec<Fusion>,
    pub(crate) parameters: Option<usize>,
    pub(crate) seconds: f64,
}

/// A slice that nobody drew: what was found of it, and what the networks say of themselves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub(crate) struct SliceLine {
    /// Its stack; those on which nobody draws are behind the others.
    pub(crate) stack: usize,
    pub(crate) slice: usize,
    /// No arm may draw it.
    pub(crate) reserved: bool,
    pub(crate) counts: ConfusionCounts,
    pub(crate) signs: Option<Signs>,
}

/// What the networks say of a slice without its truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Signs {
    /// The quality index Q of the last two heads, the soft one where both find nothing.
    pub(crate) quality_index: f32,
    /// Their disagreement area in pixels.
    pub(crate) disagreement_area: f32,
    /// The entropy of the members in nats.
    pub(crate) entropy: f32,
    /// The foreground they predict, in pixels.
    pub(crate) foreground: f32,
}

impl SliceLine {
    /// What was found of a slice, and whether no arm may draw it.
    pub(crate) fn new((id, counts): (CandidateId, ConfusionCounts), reserved: bool) -> Self {
        Self { stack: id.stack, slice: id.slice.0, reserved, counts, signs: None }
    }
}

/// A slice as it is written: without the names of its fields, which are most of a record otherwise.
type Row = (usize, usize, bool, [u64; 4], Option<[f32; 4]>);

impl From<Row> for SliceLine {
    fn from((stack, slice, reserved, [tp, fp, r#fn, tn], signs): Row) -> Self {
        let counts = ConfusionCounts {
            true_positives: tp,
            false_positives: fp,
            false_negatives: r#fn,
            true_negatives: tn,
        };
        let signs = signs.map(|[quality_index, disagreement_area, entropy, foreground]| Signs {
            quality_index,
            disagreement_area,
            entropy,
            foreground,
        });
        Self { stack, slice, reserved, counts, signs }
    }
}

impl From<SliceLine> for Row {
    fn from(SliceLine { stack, slice, reserved, counts: it, signs }: SliceLine) -> Self {
        let counts = [it.true_positives, it.false_positives, it.false_negatives, it.true_negatives];
        let signs = signs.map(|it| {
            [it.quality_index, it.disagreement_area, it.entropy, it.foreground].map(rounded)
        });
        (stack, slice, reserved, counts, signs)
    }
}

/// Four digits, so that a record stays small.
fn rounded(value: f32) -> f32 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

impl Line {
    /// The line of a run, with the scores of its slices.
    pub(crate) fn new(
        job: &Job<'_>,
        key: String,
        data: &Opened,
        found: Found,
    ) -> anyhow::Result<Self> {
        let Found { drawn, slices, sources, fusions, parameters, seconds } = found;
        let stacks = data.stacks.len();
        let score = |wanted: &dyn Fn(&SliceLine) -> bool| {
            let wanted = slices.iter().filter(|it| wanted(it));
            Score::of(wanted.map(|it| it.counts))
        };
        let has_reserve = slices.iter().any(|it| it.reserved);
        Ok(Self {
            key,
            data: job.data.name.clone(),
            patients: data.patients.clone(),
            strategy: job.arm.name.clone(),
            setting: job.setting.name.clone(),
            budget: job.budget,
            seed: job.seed,
            of: data.stacks.iter().map(Stack::slices).sum(),
            drawn_foreground: foreground(data, &drawn)?,
            longest_run: longest_run(&drawn),
            drawn: drawn.into_iter().collect(),
            left: score(&|it| it.stack < stacks),
            stacks: (0..stacks).map(|number| score(&|it| it.stack == number)).collect(),
            reserve: has_reserve.then(|| score(&|it| it.reserved)),
            test: (!data.test.is_empty()).then(|| score(&|it| it.stack >= stacks)),
            sources,
            weights: fusions.iter().map(|it| it.weights.clone()).collect(),
            thresholds: fusions.iter().map(|it| it.threshold).collect(),
            estimates: fusions.iter().map(|it| it.estimate).collect(),
            slices,
            parameters,
            seconds,
        })
    }

    /// What a run is judged by: the stacks on which nobody draws where there are any, else the slices that no arm may
    /// draw, and all that are left without either.
    pub(crate) fn judged(&self) -> Score {
        self.test.or(self.reserve).unwrap_or(self.left)
    }

    /// The share of the lesion pixels of the stacks on which slices are drawn that the annotator drew; `None` without
    /// any, and in older records, which do not tell what was left.
    pub(crate) fn lesion_share(&self) -> Option<f64> {
        let left = self.slices.iter().filter(|it| it.stack < self.stacks.len());
        let left = left.map(|it| it.counts.true_positives + it.counts.false_negatives);
        let all = self.drawn_foreground + left.sum::<u64>();
        (!self.slices.is_empty() && all > 0).then(|| self.drawn_foreground as f64 / all as f64)
    }

    /// The slices of [`Line::judged`].
    pub(crate) fn judged_slices(&self) -> impl Iterator<Item = &SliceLine> {
        self.slices.iter().filter(|it| match (self.test, self.reserve) {
            (Some(_), _) => it.stack >= self.stacks.len(),
            (None, Some(_)) => it.reserved,
            (None, None) => true,
        })
    }

    /// The estimate of each stack, and the mean Dice that it is of.
    pub(crate) fn estimated(&self) -> impl Iterator<Item = (Estimate, f64)> {
        let whole = std::slice::from_ref(&self.left);
        let scores = match (self.stacks.as_slice(), self.estimates.len()) {
            ([], 1) => whole,
            (stacks, _) => stacks,
        };
        let pairs = self.estimates.iter().zip(scores);
        pairs.filter_map(|(estimate, score)| Some(((*estimate)?, score.mean?)))
    }
}

/// Lesion pixels of these slices: what an annotator draws.
fn foreground(data: &Opened, drawn: &BTreeSet<CandidateId>) -> anyhow::Result<u64> {
    let mut pixels = 0;
    for id in drawn {
        let mask = data.truths[id.stack].mask(id.slice)?;
        pixels += mask.iter().filter(|&&lesion| lesion).count() as u64;
    }
    Ok(pixels)
}

/// What tells whether a run is finished.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct Finished {
    pub(crate) key: String,
    pub(crate) setting: String,
}

/// The lines of a file of results, which may be compressed by gzip: whole, or as much of each as `T` has.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let cannot = || format!("cannot read {}", path.display());
    let mut text = String::new();
    let mut file = File::open(path).with_context(cannot)?;
    match path.extension() == Some(OsStr::new("gz")) {
        true => MultiGzDecoder::new(file).read_to_string(&mut text).with_context(cannot)?,
        false => file.read_to_string(&mut text).with_context(cannot)?,
    };
    let line = |(number, line): (usize, &str)| {
        serde_json::from_str(line)
            .with_context(|| format!("{}, line {}", path.display(), number + 1))
    };
    text.lines().enumerate().map(line).collect()
}

/// The finished runs of a file of results; none where it is not there.
pub(crate) fn finished(path: &Path) -> anyhow::Result<BTreeSet<Finished>> {
    let lines = if path.exists() { read(path)? } else { Vec::new() };
    Ok(lines.into_iter().collect())
}

/// Adds a line by one write, which several processes may do at once.
pub(crate) fn append(path: &Path, line: &Line) -> anyhow::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(file.write_all(text.as_bytes())?)
}
