//! Whatever step on the disk fails, and whoever else is at work in its folder, a campaign ends as one
//! that was left in peace. Every stage is tried from the folder that the stage before it left.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use common::{alone, chain, config, essence, phantom};
use qunet_campaign::{
    Campaign, CampaignConfig, Error, Manifest, Masks, Next, RoundSizes, Silent, StackSource,
};
use qunet_stack::Stack;

const HOME: &str = "QUNET_TEST_HOME";
const STAGE: &str = "QUNET_TEST_STAGE";
/// The exit code of a program that ends with an error.
const REFUSED: i32 = 3;
/// How often two programs begin each stage at the same time, with and without locks.
const RACES: usize = 1;

/// Two rounds, so that each stage comes from nothing and from what a round left.
fn settings() -> CampaignConfig {
    let rounds = RoundSizes { first: Some(4), share: 0.6, later: Some(6) };
    let mut config = CampaignConfig { rounds, ..config() };
    (config.train.epochs, config.fine_tune.epochs) = (2, 2);
    config
}

/// What comes next, as a name.
fn stage(campaign: &Campaign) -> String {
    let status = campaign.status();
    let next = match status.next {
        Next::Annotate { .. } => "ingest",
        Next::Train => "train",
        Next::Query => "query",
        Next::Segment { .. } => "segment",
        _ => "done",
    };
    format!("{next} {}", status.round)
}

/// The program: begins the campaign or opens it, and takes one stage unless that is taken.
fn take(home: &Path, wanted: &str) -> Result<(), Error> {
    let root = home.join("campaign");
    if wanted == "init" {
        let stacks = ["a.nii.gz", "b"].map(|name| StackSource::new(home.join(name)));
        return Campaign::create(root, &settings(), &stacks).map(drop);
    }
    let mut campaign = Campaign::open(root)?;
    if stage(&campaign) != wanted {
        return Ok(());
    }
    match campaign.status().next {
        Next::Annotate { .. } => campaign.ingest(&Masks::default().accept_empty(true)).map(drop),
        Next::Train => campaign.train(&mut Silent).map(drop),
        Next::Query => campaign.query(&mut Silent).map(drop),
        Next::Segment { .. } => campaign.segment().map(drop),
        _ => Ok(()),
    }
}

/// Not a test of its own: the program that the tests below start.
#[test]
#[ignore = "started by the other tests"]
fn child() {
    let Some(home) = std::env::var_os(HOME) else { return };
    let _turn = alone();
    if let Err(error) = take(Path::new(&home), &std::env::var(STAGE).unwrap()) {
        eprintln!("error: {}", chain(&error));
        std::process::exit(REFUSED);
    }
}

/// How a program ended.
#[derive(Debug, PartialEq)]
enum Ended {
    Well,
    Refused(String),
    Killed,
}

fn start(home: &Path, stage: &str, fault: Option<&str>) -> Child {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["child", "--exact", "--ignored", "--nocapture"]);
    program.env(HOME, home).env(STAGE, stage).env_remove("QUNET_FAULT");
    fault.map(|fault| program.env("QUNET_FAULT", fault));
    program.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() {
        Some(0) => Ended::Well,
        Some(REFUSED) => Ended::Refused(message),
        // That of a failed test.
        Some(101) => panic!("the program panicked: {message}"),
        _ => Ended::Killed,
    }
}

/// Every file of a folder, by its path within it.
type Contents = BTreeMap<PathBuf, Vec<u8>>;

fn contents(root: &Path) -> Contents {
    let paths = if root.exists() { common::files(root) } else { Vec::new() };
    paths.into_iter().map(|path| (path.clone(), fs::read(root.join(path)).unwrap())).collect()
}

/// One stage of a campaign that nothing disturbs.
struct Peace {
    stage: String,
    before: Contents,
    after: Contents,
    manifest: Manifest,
}

impl Peace {
    /// A folder with both stacks, and the stages of a campaign in it.
    fn of(home: &Path) -> Vec<Self> {
        let _turn = alone();
        common::stacks(home);
        let root = home.join("campaign");
        let mut stages = Vec::new();
        let mut next = "init".to_owned();
        while !next.starts_with("done") {
            let before = contents(&root);
            take(home, &next).unwrap();
            let (after, campaign) = (contents(&root), Campaign::open(&root).unwrap());
            let manifest = essence(&campaign);
            stages.push(Self { stage: next, before, after, manifest });
            next = stage(&campaign);
            if next.starts_with("ingest") {
                draw(&campaign);
            }
        }
        stages
    }

