//! Training on toy slices: it learns, repeats, stops, and reports when it cannot.

#![allow(clippy::unwrap_used)] // helpers outside the test functions

mod common;

use std::ops::ControlFlow;

use common::{alone, network, toy};
use ndarray::{Array2, Array3, Axis};
use qunet_model::{
    Channels, CollapseGuard, Device, EpochRecord, Error, Fit, IGNORE, JsonLines, LossConfig,
    LossKind, Network, NormConfig, Precision, Predictor, Remedy, Silent, TrainConfig, TrainEvent,
    Trainer, TrainingSet, TverskyConfig, UnetConfig, UnetPlusPlusConfig,
};

fn set() -> TrainingSet {
    TrainingSet::new(toy(), (32, 32), Device::Cpu).unwrap()
}

/// Trains with the seed 0, without validation or checkpoint.
fn fit(config: TrainConfig, network: &Network, set: &TrainingSet) -> Vec<EpochRecord> {
    Trainer::new(config).unwrap().fit(network, set, &Fit::default(), &mut Silent).unwrap()
}

/// Keeps every event but the epochs.
fn keep(events: &mut Vec<TrainEvent>) -> impl FnMut(&TrainEvent) -> ControlFlow<()> {
    |event| {
        if !matches!(event, TrainEvent::Epoch(_)) {
            events.push(event.clone());
        }
        ControlFlow::Continue(())
    }
}

/// Dice of the last head on the toy slices, pooled.
fn toy_dice(network: &Network) -> f64 {
    let images: Vec<_> = toy().into_iter().map(|(image, _)| image).collect();
    let maps = Predictor::new(network, (32, 32), 4).unwrap().heads(&images).unwrap();
    let (mut both, mut sizes) = (0, 0);
    for (heads, (_, mask)) in maps.iter().zip(toy()) {
        for (&label, &truth) in heads.labels(0.5).iter().zip(&mask) {
            both += 2 * usize::from(label == 1 && truth);
            sizes += usize::from(label == 1) + usize::from(truth);
        }
    }
    both as f64 / sizes as f64
}

fn overfit() -> TrainConfig {
    TrainConfig {
        epochs: 14,
        learning_rate: 5e-3,
        augmentation: qunet_model::Augmentation::none(),
        ..TrainConfig::default()
    }
}

#[test]
fn a_toy_set_is_learnt_by_every_loss_and_in_both_precisions() {
    let _turn = alone();
    for (kind, precision) in [
        (LossKind::DiceCrossEntropy, Precision::F32),
        (LossKind::DiceCrossEntropy, Precision::Bf16),
        (LossKind::Dice, Precision::F32),
        (LossKind::FocalTversky(TverskyConfig::default()), Precision::F32),
    ] {
        let network = network(1);
        let loss = LossConfig { kind, ..LossConfig::default() };
        let config = TrainConfig { loss, precision, ..overfit() };
        let history = fit(config, &network, &set());
        let (first, last) = (&history[0], &history[13]);
        for (before, after) in first.head_losses.iter().zip(&last.head_losses) {
            assert!(after < before, "{kind:?}: a head's loss rose from {before} to {after}");
        }
        let dice = toy_dice(&network);
        assert!(dice > 0.98, "{kind:?} in {precision:?}: Dice {dice}");
    }
}

#[test]
fn a_toy_set_is_learnt_with_every_normalisation() {
    let _turn = alone();
    for norm in [NormConfig::instance(), NormConfig::group(2)] {
        for precision in [Precision::F32, Precision::Bf16] {
            qunet_model::seed(1);
            let unet = UnetConfig { width: 4, depth: 3, norm, ..UnetConfig::paper() };
            let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
            let channels = Channels::default();
            let network = Network::unet_plus_plus(&config, channels, Device::Cpu).unwrap();
            fit(TrainConfig { precision, ..overfit() }, &network, &set());
            let dice = toy_dice(&network);
            assert!(dice > 0.95, "{norm:?} in {precision:?}: Dice {dice}");
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("weights.safetensors");
            network.save(&path).unwrap();
            let mut opened = Network::open(&path, Device::Cpu).unwrap();
            assert_eq!(opened.description(), network.description());
            assert_eq!(toy_dice(&opened), dice);
            let error = opened.load_keras(&path).unwrap_err().to_string();
            assert!(
                error.ends_with("the notebooks' weights are of batch normalisation"),
                "{error}"
            );
        }
    }
}

