//! The runs of a plan, each to one line of results.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use ndarray::Array3;
use qunet_campaign::{CampaignConfig, Fusion, RecordedLabels, Silent, run_rounds};
use qunet_context::{Estimate, Source, Weights};
use qunet_select::CandidateId;
use qunet_stack::{LabelMap, Stack};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::plan::{Arm, DataSet, Opened, Plan, Setting};
use crate::score::{Score, longest_run, score};

/// One finished run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Of the settings, the pixels and the truth: what the run follows from.
    pub(crate) key: String,
    pub(crate) data: String,
    pub(crate) strategy: String,
    pub(crate) setting: String,
    pub(crate) budget: f64,
    pub(crate) seed: u64,
    /// Slices in all.
    pub(crate) of: usize,
    pub(crate) drawn: Vec<CandidateId>,
    pub(crate) longest_run: usize,
    /// On all slices that were not drawn.
    pub(crate) left: Score,
    /// The same for each stack alone; empty in older records.
    #[serde(default)]
    pub(crate) stacks: Vec<Score>,
    /// On the slices that no arm may draw; `None` without a reserve.
    pub(crate) reserve: Option<Score>,
    /// The same, `left` and `reserve`, of each source alone.
    pub(crate) sources: BTreeMap<Source, (Score, Option<Score>)>,
    pub(crate) weights: Vec<Weights>,
    pub(crate) thresholds: Vec<f32>,
    pub(crate) estimates: Vec<Option<Estimate>>,
    /// The fusions whole, with the scores of held-back slices.
    pub(crate) fusions: Vec<Fusion>,
    pub(crate) seconds: f64,
}

/// Which of the runs this process does: number `this` of `of`, from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shard {
    this: usize,
    of: usize,
}

impl std::str::FromStr for Shard {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (this, of) = text.split_once('/').context("name a shard as 2/8")?;
        let shard = Self { this: this.parse()?, of: of.parse()? };
        ensure!((1..=shard.of).contains(&shard.this), "a shard of {} is 1 to {0}", shard.of);
        Ok(shard)
    }
}

