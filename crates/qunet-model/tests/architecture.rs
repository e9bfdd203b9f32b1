//! The networks against the paper: counts, shapes, names, round trips.

#![allow(clippy::unwrap_used)] // helpers outside the test functions

mod common;

use common::alone;
use qunet_model::tch::{Kind, Tensor};
use qunet_model::{
    Channels, Device, DropoutPlacement, Error, HeadPlacement, Mode, Network, NormConfig, NormKind,
    NormNodes, NormPlacement, Predictor, UnetConfig, UnetPlusPlusConfig,
};

fn small() -> UnetPlusPlusConfig {
    let unet = UnetConfig { width: 2, ..UnetConfig::paper() };
    UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() }
}

fn unet(config: &UnetConfig) -> Network {
    Network::unet(config, Channels::default(), Device::Cpu).unwrap()
}

fn unet_plus_plus(config: &UnetPlusPlusConfig) -> Network {
    Network::unet_plus_plus(config, Channels::default(), Device::Cpu).unwrap()
}

fn images(height: i64, width: i64) -> Tensor {
    Tensor::arange(2 * height * width, (Kind::Float, Device::Cpu))
        .sin()
        .reshape([2, 1, height, width])
}

#[test]
fn published_parameter_counts() {
    let _turn = alone();
    let network = unet_plus_plus(&UnetPlusPlusConfig::paper());
    assert_eq!(network.total_parameters(), 9_045_540);
    assert_eq!(network.trainable_parameters(), 9_043_620);
    let unet = unet(&UnetConfig::paper());
    assert_eq!(unet.total_parameters(), 7_767_457);
    assert_eq!(unet.trainable_parameters(), 7_763_489);
}

#[test]
fn diagonal_heads_have_another_count() {
    let _turn = alone();
    let config =
        UnetPlusPlusConfig { heads: HeadPlacement::Diagonal, ..UnetPlusPlusConfig::paper() };
    let network = unet_plus_plus(&config);
    assert_eq!(network.total_parameters(), 9_045_892);
}

#[test]
fn every_head_is_of_full_size_in_both_placements() {
    let _turn = alone();
    for heads in [HeadPlacement::TopRow, HeadPlacement::Diagonal] {
        let network = unet_plus_plus(&UnetPlusPlusConfig { heads, ..small() });
        let logits = network.logits(&images(32, 48), Mode::Evaluate).unwrap();
        assert_eq!(logits.len(), 4);
        assert!(logits.iter().all(|map| map.size() == [2, 1, 32, 48]));
    }
}

#[test]
fn sizes_that_cannot_be_halved_four_times_are_named() {
    let _turn = alone();
    let network = unet(&small().unet);
    let error = network.logits(&images(32, 250), Mode::Evaluate).unwrap_err();
    assert_eq!(error.to_string(), "width 250 is not a multiple of 16; resize or pad the slice");
}

#[test]
fn depth_classes_channels_and_supervision_are_choices() {
    let _turn = alone();
    for depth in 3..=5 {
        let unet = UnetConfig { depth, ..small().unet };
        let config = UnetPlusPlusConfig { unet, ..small() };
        let channels = Channels { input: 2, classes: 3, priors: 0 };
        let network = Network::unet_plus_plus(&config, channels, Device::Cpu).unwrap();
        assert_eq!(network.channels(), channels);
        assert_eq!(config.levels(), network.levels());
        assert_eq!(network.last_two_levels().unwrap(), [depth - 2, depth - 1]);
        assert_eq!(network.levels(), (1..depth).collect::<Vec<_>>());
        assert_eq!(network.divisor(), 1 << (depth - 1));
        let images = images(32, 16).repeat([1, 2, 1, 1]);
        let logits = network.logits(&images, Mode::Evaluate).unwrap();
        assert!(logits.iter().all(|map| map.size() == [2, 3, 32, 16]));
        let error = network.logits(&images.narrow(1, 0, 1), Mode::Evaluate).unwrap_err();
        assert_eq!(error.to_string(), "the input has 1 channels and the network takes 2");
    }
    let alone = UnetPlusPlusConfig { heads: HeadPlacement::Last, ..UnetPlusPlusConfig::paper() };
    let network = unet_plus_plus(&alone);
    assert_eq!(network.levels(), [4]);
    let error = alone.last_two_levels().unwrap_err();
    assert_eq!(error.to_string(), network.last_two_levels().unwrap_err().to_string());
    assert!(error.to_string().contains("there is L4 alone"), "{error}");
    // Three heads of 32 weights and a bias fewer.
    assert_eq!(network.total_parameters(), 9_045_540 - 3 * 33);
}

