//! Training on toy slices: it learns, repeats, stops, and says when it cannot.

#![allow(clippy::unwrap_used)] // helpers outside the test functions

mod common;

use std::ops::ControlFlow;

use common::alone;
use ndarray::Array2;
use qunet_model::{
    BatchNormConfig, Device, EpochRecord, Error, Network, Predictor, TrainConfig, Trainer,
    TrainingSet, UnetConfig, UnetPlusPlus, UnetPlusPlusConfig,
};

/// Bright squares on a dark ground; the squares are the truth.
fn toy() -> Vec<(Array2<f32>, Array2<bool>)> {
    (0..4)
        .map(|index| {
            let inside = |(y, x): (usize, usize)| {
                (4 + index..12 + index).contains(&y) && (8..20).contains(&x)
            };
            let mask = Array2::from_shape_fn((32, 32), inside);
            let image = Array2::from_shape_fn((32, 32), |(y, x)| {
                let texture = 0.1 * (((3 * x + 5 * y) % 7) as f32 / 7.0);
                if mask[(y, x)] { 0.7 + texture } else { 0.2 + texture }
            });
            (image, mask)
        })
        .collect()
}

fn network(seed: u64) -> UnetPlusPlus {
    qunet_model::seed(seed);
    let unet = UnetConfig { width: 4, batch_norm: BatchNormConfig::torch(), ..UnetConfig::paper() };
    let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
    UnetPlusPlus::new(&config, Device::Cpu).unwrap()
}

fn set() -> TrainingSet {
    TrainingSet::new(toy(), (32, 32), Device::Cpu).unwrap()
}

fn go_on(_: &EpochRecord) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn a_toy_set_is_learnt() {
    let _turn = alone();
    let network = network(1);
    let config = TrainConfig {
        epochs: 12,
        learning_rate: 5e-3,
        augmentation: qunet_model::Augmentation::none(),
        ..TrainConfig::default()
    };
    let history = Trainer::new(config).unwrap().fit(&network, &set(), &mut go_on).unwrap();
    let (first, last) = (&history[0], &history[11]);
    for (before, after) in first.head_losses.iter().zip(&last.head_losses) {
        assert!(after < before, "a head's loss rose from {before} to {after}");
    }
    let images: Vec<_> = toy().into_iter().map(|(image, _)| image).collect();
    let maps = Predictor::new(&network, (32, 32), 4).unwrap().heads(&images).unwrap();
    for (heads, (_, mask)) in maps.iter().zip(toy()) {
        let wrong = heads.last().iter().zip(&mask).filter(|(p, m)| (**p > 0.5) != **m).count();
        assert!(wrong <= 20, "{wrong} of 1024 pixels are wrong");
    }
}

#[test]
fn one_seed_one_result() {
    let _turn = alone();
    let run = || {
        let network = network(2);
        let config = TrainConfig { epochs: 2, steps_per_epoch: Some(2), ..TrainConfig::default() };
        let history = Trainer::new(config).unwrap().fit(&network, &set(), &mut go_on).unwrap();
        history.into_iter().map(|epoch| epoch.head_losses).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn the_paper_recipe_takes_one_pass_per_epoch() {
    let _turn = alone();
    let mut epochs = Vec::new();
    let mut observer = |record: &EpochRecord| {
        epochs.push(record.clone());
        if record.epoch == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let trainer = Trainer::new(TrainConfig::paper()).unwrap();
    let error = trainer.fit(&network(3), &set(), &mut observer).unwrap_err();
    assert_eq!(error.to_string(), "stopped after epoch 2");
    assert_eq!(epochs.len(), 2);
    assert_eq!(epochs[1].head_losses.len(), 4);
    assert_eq!(epochs[1].learning_rate, 1e-4);
    // Negative Dice lies in [-1, 0].
    assert!(epochs[1].head_losses.iter().all(|loss| (-1.0..=0.0).contains(loss)));
}

#[test]
fn a_diverging_training_is_named_and_leaves_finite_weights() {
    let _turn = alone();
    let network = network(4);
    let config = TrainConfig { learning_rate: 1e30, ..TrainConfig::default() };
    let error = Trainer::new(config).unwrap().fit(&network, &set(), &mut go_on).unwrap_err();
    assert!(matches!(error, Error::NonFiniteLoss { .. }), "{error}");
    let weights = network.variables().trainable_variables();
    assert!(weights.iter().all(|weight| bool::try_from(weight.isfinite().all()).unwrap()));
}

#[test]
fn bad_sets_and_settings_are_refused() {
    let none = TrainingSet::new([], (32, 32), Device::Cpu).unwrap_err();
    assert_eq!(none.to_string(), "no slices to train on; give at least one");
    let uneven = (Array2::zeros((8, 8)), Array2::from_elem((8, 9), true));
    assert!(matches!(
        TrainingSet::new([uneven], (32, 32), Device::Cpu).unwrap_err(),
        Error::ShapeMismatch { .. }
    ));
    for config in [
        TrainConfig { epochs: 0, ..TrainConfig::default() },
        TrainConfig { learning_rate: f64::NAN, ..TrainConfig::default() },
        TrainConfig { foreground_share: 1.5, ..TrainConfig::default() },
    ] {
        assert!(matches!(Trainer::new(config).unwrap_err(), Error::Parameter { .. }));
    }
}
