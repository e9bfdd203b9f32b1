//! A cluster of a scheduler and two executors on loopback: right values, and what happens when a part of it is killed.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use qunet_quality::{QualityParams, score_stack};
use qunet_select::{ImageQuality, Pool, Request, Strategy, Verdict};
use qunet_stack::phantom::CtPhantom;
use qunet_stack::{Scaling, Stack, find_stacks};

const PROGRAM: &str = env!("CARGO_BIN_EXE_qunet-cluster");

type Outcome = Result<(), Box<dyn Error>>;

/// Of each slice of each stack.
type Numbers = BTreeMap<(String, usize), Vec<Option<f64>>>;

/// A cluster that ends with the test. One at a time: they would only wait for one another.
struct Cluster {
    _turn: MutexGuard<'static, ()>,
    local: Child,
    scheduler: String,
    executors: Vec<u32>,
}

impl Cluster {
    fn start(root: &Path) -> Result<Self, Box<dyn Error>> {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut command = Command::new(PROGRAM);
        command.args(["local", "--executors", "2", "--root"]).arg(root);
        let mut local = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let lines = BufReader::new(local.stdout.take().ok_or("no output")?).lines();
        let (mut scheduler, mut executors) = (String::new(), Vec::new());
        for line in lines {
            let line = line?;
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["scheduler", address] => scheduler = address.to_owned(),
                ["executor", _, _, "(process", id] => {
                    executors.push(id.trim_end_matches(')').parse()?);
                }
                ["Ctrl-C", ..] => return Ok(Self { _turn: turn, local, scheduler, executors }),
                _ => {}
            }
        }
        Err("the cluster did not start".into())
    }

    fn query(&self, stacks: &str, sql: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(["query", "--scheduler", &self.scheduler, "--stacks", stacks]);
        command.args(["--format", "csv", sql]);
        command
    }

    fn ask(&self, stacks: &str, sql: &str) -> Result<Output, Box<dyn Error>> {
        Ok(self.query(stacks, sql).output()?)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        signal("-INT", self.local.id());
        let _ = self.local.wait();
    }
}

fn signal(which: &str, process: u32) {
    let _ = Command::new("kill").args([which, &process.to_string()]).status();
}

fn lives(process: u32) -> bool {
    Command::new("kill")
        .args(["-0", &process.to_string()])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

/// The lines of CSV behind the header, as words.
fn lines(output: &Output) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let text = String::from_utf8(output.stdout.clone())?;
    Ok(text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect())
}

const SCORES: &str = "WITH scored AS (SELECT stack, slice, qunet_scores(pixels) AS s FROM stacks WHERE error IS NULL), \
    judged AS (SELECT stack, slice, s, qunet_initial(slice, s) OVER (PARTITION BY stack ORDER BY slice) AS s0 \
    FROM scored) SELECT stack, slice, s['variance_of_laplacian'], s['inverse_psnr'], s['roi_mean'], s['roi_cov'], \
    s['roi_pixels'], s0['rank'] FROM judged";

/// What the libraries say of each slice, as the query says it.
fn expected(root: &Path) -> Result<Numbers, Box<dyn Error>> {
    let mut all = BTreeMap::new();
    for path in find_stacks(root)? {
        let stack = Stack::open(&path)?;
        let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
        let records = score_stack(&stack, &Scaling::None, &QualityParams::default())?;
        let pool = Pool::of_stack(records.len())?.with_quality(0, &records)?;
        let selection = ImageQuality::default().select(&pool, &Request::new(9, 0))?;
        for (record, judged) in records.iter().zip(&selection.verdicts) {
            let rank = match judged.verdict {
                Verdict::Picked { rank, .. } => Some(rank as f64),
                _ => None,
            };
            let numbers = vec![
                Some(record.variance_of_laplacian),
                record.inverse_psnr,
                record.roi_mean,
                record.roi_cov,
                Some(record.roi_pixels as f64),
                rank,
            ];
            all.insert((name.clone(), record.id.0), numbers);
        }
    }
    Ok(all)
}

/// The rows of the query, each slice once.
fn found(lines: &[Vec<String>]) -> Result<Numbers, Box<dyn Error>> {
    let mut all = BTreeMap::new();
    for words in lines {
        let number =
            |word: &String| if word.is_empty() { Ok(None) } else { word.parse().map(Some) };
        let numbers: Result<Vec<Option<f64>>, _> = words[2..].iter().map(number).collect();
        let twice = all.insert((words[0].clone(), words[1].parse()?), numbers?);
        assert!(twice.is_none(), "{words:?} comes twice");
    }
    Ok(all)
}

fn phantoms(folder: &Path, count: u64, slices: usize, size: usize) -> Outcome {
    for seed in 0..count {
        let stack = CtPhantom { slices, size, seed: seed % 5 }.generate()?.stack;
        stack.write(folder.join(format!("{seed:03}.nii")))?;
    }
    Ok(())
}