#[test]
fn a_pruned_network_gives_the_same_head() {
    let _turn = alone();
    for heads in [HeadPlacement::TopRow, HeadPlacement::Diagonal] {
        let network = unet_plus_plus(&UnetPlusPlusConfig { heads, ..small() });
        let images = images(32, 32);
        let all = network.logits(&images, Mode::Evaluate).unwrap();
        for level in 1..=4 {
            let pruned = network.level_logits(&images, Mode::Evaluate, level).unwrap();
            assert_eq!(pruned, all[level - 1], "L{level}");
        }
        let error = network.level_logits(&images, Mode::Evaluate, 5).unwrap_err();
        assert_eq!(error.to_string(), "there is no head L5; this network has L1, L2, L3, L4");
    }
}

#[test]
fn the_places_of_norm_and_dropout_are_choices() {
    let _turn = alone();
    let count = |nodes, placement| {
        let norm = NormConfig { nodes, placement, ..NormConfig::keras() };
        let unet = UnetConfig { norm, ..UnetConfig::paper() };
        let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
        unet_plus_plus(&config).total_parameters()
    };
    // Two layers of four numbers per filter: the encoder's four upper rows have 32 + 64 + 128 + 256 filters.
    let none = 9_045_540 - 2 * 4 * 480;
    assert_eq!(count(NormNodes::None, NormPlacement::AfterRelu), none);
    assert_eq!(count(NormNodes::Encoder, NormPlacement::BeforeRelu), 9_045_540);
    // All nodes: five of row 1, four of row 2, and so on.
    let filters = 5 * 32 + 4 * 64 + 3 * 128 + 2 * 256 + 512;
    assert_eq!(count(NormNodes::All, NormPlacement::AfterRelu), none + 2 * 4 * filters);
    for (dropout_at, touched) in [
        (DropoutPlacement::DeepestTwo, [false, false, false, true]),
        (DropoutPlacement::Deepest, [false, false, false, true]),
        (DropoutPlacement::Encoder, [true, true, true, true]),
    ] {
        let unet = UnetConfig { dropout_at, ..small().unet };
        let network = unet_plus_plus(&UnetPlusPlusConfig { unet, ..small() });
        let run = || network.logits(&images(32, 32), Mode::MonteCarlo).unwrap();
        let (first, second) = (run(), run());
        let differ = [0, 1, 2, 3].map(|head| first[head] != second[head]);
        assert_eq!(differ, touched, "{dropout_at:?}");
    }
}

#[test]
fn monte_carlo_leaves_the_statistics_alone() {
    let _turn = alone();
    let network = unet_plus_plus(&small());
    let statistics = || {
        let mut all: Vec<_> = network.variables().variables().into_iter().collect();
        all.retain(|(name, _)| name.contains("running"));
        all.into_iter().map(|(name, tensor)| (name, tensor.copy())).collect::<Vec<_>>()
    };
    let sorted = |mut all: Vec<(String, Tensor)>| {
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    };
    let before = sorted(statistics());
    network.logits(&images(32, 32), Mode::MonteCarlo).unwrap();
    assert_eq!(sorted(statistics()), before);
    network.logits(&images(32, 32), Mode::Train).unwrap();
    assert_ne!(sorted(statistics()), before);
}

#[test]
fn a_frozen_encoder_has_no_gradients() {
    let _turn = alone();
    let network = unet_plus_plus(&small());
    let all = network.trainable_parameters();
    network.freeze_encoder(true);
    for (name, variable) in network.variables().variables() {
        let encoder = name.starts_with('x') && name.as_bytes()[2] == b'1';
        let statistics = name.contains("running");
        assert_eq!(variable.requires_grad(), !encoder && !statistics, "{name}");
    }
    network.freeze_encoder(false);
    assert_eq!(network.trainable_parameters(), all);
}

