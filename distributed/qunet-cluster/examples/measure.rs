//! Measures what a table of stacks costs: throughput beside the library over the same stacks, memory from 10 to 1,000
//! stacks, and what a second executor adds. `cargo xtask distributed measure` builds what it needs and runs it.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use datafusion::prelude::{SessionConfig, SessionContext};
use qunet_datafusion::{Roots, StacksOptions, StacksTable, register};
use qunet_quality::{QualityParams, score_file};
use qunet_stack::phantom::CtPhantom;
use qunet_stack::{Scaling, find_stacks};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const SCORES: &str =
    "SELECT count(*), sum(s['blurriness']) FROM (SELECT qunet_scores(pixels) AS s FROM stacks)";
const ROUNDS: usize = 9;

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn seconds<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<f64> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed().as_secs_f64())
}

/// The library and a query in turns, on all cores; the query's throughput over the library's.
fn throughput(archive: &Path) -> Outcome {
    let runtime = tokio::runtime::Runtime::new()?;
    let stacks = find_stacks(archive)?;
    let bytes: u64 = stacks.iter().flat_map(std::fs::metadata).map(|file| file.len()).sum();
    let cores = std::thread::available_parallelism()?.get();
    let session =
        SessionContext::new_with_config(SessionConfig::new().with_target_partitions(cores));
    let roots = Arc::new(Roots::new([archive])?);
    register(&session, &roots);
    let table = StacksTable::new(archive.to_string_lossy(), StacksOptions::default(), &roots);
    session.register_table("stacks", Arc::new(table))?;
    let library = || {
        for stack in &stacks {
            score_file(stack, None, &Scaling::None, &QualityParams::default())?;
        }
        Ok(())
    };
    let query = || Ok(runtime.block_on(async { session.sql(SCORES).await?.collect().await })?);
    let (mut ratios, mut times) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (ours, theirs) = (seconds(query)?, seconds(library)?);
        // The first warms up.
        if round > 0 {
            ratios.push(theirs / ours);
            times.push(theirs);
        }
    }
    let (count, size) = (stacks.len(), bytes as f64 / 1e6);
    println!("throughput: {count} stacks, {size:.0} MB as stored, {cores} cores");
    println!("  library {:.2} s; query / library = {:.2}", median(times), median(ratios));
    Ok(())
}

fn program(name: &str) -> Outcome<PathBuf> {
    let folder = std::env::current_exe()?;
    let folder = folder.ancestors().nth(2).ok_or("an example lies in examples/")?;
    Ok(folder.join(name))
}

/// The most memory that a query of one process takes, in MiB.
fn peak(archive: &Path) -> Outcome<f64> {
    let mut child = Command::new(program("qunet-sql")?)
        .args(["--stacks", &archive.to_string_lossy(), SCORES])
        .stdout(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    while child.try_wait()?.is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        peak = peak.max(kib.unwrap_or_default() / 1024.0);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Ok(peak)
}

fn memory() -> Outcome {
    println!("memory: stacks of 20 slices of 512 x 512");
    for count in [10, 100, 1000] {
        let archive = synthetic(count, 20, 512)?;
        println!("  {count:4} stacks: {:.0} MiB", peak(archive.path())?);
    }
    Ok(())
}

/// Stacks of one phantom; links, so that a thousand of them take the place of one.
fn synthetic(count: usize, slices: usize, size: usize) -> Outcome<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let first = folder.path().join("0000.nii");
    CtPhantom { slices, size, seed: 1 }.generate()?.stack.write(&first)?;
    for number in 1..count {
        std::fs::hard_link(&first, folder.path().join(format!("{number:04}.nii")))?;
    }
    Ok(folder)
}

struct Cluster {
    local: Child,
    scheduler: String,
}

impl Cluster {
    fn start(executors: usize, root: &Path) -> Outcome<Self> {
        let mut command = Command::new(program("qunet-cluster")?);
        command.args(["local", "--executors", &executors.to_string(), "--root"]).arg(root);
        let mut local = command.stdout(Stdio::piped()).spawn()?;
        let mut scheduler = String::new();
        for line in BufReader::new(local.stdout.take().ok_or("no output")?).lines() {
            let line = line?;
            if let Some(address) = line.strip_prefix("scheduler") {
                scheduler = address.trim().to_owned();
            }
            if line.starts_with("Ctrl-C") {
                return Ok(Self { local, scheduler });
            }
        }
        Err("the cluster did not start".into())
    }

    fn ask(&self, stacks: &Path) -> Outcome {
        let mut query = Command::new(program("qunet-cluster")?);
        query.args([
            "query",
            "--scheduler",
            &self.scheduler,
            "--stacks",
            &stacks.to_string_lossy(),
            SCORES,
        ]);
        let done = query.stdout(Stdio::null()).status()?;
        if done.success() { Ok(()) } else { Err("the query failed".into()) }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.local.id().to_string()).status();
        let _ = self.local.wait();
    }
}

/// One executor of one thread and two of them, in turns.
fn executors() -> Outcome {
    let archive = synthetic(60, 20, 512)?;
    let (one, two) = (Cluster::start(1, archive.path())?, Cluster::start(2, archive.path())?);
    let (mut ratios, mut times) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (of_one, of_two) =
            (seconds(|| one.ask(archive.path()))?, seconds(|| two.ask(archive.path()))?);
        if round > 0 {
            ratios.push(of_one / of_two);
            times.push(of_one);
        }
    }
    println!("executors of one thread each: 60 stacks of 20 slices of 512 x 512");
    println!("  one {:.2} s; two are {:.2} times as fast", median(times), median(ratios));
    Ok(())
}

fn main() -> Outcome {
    match std::env::args_os().nth(1) {
        Some(archive) => throughput(Path::new(&archive))?,
        None => throughput(synthetic(40, 20, 512)?.path())?,
    }
    memory()?;
    executors()
}
