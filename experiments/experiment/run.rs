//! The runs of a plan, each to one line of results.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};

use crate::line::{Finished, Line, append, finished};
use crate::plan::{DataSet, Job, Opened, Plan};
use crate::{alone, campaign};

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
    let results = Results::open(plan)?;
    let jobs = plan.jobs();
    let bar = ProgressBar::new(jobs.len() as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {elapsed}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    for (turn, of_data) in jobs.chunk_by(|a, b| a.data.name == b.data.name).enumerate() {
        let name = &of_data[0].data.name;
        let mut data = None;
        // What begins alike is of one process, which trains the first round once.
        for (number, alike) in of_data.chunk_by(Job::begins_as).enumerate() {
            // Each data set begins with the next process, or the arms that cost most would all be of one.
            if (turn + number) % shard.of == shard.this - 1 {
                if data.is_none() {
                    data = Some(Data::open(plan, of_data[0].data)?);
                }
                match data.as_ref().and_then(Option::as_ref) {
                    Some(data) => run_alike(plan, alike, data, &results, threads, &bar)?,
                    None => bar.println(format!("{name} is left out: its files are not there")),
                }
            }
            bar.inc(alike.len() as u64);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// The file of results, and its compressed twin, `FILE.gz`, which nobody writes to.
struct Results {
    out: PathBuf,
    committed: BTreeSet<Finished>,
}

impl Results {
    fn open(plan: &Plan) -> anyhow::Result<Self> {
        let out = plan.path(&plan.out);
        let mut twin = out.clone().into_os_string();
        twin.push(".gz");
        Ok(Self { committed: finished(Path::new(&twin))?, out })
    }

    /// Read each time: other shards write to the same file.
    fn have(&self, run: &Finished) -> anyhow::Result<bool> {
        Ok(self.committed.contains(run) || finished(&self.out)?.contains(run))
    }
}

/// A data set, and the digest of what it holds.
struct Data {
    opened: Opened,
    digest: String,
}

impl Data {
    /// `None` where its files are not there.
    fn open(plan: &Plan, data: &DataSet) -> anyhow::Result<Option<Self>> {
        let Some(opened) = plan.open_data(data)? else { return Ok(None) };
        Ok(Some(Self { digest: digest(&opened)?, opened }))
    }
}

/// The runs of one data set that have their first round in common.
fn run_alike(
    plan: &Plan,
    jobs: &[Job<'_>],
    Data { opened: data, digest }: &Data,
    results: &Results,
    threads: NonZeroUsize,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let mut first_round = None;
    for job in jobs {
        let (name, arm, setting) = (&job.data.name, &job.arm.name, &job.setting.name);
        bar.set_message(format!("{name} {arm} {setting} {}", job.seed));
        let config = plan.config(job, data, threads)?;
        let settings = serde_json::to_string(&config)? + &job.setting.alone_as_text()?;
        let key = hash(&[settings.as_bytes(), digest.as_bytes()]);
        let run = Finished { key, setting: setting.clone() };
        if results.have(&run)? {
            continue;
        }
        let found = match &job.setting.alone {
            Some(alone) => alone::run(plan, data, &config, alone),
            None => campaign::run(data, &config, plan.by_source, &mut first_round),
        };
        let found = found.with_context(|| format!("{name}, {arm}, {setting}"))?;
        append(&results.out, &Line::new(job, run.key, data, found)?)?;
    }
    Ok(())
}

/// Of the pixels and the truth of all stacks, those on which nobody draws included.
fn digest(data: &Opened) -> anyhow::Result<String> {
    let mut parts = Vec::new();
    let test = data.test.iter().map(|(stack, truth)| (stack, truth));
    for (stack, truth) in data.stacks.iter().zip(&data.truths).chain(test) {
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
    use std::fs;
    use std::io::Write;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use qunet_stack::phantom::CtPhantom;

    use super::*;
    use crate::line::{SliceLine, read};
    use crate::picture;
    use crate::score::Score;
    use crate::tables::Kind;

    /// Where the stacks of the plan are.
    const STACKS: &str = r#"
        [phantom]
        image = "ct.nii.gz"
        truth = "truth.nii.gz"
        patient = "1"
        [another]
        phantom = { slices = 12, size = 48, seed = 6 }
        [missing]
        image = "nowhere.nii.gz"
        truth = "nowhere.nii.gz"
        [again]
        phantom = { slices = 12, size = 48, seed = 7 }
        patient = "1"
    "#;

    /// Two strategies and a setting of a moment on a small phantom.
    const PLAN: &str = r#"
        out = "results.jsonl"
        stacks = "stacks.toml"
        seeds = 1
        budgets = [0.4]
        reserve = "3:1"
        data = [{ name = "phantom", test = ["another"] }, "missing"]
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

    /// LibTorch has one random generator for the whole process: one test trains at a time.
    fn turn() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    #[test]
    fn a_plan_is_shared_out_resumed_and_made_a_table() -> anyhow::Result<()> {
        let _turn = turn();
        let folder = tempfile::tempdir()?;
        let phantom = CtPhantom { slices: 12, size: 48, seed: 5 }.generate()?;
        phantom.stack.write(folder.path().join("ct.nii.gz"))?;
        phantom.stack.write_labels(folder.path().join("truth.nii.gz"), phantom.truth.labels())?;
        let path = folder.path().join("plan.toml");
        fs::write(folder.path().join("stacks.toml"), STACKS)?;
        fs::write(&path, PLAN)?;
        let plan = Plan::open(&path)?;
        let out = folder.path().join("results.jsonl");
        run(&plan, shard("1/2"), NonZeroUsize::MIN)?;
        assert_eq!(read::<Line>(&out)?.len(), 1);
        run(&plan, shard("2/2"), NonZeroUsize::MIN)?;
        let lines: Vec<Line> = read(&out)?;
        let names: Vec<&str> = lines.iter().map(|line| line.strategy.as_str()).collect();
        assert_eq!(names, ["even", "two rounds"]);
        // Slices 1, 4, 7 and 10 are the reserve.
        assert!(lines.iter().flat_map(|line| &line.drawn).all(|id| id.slice.0 % 3 != 1));
        assert!(lines.iter().all(|line| line.drawn.len() == 4 && line.reserve.is_some()));
        // Each stack is scored alone too, as its estimate is of it.
        assert!(lines.iter().all(|line| line.stacks == [line.left]));
        // What is left has the scores of its slices, behind them those of the stack on which nobody draws.
        for line in &lines {
            let (left, test): (Vec<&SliceLine>, Vec<&SliceLine>) =
                line.slices.iter().partition(|it| it.stack == 0);
            assert_eq!((left.len(), test.len()), (8, 12));
            assert_eq!(Score::of(left.iter().map(|it| it.counts)), line.left);
            assert_eq!(Some(Score::of(test.iter().map(|it| it.counts))), line.test);
            assert!(left.iter().all(|it| it.signs.is_some() && it.reserved == (it.slice % 3 == 1)));
        }
        assert!(lines.iter().all(|line| line.sources.is_empty()));
        // One process that runs through finds the same, and each source by itself where that is wanted.
        let whole =
            PLAN.replace("results", "whole").replace("seeds = 1", "seeds = 1\nby_source = true");
        fs::write(&path, whole)?;
        run(&Plan::open(&path)?, shard("1/1"), NonZeroUsize::MIN)?;
        let whole: Vec<Line> = read(&folder.path().join("whole.jsonl"))?;
        assert!(whole.iter().all(|line| line.sources.len() == 4));
        for kind in [Kind::Compared, Kind::QualityIndex, Kind::Estimates] {
            assert_eq!(kind.of(&whole)?, kind.of(&lines)?);
        }
        // All that is there is skipped, in a file or in its compressed twin.
        run(&plan, shard("1/1"), NonZeroUsize::MIN)?;
        assert_eq!(read::<Line>(&out)?.len(), 2);
        let twin = fs::File::create(folder.path().join("results.jsonl.gz"))?;
        let mut twin = GzEncoder::new(twin, Compression::default());
        twin.write_all(&fs::read(&out)?)?;
        twin.finish()?;
        fs::remove_file(&out)?;
        run(&plan, shard("1/1"), NonZeroUsize::MIN)?;
        assert!(!out.exists());
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
        for kind in ["scores", "reserve"] {
            let text = kind.parse::<Kind>()?.of(&lines)?;
            assert!(
                text.contains("| phantom | 40 % | two rounds | tiny | 1 | 4 of 12 |"),
                "{text}"
            );
        }
        let text = "quality-index".parse::<Kind>()?.of(&lines)?;
        assert!(text.contains("| tiny | - entropy | "), "{text}");
        Ok(())
    }

    /// A network alone, with and without what it has learnt of another stack before.
    const ALONE: &str = r#"
        out = "alone.jsonl"
        stacks = "stacks.toml"
        seeds = 1
        budgets = [0.25]
        data = [{ name = "phantom", test = ["another"] }]
        [[strategy]]
        name = "random"
        first = "random"
        [[setting]]
        name = "U-net"
        alone = { network = "unet" }
        config = { network = { unet = { width = 2 } }, input = { size = 32 }, train = { epochs = 1, steps_per_epoch = 1 } }
        [[setting]]
        name = "U-net++ from a third"
        alone = { network = "unet_plus_plus", before = "third" }
        config = { network = { unet = { width = 2 } }, input = { size = 32 }, train = { epochs = 1, steps_per_epoch = 1 } }
    "#;

    #[test]
    fn networks_alone_are_scored_as_campaigns_are() -> anyhow::Result<()> {
        let _turn = turn();
        let folder = tempfile::tempdir()?;
        let stack = |name: &str, seed: u64| {
            format!("[{name}]\nphantom = {{ slices = 12, size = 48, seed = {seed} }}\n")
        };
        fs::write(
            folder.path().join("stacks.toml"),
            stack("phantom", 5) + &stack("another", 6) + &stack("third", 7),
        )?;
        let path = folder.path().join("plan.toml");
        fs::write(&path, ALONE)?;
        run(&Plan::open(&path)?, shard("1/1"), NonZeroUsize::MIN)?;
        let lines: Vec<Line> = read(&folder.path().join("alone.jsonl"))?;
        let of: Vec<_> = lines.iter().map(|it| (it.setting.as_str(), it.drawn.len())).collect();
        assert_eq!(of, [("U-net", 3), ("U-net++ from a third", 3)]);
        assert_eq!(lines[0].drawn, lines[1].drawn);
        for line in &lines {
            assert_eq!((line.slices.len(), line.test.is_some()), (9 + 12, true));
        }
        // The nodes in between are what a U-net++ has more.
        assert!(lines[0].parameters < lines[1].parameters);
        let text = "table1".parse::<Kind>()?.of(&lines)?;
        assert!(text.contains("| phantom | random | U-net | 25 % | 1 |"), "{text}");
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
        fs::write(folder.path().join("stacks.toml"), STACKS).unwrap();
        assert!(refused("seeds = 1").contains("is no plan"));
        for (from, to, problem) in [
            ("missing", "phantom", "is there twice"),
            ("seeds = 1", "seeds = 0", "seeds is 0"),
            ("missing", "nowhere", "stacks.toml has no stack \"nowhere\""),
            ("two rounds", "even", "strategy \"even\" is there twice"),
            ("evenly_spaced", "evenly", "there is no strategy \"evenly\"; name one of random"),
            ("3:1", "3:3", "name every how many-th slice is kept"),
            ("test = [", "tests = [", "unknown field `tests`"),
            (
                "name = \"tiny\"",
                "name = \"tiny\"\nalone = { network = \"unet\" }",
                "\"two rounds\" has a second round, for which a network alone (\"tiny\") is not asked",
            ),
            (
                "later = \"hybrid\"\n        [[setting]]",
                "[[setting]]\nalone = { network = \"unet\", before = \"again\" }",
                "learns \"again\" before, which shows the patient of \"phantom\"",
            ),
            ("budgets = [0.4]", "budgets = []", "\"even\" has no budget"),
            ("test = [\"another\"]", "test = [\"again\"]", "draws on patient \"1\" and tests"),
            ("first = \"spread\"", "first = \"spread\"\nsettings = [\"no\"]", "no setting \"no\""),
        ] {
            let message = refused(&PLAN.replace(from, to));
            assert!(message.contains(problem), "{message}");
        }
    }
}