/// Runs what the file of results lacks.
pub(crate) fn run(plan: &Plan, shard: Shard, threads: NonZeroUsize) -> anyhow::Result<()> {
    let out = plan.path(&plan.out);
    let jobs: Vec<(&DataSet, &Setting, &Arm, f64, u64)> = plan.jobs().collect();
    let bar = ProgressBar::new(jobs.len() as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {elapsed}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut open: Option<(&str, Option<Opened>, String)> = None;
    for (place, (data, setting, arm, budget, seed)) in jobs.into_iter().enumerate() {
        bar.set_message(format!("{} {} {} {seed}", data.name, arm.name, setting.name));
        bar.set_position(place as u64);
        if place % shard.of != shard.this - 1 {
            continue;
        }
        if open.as_ref().is_none_or(|(name, ..)| *name != data.name) {
            let opened = plan.open_data(data)?;
            let digest = opened.as_ref().map_or(Ok(String::new()), digest)?;
            open = Some((&data.name, opened, digest));
        }
        let Some((_, Some(opened), digest)) = &open else {
            bar.println(format!("{} is left out: its files are not there", data.name));
            continue;
        };
        let config = plan.config((arm, setting), opened, (budget, seed), threads)?;
        let key = hash(&[serde_json::to_string(&config)?.as_bytes(), digest.as_bytes()]);
        // Read each time: other shards write to the same file.
        if read(&out)?.iter().any(|line| line.key == key && line.setting == setting.name) {
            continue;
        }
        let mut line = one(opened, &config)?;
        line.key = key;
        (line.data, line.strategy) = (data.name.clone(), arm.name.clone());
        (line.setting, line.budget, line.seed) = (setting.name.clone(), budget, seed);
        append(&out, &line)?;
    }
    bar.finish_and_clear();
    Ok(())
}

impl Line {
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

fn one(data: &Opened, config: &CampaignConfig) -> anyhow::Result<Line> {
    let started = Instant::now();
    let stacks: Vec<&Stack> = data.stacks.iter().collect();
    let truths: Vec<&LabelMap> = data.truths.iter().collect();
    let mut annotator = RecordedLabels::from_stacks(&truths);
    let campaign = run_rounds(&stacks, config, &mut annotator, &mut Silent)?;
    let seconds = started.elapsed().as_secs_f64();
    let drawn: BTreeSet<CandidateId> = annotator.asked().clone();
    let rate = |labels: &[Array3<u8>]| -> anyhow::Result<(Score, Option<Score>)> {
        let left = score(labels, &data.truths, |id| !drawn.contains(&id))?;
        let reserve = config.reserve.map(|reserve| {
            score(labels, &data.truths, |id| reserve.holds(id.slice) && !drawn.contains(&id))
        });
        Ok((left, reserve.transpose()?))
    };
    let (mut labels, mut by_source) = (Vec::new(), BTreeMap::<Source, Vec<Array3<u8>>>::new());
    for number in 0..stacks.len() {
        labels.push(campaign.segmentation(number)?.context("the run ends in a segmentation")?);
    }
    for sources in campaign.by_source()? {
        for (source, labels) in sources {
            by_source.entry(source).or_default().push(labels);
        }
    }
    let (left, reserve) = rate(&labels)?;
    let of_stack = |number| {
        let open = |id: CandidateId| id.stack == number && !drawn.contains(&id);
        score(&labels, &data.truths, open)
    };
    let by_stack = (0..stacks.len()).map(of_stack).collect::<Result<_, _>>()?;
    let mut sources = BTreeMap::new();
    for (source, labels) in by_source {
        sources.insert(source, rate(&labels)?);
    }
    let round = campaign.manifest().rounds.len();
    let mut fusions = Vec::new();
    for number in 0..stacks.len() {
        let records = campaign.records(number, round)?.context("the last round is queried")?;
        fusions.push(records.fusion);
    }
    Ok(Line {
        of: campaign.manifest().slices(),
        longest_run: longest_run(&drawn),
        drawn: drawn.into_iter().collect(),
        weights: fusions.iter().map(|it| it.weights.clone()).collect(),
        thresholds: fusions.iter().map(|it| it.threshold).collect(),
        estimates: fusions.iter().map(|it| it.estimate).collect(),
        fusions,
        left,
        stacks: by_stack,
        reserve,
        sources,
        seconds,
        key: String::new(),
        data: String::new(),
        strategy: String::new(),
        setting: String::new(),
        budget: 0.0,
        seed: 0,
    })
}

impl Plan {
    /// Data outermost, so that a stack is opened once; seeds before settings, so that all arms have
    /// a first result early.
    fn jobs(&self) -> impl Iterator<Item = (&DataSet, &Setting, &Arm, f64, u64)> {
        self.data.iter().flat_map(move |data| {
            (0..self.seeds).flat_map(move |seed| {
                self.budgets.iter().flat_map(move |&budget| {
                    self.setting.iter().flat_map(move |setting| {
                        let job = move |arm| (data, setting, arm, budget, seed);
                        self.strategy.iter().map(job)
                    })
                })
            })
        })
    }
}

/// The lines of a file of results; none where it is not there.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Line>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let line = |(number, line): (usize, &str)| {
        serde_json::from_str(line)
            .with_context(|| format!("{}, line {}", path.display(), number + 1))
    };
    text.lines().enumerate().map(line).collect()
}

/// Adds a line by one write, which several processes may do at once.
fn append(path: &Path, line: &Line) -> anyhow::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(file.write_all(text.as_bytes())?)
}

/// Of the pixels and the truth of all stacks.
fn digest(data: &Opened) -> anyhow::Result<String> {
    let mut parts = Vec::new();
    for (stack, truth) in data.stacks.iter().zip(&data.truths) {
        parts.push(format!("{:?}", stack.shape()).into_bytes());
        for id in stack.ids() {
            let pixels = stack.slice(id)?.to_f32();
            parts.push(pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect());
        }
        parts.push(truth.labels().iter().copied().collect());
    }
    Ok(hash(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>()))
}

