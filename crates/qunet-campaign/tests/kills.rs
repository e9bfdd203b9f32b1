//! A campaign that is killed again and again ends as one that was left in peace.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{alone, config, drive, essence};
use qunet_campaign::{Campaign, Next};

const FOLDER: &str = "QUNET_TEST_CAMPAIGN_FOLDER";

/// Not a test of its own: what the test below starts and kills.
#[test]
#[ignore = "started by killed_at_any_moment_it_ends_the_same"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let _turn = alone();
    drive(Path::new(&folder), &config());
}

#[test]
fn killed_at_any_moment_it_ends_the_same() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    common::stacks(folder.path());
    let mut kills = 0;
    for attempt in 0.. {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child", "--exact", "--ignored"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Ever longer, so that the end is reached on a machine of any speed.
        std::thread::sleep(Duration::from_millis(60 + 20 * attempt));
        let killed = child.try_wait().unwrap().is_none();
        if killed {
            child.kill().unwrap();
            kills += 1;
        }
        let status = child.wait().unwrap();
        assert!(killed || status.success(), "a run that was not killed failed");
        if status.success() {
            break;
        }
    }
    println!("killed {kills} times");
    let survived = Campaign::open(folder.path().join("campaign")).unwrap();
    assert!(matches!(survived.status().next, Next::Done { .. }));
    let peace = tempfile::tempdir().unwrap();
    let peaceful = drive(peace.path(), &config());
    assert_eq!(essence(&survived), essence(&peaceful));
    for name in ["a", "b"] {
        let path = format!("segmentations/{name}.nii.gz");
        let read = |campaign: &Campaign| fs::read(campaign.folder().join(&path)).unwrap();
        assert_eq!(read(&survived), read(&peaceful));
    }
    assert_eq!(common::files(survived.folder()), common::files(peaceful.folder()));
}