    /// Makes the folder as it was before the stage.
    fn restore(&self, home: &Path) {
        let root = home.join("campaign");
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        for (path, bytes) in &self.before {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    /// What was drawn is there at once, and the same command leads to the end that peace has.
    fn check(&self, home: &Path, what: &str) {
        let root = home.join("campaign");
        for (path, bytes) in &self.before {
            if path.to_string_lossy().ends_with(".labels.nii.gz") {
                assert!(fs::read(root.join(path)).unwrap() == *bytes, "{what}: {}", path.display());
            }
        }
        let turn = alone();
        take(home, &self.stage).unwrap_or_else(|error| panic!("{what}: {}", chain(&error)));
        drop(turn);
        let manifest = essence(&Campaign::view(&root).unwrap());
        assert!(manifest == self.manifest, "{what}: {manifest:#?}\nis not {:#?}", self.manifest);
        let found = contents(&root);
        assert!(found.keys().eq(self.after.keys()), "{what}: {:?}", found.keys());
        // The manifest has times in it.
        let differs =
            |path: &&PathBuf| found[*path] != self.after[*path] && !path.ends_with("campaign.json");
        assert_eq!(self.after.keys().find(differs), None, "{what}");
    }
}

/// An annotator's work: the truth, drawn into the label maps of the round.
fn draw(campaign: &Campaign) {
    let root = campaign.folder();
    let round = campaign.status().round;
    for (record, seed) in campaign.manifest().stacks.iter().zip(1..) {
        let path = root.join(format!("round-{round}/{}.labels.nii.gz", record.source.name));
        if path.exists() {
            let image = Stack::open(campaign.image(record)).unwrap();
            image.write_labels(path, phantom(seed).truth.labels()).unwrap();
        }
    }
}

/// Lets a step fail, one after the other, in every stage; how many steps each stage has.
fn every_step(kind: &str) -> Vec<(String, usize)> {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let mut counts = Vec::new();
    for peace in Peace::of(home) {
        for step in 1.. {
            let fault = format!("{kind}:{step}");
            let what = format!("{}, {fault}", peace.stage);
            peace.restore(home);
            let ended = end(start(home, &peace.stage, Some(&fault)));
            if let Ended::Refused(message) = &ended {
                assert!(message.contains("no storage space"), "{what}: {message}");
                assert!(message.contains(&*home.to_string_lossy()), "{what}: {message}");
                let left = contents(&home.join("campaign"));
                assert!(!left.keys().any(qunet_stack::is_partial), "{what}: {:?}", left.keys());
            }
            peace.check(home, &what);
            match (kind, ended) {
                ("kill", Ended::Killed) | ("full", Ended::Refused(_)) => {}
                (_, Ended::Well) => {
                    counts.push((peace.stage, step - 1));
                    break;
                }
                (_, ended) => panic!("{what}: {ended:?}"),
            }
        }
    }
    counts
}

/// Each kind in a thread, whose work is that of the programs it starts.
#[test]
fn a_fault_at_any_step_changes_nothing_in_the_end() {
    let [kills, full] = thread::scope(|scope| {
        let kinds = ["kill", "full"].map(|kind| scope.spawn(move || every_step(kind)));
        kinds.map(|thread| thread.join().unwrap())
    });
    // Otherwise a program ended well although its disk was full.
    assert_eq!(kills, full);
    for (stage, steps) in &kills {
        println!("{stage}: {steps} steps");
        assert!(*steps > 0);
    }
    let all: usize = kills.iter().map(|(_, steps)| steps).sum();
    println!("killed at each of {all} steps, and disk full from each on");
}

/// With the lock, and where locks do not work, as on some network shares: there it is taken away.
#[test]
fn two_programs_in_one_folder_do_the_work_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let root = home.join("campaign");
    let (mut races, mut refused, mut views) = (0, 0, 0);
    for peace in Peace::of(home) {
        for (locked, race) in [true, false].into_iter().flat_map(|it| [it; RACES]).zip(1..) {
            let what = format!("{}, race {race}, locked: {locked}", peace.stage);
            peace.restore(home);
            let mut programs = [(); 2].map(|()| start(home, &peace.stage, None));
            while programs.iter_mut().any(|program| program.try_wait().unwrap().is_none()) {
                if !locked {
                    let _ = fs::remove_file(root.join("campaign.lock"));
                }
                if root.join("campaign.json").exists() {
                    Campaign::view(&root).unwrap_or_else(|error| panic!("{what}: {error}"));
                    views += 1;
                }
                thread::sleep(Duration::from_millis(10));
            }
            let ended = programs.map(end);
            for ended in &ended {
                match ended {
                    Ended::Well => {}
                    Ended::Refused(_) => refused += 1,
                    Ended::Killed => panic!("{what}: {ended:?}"),
                }
            }
            assert!(!locked || ended.contains(&Ended::Well), "{what}: {ended:?}");
            peace.check(home, &what);
            races += 1;
        }
    }
    println!("{races} races, a program refused {refused} times, {views} views in between");
}