#[test]
fn values_are_those_of_the_library() -> Outcome {
    let folder = tempfile::tempdir()?;
    phantoms(folder.path(), 5, 12, 48)?;
    let mut roots: Vec<PathBuf> = vec![folder.path().to_owned()];
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    match std::fs::read_dir(&data) {
        Ok(sets) => roots.extend(sets.flatten().map(|set| set.path()).filter(|set| set.is_dir())),
        Err(_) => eprintln!("real stacks skipped: {} is not there", data.display()),
    }
    for root in roots {
        let cluster = Cluster::start(&root)?;
        let output = cluster.ask(&std::fs::canonicalize(&root)?.to_string_lossy(), SCORES)?;
        assert_eq!(found(&lines(&output)?)?, expected(&root)?, "{}", root.display());
    }
    Ok(())
}

/// A query that takes some seconds.
const SLOW: &str = "SELECT stack, count(*) AS n, sum(qunet_blurriness(pixels, NULL, '{\"median_window\": 101}')) AS b \
    FROM stacks GROUP BY stack ORDER BY stack";

#[test]
fn an_executor_that_is_killed_loses_nothing() -> Outcome {
    let folder = tempfile::tempdir()?;
    phantoms(folder.path(), 40, 8, 160)?;
    let cluster = Cluster::start(folder.path())?;
    let undisturbed = lines(&cluster.ask("", SLOW)?)?;
    let mut query =
        cluster.query("", SLOW).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    std::thread::sleep(Duration::from_millis(700));
    assert!(query.try_wait()?.is_none(), "the query is too short to be disturbed");
    signal("-KILL", cluster.executors[0]);
    let output = query.wait_with_output()?;
    assert_eq!(lines(&output)?, undisturbed);
    assert_eq!(undisturbed.len(), 40);
    assert!(!lives(cluster.executors[0]) && lives(cluster.executors[1]));
    // Those who are left answer on.
    assert_eq!(lines(&cluster.ask("", "SELECT count(*) FROM stacks")?)?, [["320"]]);
    Ok(())
}

#[test]
fn a_scheduler_that_is_killed_is_an_error_of_the_client_and_the_end_of_the_cluster() -> Outcome {
    let folder = tempfile::tempdir()?;
    phantoms(folder.path(), 40, 8, 160)?;
    let mut cluster = Cluster::start(folder.path())?;
    let mut query =
        cluster.query("", SLOW).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    std::thread::sleep(Duration::from_millis(700));
    assert!(query.try_wait()?.is_none(), "the query is too short to be disturbed");
    let children = Command::new("pgrep")
        .args(["-f", &format!("scheduler --port {}", port(&cluster))])
        .output()?;
    signal("-KILL", String::from_utf8(children.stdout)?.trim().parse()?);
    let output = query.wait_with_output()?;
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && why.contains("error: "), "{why}");
    assert!(output.stdout.is_empty());
    assert!(!cluster.local.wait()?.success());
    assert!(cluster.executors.iter().all(|&executor| !lives(executor)));
    Ok(())
}

fn port(cluster: &Cluster) -> &str {
    cluster.scheduler.rsplit(':').next().unwrap_or_default()
}

#[test]
fn nothing_outside_the_roots_is_read_or_written() -> Outcome {
    let disk = tempfile::tempdir()?;
    let (root, secret) = (disk.path().join("root"), disk.path().join("secret"));
    std::fs::create_dir_all(&root)?;
    std::fs::create_dir_all(&secret)?;
    phantoms(&root, 1, 4, 48)?;
    phantoms(&secret, 1, 4, 48)?;
    let cluster = Cluster::start(&root)?;
    let count = "SELECT count(*) FROM stacks";
    assert_eq!(lines(&cluster.ask(&root.to_string_lossy(), count)?)?, [["4"]]);
    for stacks in [&*secret.to_string_lossy(), "../secret", "/", "/etc"] {
        let output = cluster.ask(stacks, count)?;
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(why.contains("lies outside the folders that may be read"), "{stacks}: {why}");
    }
    let copied = root.join("copied.csv");
    let output = cluster
        .ask("", &format!("COPY (SELECT 1 AS x) TO '{}' STORED AS CSV", copied.display()))?;
    assert!(!output.status.success() && !copied.exists());
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(why.contains("a cluster writes no files: let the rows come here with --out"), "{why}");
    Ok(())
}

#[test]
fn ctrl_c_ends_all_of_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    phantoms(folder.path(), 1, 4, 48)?;
    let mut cluster = Cluster::start(folder.path())?;
    signal("-INT", cluster.local.id());
    assert!(cluster.local.wait()?.success());
    assert!(cluster.executors.iter().all(|&executor| !lives(executor)));
    assert!(!cluster.ask("", "SELECT 1")?.status.success());
    Ok(())
}
