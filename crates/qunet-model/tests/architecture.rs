//! The networks against the paper: counts, shapes, names, round trips.

#![allow(clippy::unwrap_used)] // helpers outside the test functions

mod common;

use common::alone;
use qunet_model::tch::{Kind, Tensor};
use qunet_model::{
    Device, Error, HeadPlacement, Mode, Network, Predictor, Unet, UnetConfig, UnetPlusPlus,
    UnetPlusPlusConfig,
};

fn small() -> UnetPlusPlusConfig {
    let unet = UnetConfig { width: 2, ..UnetConfig::paper() };
    UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() }
}

fn images(height: i64, width: i64) -> Tensor {
    Tensor::arange(2 * height * width, (Kind::Float, Device::Cpu))
        .sin()
        .reshape([2, 1, height, width])
}

#[test]
fn published_parameter_counts() {
    let _turn = alone();
    let network = UnetPlusPlus::new(&UnetPlusPlusConfig::paper(), Device::Cpu).unwrap();
    assert_eq!(network.total_parameters(), 9_045_540);
    assert_eq!(network.trainable_parameters(), 9_043_620);
    let unet = Unet::new(&UnetConfig::paper(), Device::Cpu).unwrap();
    assert_eq!(unet.total_parameters(), 7_767_457);
    assert_eq!(unet.trainable_parameters(), 7_763_489);
}

#[test]
fn diagonal_heads_have_another_count() {
    let _turn = alone();
    let config =
        UnetPlusPlusConfig { heads: HeadPlacement::Diagonal, ..UnetPlusPlusConfig::paper() };
    let network = UnetPlusPlus::new(&config, Device::Cpu).unwrap();
    assert_eq!(network.total_parameters(), 9_045_892);
}

#[test]
fn every_head_is_of_full_size_in_both_placements() {
    let _turn = alone();
    for heads in [HeadPlacement::TopRow, HeadPlacement::Diagonal] {
        let network =
            UnetPlusPlus::new(&UnetPlusPlusConfig { heads, ..small() }, Device::Cpu).unwrap();
        let logits = network.logits(&images(32, 48), Mode::Evaluate).unwrap();
        assert_eq!(logits.len(), 4);
        assert!(logits.iter().all(|map| map.size() == [2, 1, 32, 48]));
    }
}

#[test]
fn sizes_that_cannot_be_halved_four_times_are_named() {
    let _turn = alone();
    let network = Unet::new(&small().unet, Device::Cpu).unwrap();
    let error = network.logits(&images(32, 250), Mode::Evaluate).unwrap_err();
    assert_eq!(error.to_string(), "width 250 is not a multiple of 16; resize or pad the slice");
}

#[test]
fn only_l4_is_touched_by_dropout() {
    let _turn = alone();
    let network = UnetPlusPlus::new(&small(), Device::Cpu).unwrap();
    let run = || network.logits(&images(32, 32), Mode::Train).unwrap();
    let (first, second) = (run(), run());
    let same = |level: usize| first[level - 1] == second[level - 1];
    assert_eq!([1, 2, 3, 4].map(same), [true, true, true, false]);
    let run = || network.logits(&images(32, 32), Mode::Evaluate).unwrap();
    assert_eq!(run()[3], run()[3]);
}

#[test]
fn one_seed_one_network_and_weights_survive_the_file() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let build = |seed| {
        qunet_model::seed(seed);
        UnetPlusPlus::new(&small(), Device::Cpu).unwrap()
    };
    let output = |network: &UnetPlusPlus| {
        network.logits(&images(16, 16), Mode::Evaluate).unwrap().pop().unwrap()
    };
    let (network, other) = (build(3), build(4));
    network.save(&path).unwrap();
    let mut loaded = other;
    assert_ne!(output(&network), output(&loaded));
    loaded.load(&path).unwrap();
    assert_eq!(output(&network), output(&loaded));
    assert_eq!(output(&network), output(&build(3)));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn foreign_and_missing_weights_are_refused_by_name() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("unet.safetensors");
    Unet::new(&small().unet, Device::Cpu).unwrap().save(&path).unwrap();
    let mut network = UnetPlusPlus::new(&small(), Device::Cpu).unwrap();
    let error = network.load(&path).unwrap_err();
    assert!(matches!(error, Error::Checkpoint { .. }));
    assert!(error.to_string().contains("unet.safetensors"), "{error}");
    assert_eq!(error.to_string().lines().count(), 1);
    assert!(network.load(&folder.path().join("none.safetensors")).is_err());
}

#[test]
fn configurations_out_of_range_are_refused() {
    let _turn = alone();
    let refused = |config: UnetConfig| Unet::new(&config, Device::Cpu).unwrap_err().to_string();
    let width = UnetConfig { width: 0, ..UnetConfig::paper() };
    assert_eq!(refused(width), "width is 0: it must lie in 1..=4096");
    let dropout = UnetConfig { dropout: 1.0, ..UnetConfig::paper() };
    assert_eq!(refused(dropout), "dropout is 1: a probability below 1 is needed");
}

#[test]
fn predictions_come_back_in_the_slices_own_size() {
    let _turn = alone();
    let network = UnetPlusPlus::new(&small(), Device::Cpu).unwrap();
    let slices =
        [ndarray::Array2::from_elem((30, 50), 0.5), ndarray::Array2::from_elem((20, 20), 0.1)];
    let predictor = Predictor::new(&network, (32, 32), 1).unwrap();
    let heads = predictor.heads(&slices).unwrap();
    assert_eq!(heads[0].last().dim(), (30, 50));
    assert_eq!(heads[1].level(1).unwrap().dim(), (20, 20));
    assert_eq!(heads[0].level(0), None);
    assert_eq!(heads[0].level(5), None);
    assert!(heads[0].last().iter().all(|p| (0.0..=1.0).contains(p)));
}

#[test]
fn networks_can_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<UnetPlusPlus>();
    is_send::<Unet>();
}