#[test]
fn three_classes_are_learnt_and_unannotated_pixels_teach_nothing() {
    let _turn = alone();
    qunet_model::seed(5);
    let norm = NormConfig::torch();
    let config = UnetConfig { width: 4, depth: 3, norm, ..UnetConfig::paper() };
    let channels = Channels { input: 1, classes: 3, priors: 0 };
    let network = Network::unet(&config, channels, Device::Cpu).unwrap();
    let slices = |garbage: u8| {
        toy().into_iter().map(move |(image, mask)| {
            // The square's right half is class 2, and the lowest rows are annotated by nobody.
            let labels = Array2::from_shape_fn((32, 32), |(y, x)| match (y, mask[(y, x)]) {
                (26.., _) => garbage,
                (_, false) => 0,
                (_, true) => 1 + u8::from(x >= 14),
            });
            (image.insert_axis(Axis(0)), labels)
        })
    };
    let set = TrainingSet::from_labels(slices(IGNORE), 3, (32, 32), Device::Cpu).unwrap();
    let config = TrainConfig { epochs: 40, ..overfit() };
    let history = fit(config, &network, &set);
    assert!(history[39].head_losses[0] < history[0].head_losses[0]);
    let images: Vec<Array3<f32>> = slices(0).map(|(image, _)| image).collect();
    let maps = Predictor::new(&network, (32, 32), 4).unwrap().heads(&images).unwrap();
    let wrong: usize = maps
        .iter()
        .zip(slices(0))
        .map(|(maps, (_, labels))| {
            let pairs = maps.labels(0.5).into_iter().zip(labels).take(26 * 32);
            pairs.filter(|(found, truth)| found != truth).count()
        })
        .sum();
    assert!(wrong < 4 * 26 * 32 / 50, "{wrong} pixels are wrong");
}