#[test]
fn only_l4_is_touched_by_dropout() {
    let _turn = alone();
    let network = unet_plus_plus(&small());
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
        unet_plus_plus(&small())
    };
    let output =
        |network: &Network| network.logits(&images(16, 16), Mode::Evaluate).unwrap().pop().unwrap();
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
    unet(&small().unet).save(&path).unwrap();
    let mut network = unet_plus_plus(&small());
    let error = network.load(&path).unwrap_err();
    assert!(matches!(error, Error::Weights { .. }));
    assert!(error.to_string().contains("unet.safetensors"), "{error}");
    assert_eq!(error.to_string().lines().count(), 1);
    assert!(network.load(folder.path().join("none.safetensors")).is_err());
}

#[test]
fn configurations_out_of_range_are_refused() {
    let _turn = alone();
    let refused = |config: UnetConfig, channels: Channels| {
        Network::unet(&config, channels, Device::Cpu).unwrap_err().to_string()
    };
    let one = Channels::default();
    let width = UnetConfig { width: 0, ..UnetConfig::paper() };
    assert_eq!(refused(width, one), "width is 0: it must lie in 1..=4096");
    let dropout = UnetConfig { dropout: 1.0, ..UnetConfig::paper() };
    assert_eq!(refused(dropout, one), "dropout is 1: a probability below 1 is needed");
    let none = Channels { input: 0, ..one };
    assert_eq!(refused(small().unet, none), "channels.input is 0: it must lie in 1..=4096");
    let many = Channels { classes: 256, ..one };
    assert!(refused(small().unet, many).starts_with("channels.classes is 256"));
    let blind = Channels { priors: 1, ..one };
    assert!(refused(small().unet, blind).starts_with("channels.priors is 1: it must be less than"));
    let norm = NormConfig { kind: NormKind::Batch { momentum: 0.0 }, ..NormConfig::keras() };
    let unet = UnetConfig { norm, ..small().unet };
    let error = UnetPlusPlusConfig { unet, ..small() }.check().unwrap_err();
    assert_eq!(error.to_string(), "unet.norm.momentum is 0: it must lie in (0, 1]");
}

#[test]
fn slices_normalised_for_themselves_need_two_pixels_in_every_row() {
    let _turn = alone();
    let config = |norm, nodes| UnetConfig { norm: NormConfig { nodes, ..norm }, ..small().unet };
    let plain = unet(&config(NormConfig::instance(), NormNodes::All));
    assert!(plain.logits(&images(32, 16), Mode::Train).is_ok());
    let error = plain.logits(&images(16, 16), Mode::Train).unwrap_err().to_string();
    assert!(
        error.starts_with("size is 16 x 16: the deepest features are single pixels"),
        "{error}"
    );
    // A group of several channels has several numbers, and the U-net++ does not normalise its deepest node.
    let grouped = unet(&config(NormConfig::group(1), NormNodes::All));
    assert!(grouped.logits(&images(16, 16), Mode::Train).is_ok());
    let nested = config(NormConfig::instance(), NormNodes::Encoder);
    let nested = unet_plus_plus(&UnetPlusPlusConfig { unet: nested, ..small() });
    assert!(nested.logits(&images(16, 16), Mode::Train).is_ok());
}

#[test]
fn predictions_come_back_in_the_slices_own_size() {
    let _turn = alone();
    let network = unet_plus_plus(&small());
    let slices =
        [ndarray::Array2::from_elem((30, 50), 0.5), ndarray::Array2::from_elem((20, 20), 0.1)];
    let predictor = Predictor::new(&network, (32, 32), 1).unwrap();
    let heads = predictor.heads(&slices).unwrap();
    assert_eq!(heads[0].last().dim(), (30, 50));
    assert_eq!(heads[1].head(1).unwrap().foreground.dim(), (20, 20));
    assert_eq!(heads[0].head(0), None);
    assert_eq!(heads[0].head(5), None);
    assert!(heads[0].last().iter().all(|p| (0.0..=1.0).contains(p)));
}

#[test]
fn networks_can_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Network>();
}
