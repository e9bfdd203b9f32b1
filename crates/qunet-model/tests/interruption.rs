//! A training that is killed at any moment goes on where it was, and ends with the same weights.

#![allow(clippy::unwrap_used)] // helpers outside the test functions

mod common;

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{alone, network, toy};
use qunet_model::tch::Tensor;
use qunet_model::{
    Device, Error, Fit, Network, Silent, TrainConfig, TrainEvent, Trainer, TrainingSet,
};

const FOLDER: &str = "QUNET_TEST_TRAINING_FOLDER";
const EPOCHS: usize = 24;

fn set() -> TrainingSet {
    TrainingSet::new(toy(), (32, 32), Device::Cpu).unwrap()
}

/// With everything on that a checkpoint must carry.
fn config() -> TrainConfig {
    TrainConfig {
        epochs: EPOCHS,
        steps_per_epoch: Some(3),
        ema: Some(0.9),
        copy_paste: 0.5,
        ..TrainConfig::default()
    }
}

/// Trains with validation and a checkpoint, and leaves the weights in a file.
fn train(folder: &Path) -> Network {
    let network = network(11);
    let validation = set();
    let checkpoint = folder.join("training.safetensors");
    let fit =
        Fit { validation: Some(&validation), checkpoint: Some(&checkpoint), ..Fit::default() };
    Trainer::new(config()).unwrap().fit(&network, &set(), &fit, &mut Silent).unwrap();
    network
}

fn weights(network: &Network) -> Vec<(String, Tensor)> {
    let mut all: Vec<_> = network.variables().variables().into_iter().collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

/// Not a test of its own: what the test below starts and kills.
#[test]
#[ignore = "started by killed_at_any_moment_it_ends_with_the_same_weights"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let _turn = alone();
    let folder = Path::new(&folder);
    train(folder).save(folder.join("done.safetensors")).unwrap();
}

#[test]
fn killed_at_any_moment_it_ends_with_the_same_weights() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let done = folder.path().join("done.safetensors");
    let mut kills = 0;
    for attempt in 0.. {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child", "--exact", "--ignored"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Ever longer, so that the end is reached on a machine of any speed; a prime step meets every phase of an epoch.
        std::thread::sleep(Duration::from_millis(300 + 97 * attempt));
        let ended = child.try_wait().unwrap();
        if ended.is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
        }
        // One that was left alone ends well; one may be killed between its last file and its end.
        assert!(ended.is_none_or(|status| status.success()), "{ended:?} after {kills} kills");
        if done.exists() {
            break;
        }
    }
    println!("killed {kills} times");
    let mut resumed = network(12);
    resumed.load(&done).unwrap();
    let whole = tempfile::tempdir().unwrap();
    assert_eq!(weights(&resumed), weights(&train(whole.path())));
}

#[test]
fn a_break_loses_nothing_and_a_finished_training_is_not_run_again() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.safetensors");
    let fit = Fit { checkpoint: Some(&path), ..Fit::default() };
    let trainer = Trainer::new(TrainConfig { epochs: 4, ..config() }).unwrap();
    let stop_at = |last: usize| {
        move |event: &TrainEvent| match event {
            TrainEvent::Epoch(record) if record.epoch == last => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    };
    let stopped = network(13);
    let error = trainer.fit(&stopped, &set(), &fit, &mut stop_at(2)).unwrap_err();
    assert!(matches!(error, Error::Interrupted { epoch: 2 }));
    // Other fresh weights: those of the checkpoint count.
    let resumed = network(14);
    let history = trainer.fit(&resumed, &set(), &fit, &mut Silent).unwrap();
    assert_eq!(history.iter().map(|epoch| epoch.epoch).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let whole = network(13);
    trainer.fit(&whole, &set(), &Fit::default(), &mut Silent).unwrap();
    assert_eq!(weights(&resumed), weights(&whole));
    let again = trainer.fit(&network(15), &set(), &fit, &mut stop_at(1)).unwrap();
    assert_eq!(again, history);
}

#[test]
fn a_break_on_any_event_waits_until_the_epoch_is_saved() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.safetensors");
    let validation = set();
    let fit = Fit { validation: Some(&validation), checkpoint: Some(&path), ..Fit::default() };
    let trainer = Trainer::new(TrainConfig { epochs: 4, ..config() }).unwrap();
    let mut events = Vec::new();
    let mut at_best = |event: &TrainEvent| {
        events.push(event.clone());
        let best = matches!(event, TrainEvent::Best { .. });
        if best { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let error = trainer.fit(&network(13), &set(), &fit, &mut at_best).unwrap_err();
    assert!(matches!(error, Error::Interrupted { epoch: 1 }), "{error}");
    let [TrainEvent::Best { epoch: 1, .. }, TrainEvent::Epoch(_)] = &events[..] else {
        panic!("{events:?}")
    };
    let mut at_once = |_: &TrainEvent| ControlFlow::Break(());
    let error = trainer.fit(&network(14), &set(), &fit, &mut at_once).unwrap_err();
    assert!(matches!(error, Error::Interrupted { epoch: 1 }), "{error}");
    assert_eq!(trainer.fit(&network(14), &set(), &fit, &mut Silent).unwrap().len(), 4);
}

#[test]
fn a_checkpoint_serves_its_own_training_alone() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.safetensors");
    let fit = Fit { checkpoint: Some(&path), ..Fit::default() };
    let config = TrainConfig { epochs: 1, ..config() };
    let run = |config: TrainConfig, set: &TrainingSet| {
        let trainer = Trainer::new(config).unwrap();
        trainer.fit(&network(16), set, &fit, &mut Silent).unwrap_err().to_string()
    };
    Trainer::new(config.clone()).unwrap().fit(&network(16), &set(), &fit, &mut Silent).unwrap();
    let settings = run(TrainConfig { learning_rate: 1e-2, ..config.clone() }, &set());
    assert!(settings.contains("is the checkpoint of a training with other settings"), "{settings}");
    let fewer = TrainingSet::new(toy().into_iter().take(3), (32, 32), Device::Cpu).unwrap();
    assert!(run(config.clone(), &fewer).contains("with other slices"));
    let other = Fit { seed: 1, ..fit };
    let trainer = Trainer::new(config.clone()).unwrap();
    let seed = trainer.fit(&network(16), &set(), &other, &mut Silent).unwrap_err().to_string();
    assert!(seed.contains("with another seed"), "{seed}");
    fs::write(&path, "nonsense, and long enough to hold the size of a header").unwrap();
    assert!(run(config, &set()).contains("is it safetensors at all?"));
}