#[test]
fn one_seed_one_result() {
    let _turn = alone();
    let run = || {
        let network = network(2);
        let config = TrainConfig { epochs: 2, steps_per_epoch: Some(2), ..TrainConfig::default() };
        let history = fit(config, &network, &set());
        history.into_iter().map(|epoch| epoch.head_losses).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn validation_keeps_the_best_weights_and_stops_early() {
    let _turn = alone();
    let network = network(6);
    let config = TrainConfig { epochs: 30, patience: Some(3), ..overfit() };
    let validation = set();
    let fit = Fit { validation: Some(&validation), ..Fit::default() };
    let mut events = Vec::new();
    let trainer = Trainer::new(config).unwrap();
    let history = trainer.fit(&network, &set(), &fit, &mut keep(&mut events)).unwrap();
    let dices: Vec<f64> = history.iter().filter_map(|epoch| epoch.validation_dice).collect();
    assert_eq!(dices.len(), history.len());
    let best = dices.iter().copied().fold(0.0, f64::max);
    assert!((toy_dice(&network) - best).abs() < 0.01, "the best weights are kept");
    assert!(history.len() < 30, "a perfect Dice is not beaten thirty times");
    assert!(matches!(events.last(), Some(TrainEvent::StoppedEarly { .. })), "{events:?}");
    let error = trainer.fit(&network, &set(), &Fit::default(), &mut Silent).unwrap_err();
    assert!(error.to_string().starts_with("patience is 3: it needs validation slices"), "{error}");
}

/// Lesions of a few pixels, and a loss whose slope away from nothing is next to nothing.
fn collapsing(collapse: CollapseGuard) -> (Vec<EpochRecord>, Vec<TrainEvent>, f64) {
    let network = network(7);
    let slices = toy().into_iter().map(|(image, mask)| {
        let few = mask.indexed_iter().map(|((y, x), &m)| m && y % 4 == 0 && x % 5 == 0).collect();
        (image, Array2::from_shape_vec((32, 32), few).unwrap())
    });
    let set = TrainingSet::new(slices, (32, 32), Device::Cpu).unwrap();
    // Heads that start far below one half everywhere.
    qunet_model::tch::no_grad(|| {
        for (name, mut variable) in network.variables().variables() {
            if name.starts_with("head") && name.ends_with("bias") {
                let _ = variable.f_fill_(-12.0).unwrap();
            }
        }
    });
    let config = TrainConfig {
        epochs: 8,
        steps_per_epoch: Some(2),
        collapse,
        loss: LossConfig::default(),
        ..TrainConfig::default()
    };
    let mut events = Vec::new();
    let trainer = Trainer::new(config).unwrap();
    let history = trainer.fit(&network, &set, &Fit::default(), &mut keep(&mut events)).unwrap();
    let bias = network.variables().variables()["head4.bias"].double_value(&[0]);
    (history, events, bias)
}

#[test]
fn a_collapse_is_reported_and_its_remedy_begun() {
    let _turn = alone();
    let (history, events, bias) = collapsing(CollapseGuard::report());
    assert!(bias < -11.0, "{bias}");
    assert!(history.iter().all(|epoch| epoch.empty_heads == [1, 2, 3, 4]), "{history:?}");
    let remedies = |events: &[TrainEvent]| -> Vec<Remedy> {
        let remedy = |event: &TrainEvent| match event {
            TrainEvent::Collapsed { remedy, .. } => Some(*remedy),
            _ => None,
        };
        events.iter().filter_map(remedy).collect()
    };
    assert_eq!(remedies(&events), [Remedy::None; 2]);
    let guard =
        CollapseGuard { patience: 2, warmup_epochs: 1, restarts: 1, ..CollapseGuard::default() };
    let (_, events, bias) = collapsing(guard);
    assert_eq!(remedies(&events)[..2], [Remedy::WarmUp, Remedy::Restart], "{events:?}");
    // Drawn again, the heads no longer start at -12.
    assert!(bias > -1.0, "{bias}");
}

/// A network that has learnt the toy slices, but whose recorded variances are a million times too large; what one more
/// epoch under `collapse` reported, and its Dice afterwards.
fn stale_statistics(collapse: CollapseGuard) -> (Vec<TrainEvent>, f64) {
    let network = network(1);
    let slow = TrainConfig { learning_rate: 1e-9, steps_per_epoch: Some(1), ..overfit() };
    fit(overfit(), &network, &set());
    qunet_model::tch::no_grad(|| {
        for (name, mut variable) in network.variables().variables() {
            if name.ends_with("running_var") {
                let _ = variable.f_mul_scalar_(1e6).unwrap();
            }
        }
    });
    let mut events = Vec::new();
    let trainer = Trainer::new(TrainConfig { epochs: 1, collapse, ..slow }).unwrap();
    trainer.fit(&network, &set(), &Fit::default(), &mut keep(&mut events)).unwrap();
    (events, toy_dice(&network))
}

#[test]
fn stale_statistics_are_taken_anew() {
    let _turn = alone();
    let (events, dice) = stale_statistics(CollapseGuard::report());
    let [TrainEvent::EmptyInEvaluation { levels, left }] = &events[..] else {
        panic!("{events:?}")
    };
    assert!(levels.contains(&4) && left == levels, "{events:?}");
    assert_eq!(dice, 0.0);
    let (events, dice) = stale_statistics(CollapseGuard::default());
    let [TrainEvent::EmptyInEvaluation { left, .. }] = &events[..] else { panic!("{events:?}") };
    assert!(left.is_empty(), "{events:?}");
    assert!(dice > 0.95, "{dice}");
}

#[test]
fn an_average_of_weights_is_what_is_judged_and_left() {
    let _turn = alone();
    let run = |epochs, ema, validation: Option<&TrainingSet>| {
        let network = network(6);
        let config = TrainConfig { epochs, ema, ..overfit() };
        let fit = Fit { validation, ..Fit::default() };
        let history = Trainer::new(config).unwrap().fit(&network, &set(), &fit, &mut Silent);
        let weights = network.variables().variables()["x12.conv1.weight"].copy();
        (weights, history.unwrap(), toy_dice(&network))
    };
    // One epoch of ten steps with a decay near 0: the last step's weights count almost alone.
    let (last, ..) = run(1, None, None);
    let (close, ..) = run(1, Some(1e-6), None);
    assert!(last.allclose(&close, 1e-4, 1e-5, false) && last != close);
    let (averaged, ..) = run(1, Some(0.9), None);
    let apart = |weights: qunet_model::tch::Tensor| (weights - &last).norm().double_value(&[]);
    let (averaged, close) = (apart(averaged), apart(close));
    assert!(averaged > 100.0 * close, "{averaged} {close}");
    // The steps themselves do not depend on it, and what is left is what the best epoch was judged by.
    let validation = set();
    let (_, plain, _) = run(8, None, Some(&validation));
    let (_, history, dice) = run(8, Some(0.9), Some(&validation));
    let losses = |history: &[EpochRecord]| {
        history.iter().map(|epoch| epoch.head_losses.clone()).collect::<Vec<_>>()
    };
    let judged = |history: &[EpochRecord]| {
        history.iter().filter_map(|epoch| epoch.validation_dice).collect::<Vec<f64>>()
    };
    assert_eq!(losses(&plain), losses(&history));
    assert_ne!(judged(&plain), judged(&history));
    let best = judged(&history).into_iter().fold(0.0, f64::max);
    assert!((dice - best).abs() < 0.01 && dice > 0.8, "{dice}, {best}");
}

#[test]
fn a_frozen_encoder_stays_as_it_was() {
    let _turn = alone();
    let network = network(8);
    let weights = |name: &str| network.variables().variables()[name].copy();
    let before = [weights("x31.conv1.weight"), weights("x12.conv1.weight")];
    let config = TrainConfig { epochs: 1, freeze_encoder: true, ..TrainConfig::default() };
    fit(config, &network, &set());
    assert_eq!(weights("x31.conv1.weight"), before[0]);
    assert_ne!(weights("x12.conv1.weight"), before[1]);
    assert!(network.variables().variables()["x31.conv1.weight"].requires_grad());
}

#[test]
fn epochs_are_lines_of_json() {
    let _turn = alone();
    let mut lines = JsonLines(Vec::new());
    let config = TrainConfig { epochs: 2, steps_per_epoch: Some(1), ..TrainConfig::default() };
    let trainer = Trainer::new(config).unwrap();
    let history = trainer.fit(&network(9), &set(), &Fit::default(), &mut lines).unwrap();
    let text = String::from_utf8(lines.0).unwrap();
    let read: Vec<EpochRecord> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, history);
    assert!(text.lines().all(|line| line.starts_with(r#"{"event":"epoch","epoch":"#)), "{text}");
}

#[test]
fn clipping_shortens_the_gradient_and_decay_the_weights() {
    let _turn = alone();
    let change = |config: TrainConfig| {
        let network = network(10);
        let weights = || network.variables().variables()["x12.conv2.weight"].copy();
        let before = weights();
        let config = TrainConfig { epochs: 1, steps_per_epoch: Some(1), ..config };
        let history = fit(config, &network, &set());
        let length = |tensor: qunet_model::tch::Tensor| tensor.norm().double_value(&[]);
        (length(weights() - &before), length(weights()), history[0].gradient_norm)
    };
    // An epsilon far above the gradient makes Adam a plain descent, in which length shows.
    let optimizer = qunet_model::OptimizerConfig { epsilon: 30.0, ..Default::default() };
    let plain = TrainConfig { optimizer, ..TrainConfig::default() };
    let (moved, kept, norm) = change(plain.clone());
    let clipped = change(TrainConfig { clip_norm: Some(norm / 4.0), ..plain.clone() });
    assert!((clipped.0 * 4.0 / moved - 1.0).abs() < 5e-2, "{} {moved}", clipped.0);
    let optimizer = qunet_model::OptimizerConfig { weight_decay: 100.0, ..optimizer };
    let decayed = change(TrainConfig { optimizer, ..plain });
    assert!((decayed.1 / kept - 0.9).abs() < 1e-3, "{} {kept}", decayed.1);
}

#[test]
fn the_paper_recipe_takes_one_pass_per_epoch() {
    let _turn = alone();
    let mut epochs = Vec::new();
    let mut observer = |event: &TrainEvent| {
        let TrainEvent::Epoch(record) = event else { return ControlFlow::Continue(()) };
        epochs.push(record.clone());
        if record.epoch == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let trainer = Trainer::new(TrainConfig::paper()).unwrap();
    let error = trainer.fit(&network(3), &set(), &Fit::default(), &mut observer).unwrap_err();
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
    let trainer = Trainer::new(config).unwrap();
    let error = trainer.fit(&network, &set(), &Fit::default(), &mut Silent).unwrap_err();
    assert!(matches!(error, Error::NonFiniteLoss { .. }), "{error}");
    let weights = network.variables().trainable_variables();
    assert!(weights.iter().all(|weight| bool::try_from(weight.isfinite().all()).unwrap()));
}

#[test]
fn bad_sets_and_settings_are_refused() {
    let none = TrainingSet::new::<Array2<f32>>([], (32, 32), Device::Cpu).unwrap_err();
    assert_eq!(none.to_string(), "no slices to train on; give at least one");
    let uneven = (Array2::zeros((8, 8)), Array2::from_elem((8, 9), true));
    assert!(matches!(
        TrainingSet::new([uneven], (32, 32), Device::Cpu).unwrap_err(),
        Error::ShapeMismatch { .. }
    ));
    let label = [(Array3::zeros((1, 8, 8)), Array2::from_elem((8, 8), 7_u8))];
    let label = TrainingSet::from_labels(label, 3, (32, 32), Device::Cpu).unwrap_err();
    assert_eq!(
        label.to_string(),
        "label 7 at (0, 0) (height, width) of mask 0 is none of the 3 classes; 255 marks pixels to ignore"
    );
    let mut image = Array2::zeros((8, 8));
    image[(2, 5)] = f32::NAN;
    let nan = TrainingSet::new([(image, Array2::from_elem((8, 8), true))], (32, 32), Device::Cpu);
    assert!(nan.unwrap_err().to_string().starts_with("pixel (2, 5) (height, width) of image 0"));
    for config in [
        TrainConfig { epochs: 0, ..TrainConfig::default() },
        TrainConfig { learning_rate: f64::NAN, ..TrainConfig::default() },
        TrainConfig { foreground_share: 1.5, ..TrainConfig::default() },
        TrainConfig { copy_paste: -0.1, ..TrainConfig::default() },
        TrainConfig { ema: Some(1.0), ..TrainConfig::default() },
        TrainConfig { ema: Some(f64::NAN), ..TrainConfig::default() },
    ] {
        assert!(matches!(Trainer::new(config).unwrap_err(), Error::Parameter { .. }));
    }
}