fn hash(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use qunet_stack::phantom::CtPhantom;

    use super::*;
    use crate::{picture, table};

    /// Two strategies and a setting of a moment on a small phantom.
    const PLAN: &str = r#"
        out = "results.jsonl"
        seeds = 1
        budgets = [0.4]
        reserve = "3:1"
        [[data]]
        name = "phantom"
        [[data.stack]]
        image = "ct.nii.gz"
        truth = "truth.nii.gz"
        [[data]]
        name = "missing"
        [[data.stack]]
        image = "nowhere.nii.gz"
        truth = "nowhere.nii.gz"
        [[strategy]]
        name = "even"
        first = "evenly_spaced"
        [[strategy]]
        name = "two rounds"
        first = "spread"
        later = "hybrid"
        [[setting]]
        name = "tiny"
        [setting.config]
        network = { unet = { width = 2 } }
        input = { size = 32 }
        completion = { trees = { trees = 4 } }
        train = { epochs = 1, steps_per_epoch = 1 }
        fine_tune = { epochs = 1, steps_per_epoch = 1 }
    "#;

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    #[test]
    fn a_plan_is_shared_out_resumed_and_made_a_table() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let phantom = CtPhantom { slices: 12, size: 48, seed: 5 }.generate()?;
        phantom.stack.write(folder.path().join("ct.nii.gz"))?;
        phantom.stack.write_labels(folder.path().join("truth.nii.gz"), phantom.truth.labels())?;
        let path = folder.path().join("plan.toml");
        fs::write(&path, PLAN)?;
        let plan = Plan::open(&path)?;
        let out = folder.path().join("results.jsonl");
        run(&plan, shard("1/2"), NonZeroUsize::MIN)?;
        assert_eq!(read(&out)?.len(), 1);
        run(&plan, shard("2/2"), NonZeroUsize::MIN)?;
        let lines = read(&out)?;
        let names: Vec<&str> = lines.iter().map(|line| line.strategy.as_str()).collect();
        assert_eq!(names, ["even", "two rounds"]);
        // Slices 1, 4, 7 and 10 are the reserve.
        assert!(lines.iter().flat_map(|line| &line.drawn).all(|id| id.slice.0 % 3 != 1));
        assert!(lines.iter().all(|line| line.drawn.len() == 4 && line.reserve.is_some()));
        // Each stack is scored alone too, as its estimate is of it.
        assert!(lines.iter().all(|line| line.stacks == [line.left]));
        // All that is there is skipped.
        run(&plan, shard("1/1"), NonZeroUsize::MIN)?;
        assert_eq!(read(&out)?.len(), 2);
        // A slice that nobody drew is drawn step by step, one that is drawn refused.
        let drawn: Vec<usize> = lines[0].drawn.iter().map(|id| id.slice.0).collect();
        let open = (0..12).find(|slice| !drawn.contains(slice)).unwrap_or_default();
        let (picture, one) = (folder.path().join("steps.png"), NonZeroUsize::MIN);
        picture::draw(&plan, ("phantom", open), &picture, one)?;
        assert!(fs::read(&picture)?.starts_with(b"\x89PNG"));
        for (data, slice, problem) in [
            ("phantom", drawn[0], "is drawn"),
            ("phantom", 12, "has slices 0 to 11"),
            ("no", 0, "no data \"no\""),
        ] {
            let error = picture::draw(&plan, (data, slice), &picture, one).err();
            let message = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(message.contains(problem), "{message}");
        }
        for reserve in [false, true] {
            let mut text = Vec::new();
            table::print(&mut text, &lines, reserve)?;
            let text = String::from_utf8(text)?;
            assert!(
                text.contains("| phantom | 40 % | two rounds | tiny | 1 | 4 of 12 |"),
                "{text}"
            );
        }
        Ok(())
    }

    #[test]
    fn a_plan_and_a_shard_that_cannot_be_are_refused() {
        assert!("3/2".parse::<Shard>().is_err() && "0/2".parse::<Shard>().is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.toml");
        let refused = |text: &str| {
            fs::write(&path, text).unwrap();
            format!("{:#}", Plan::open(&path).err().unwrap())
        };
        assert!(refused("seeds = 1").contains("is no plan"));
        assert!(refused(&PLAN.replace("missing", "phantom")).contains("is there twice"));
        assert!(refused(&PLAN.replace("seeds = 1", "seeds = 0")).contains("seeds is 0"));
    }
}
