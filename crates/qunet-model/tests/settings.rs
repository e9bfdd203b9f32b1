//! Every leaf of every configuration counts: a change of it that is not refused changes a result.

#![allow(clippy::unwrap_used)] // helpers outside the test functions

mod common;

use std::ops::ControlFlow;

use common::{alone, toy};
use ndarray::{Array2, Array3};
use qunet_model::tch::{Kind, Tensor, no_grad};
use qunet_model::{
    Channels, CollapseGuard, Device, EpochRecord, Fit, LossConfig, LossKind, Mode, Network,
    NormConfig, PredictConfig, Predictor, Schedule, Sizing, TrainConfig, TrainEvent, Trainer,
    TrainingSet, TverskyConfig, UnetConfig, UnetPlusPlusConfig,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json, to_value};

/// The JSON pointers of all leaves; an empty list is one.
fn leaves(tree: &Value, at: &str, found: &mut Vec<String>) {
    match tree {
        Value::Object(fields) => {
            for (name, value) in fields {
                leaves(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (place, value) in items.iter().enumerate() {
                leaves(value, &format!("{at}/{place}"), found);
            }
        }
        _ => found.push(at.to_owned()),
    }
}

/// Other values that a leaf may have.
fn others(pointer: &str, value: &Value) -> Vec<Value> {
    let field = pointer.rsplit('/').next().unwrap();
    match value {
        Value::Bool(value) => vec![json!(!value)],
        Value::Number(number) => match number.as_u64() {
            Some(count) => vec![json!(count + 1), json!(2 * count), json!(count / 2)],
            None => {
                let number = number.as_f64().unwrap();
                vec![json!(number / 2.0), json!(number + 0.1)]
            }
        },
        _ => match field {
            "schedule" => vec![json!("constant")],
            "precision" => vec![json!("bf16")],
            "kind" => vec![json!("dice")],
            "fill" => vec![json!("zero")],
            "head_weights" => vec![json!([0.5])],
            "clip_norm" => vec![json!(1e-3)],
            "patience" | "level" => vec![json!(1)],
            "ema" => vec![json!(0.5)],
            "dropout_at" => vec![json!("deepest")],
            "placement" => vec![json!("before_relu")],
            "nodes" => vec![json!("all")],
            "heads" => vec![json!("diagonal")],
            _ => panic!("name another value of {pointer} than {value}"),
        },
    }
}

/// Changes one leaf below `below` after the other; some value of each must be taken and change what `observe` answers.
fn every_leaf_counts<C: DeserializeOwned, O: PartialEq>(
    tree: &Value,
    below: &str,
    observe: impl Fn(C) -> Result<O, qunet_model::Error>,
) {
    let observe = |tree: Value| observe(serde_json::from_value(tree).unwrap());
    let before = observe(tree.clone()).unwrap();
    let mut pointers = Vec::new();
    leaves(tree, "", &mut pointers);
    pointers.retain(|pointer| pointer.starts_with(below));
    assert!(!pointers.is_empty(), "there is nothing below {below}");
    for pointer in pointers {
        let changes = others(&pointer, tree.pointer(&pointer).unwrap()).into_iter().any(|value| {
            let mut tree = tree.clone();
            *tree.pointer_mut(&pointer).unwrap() = value;
            observe(tree).is_ok_and(|after| after != before)
        });
        assert!(changes, "{pointer} changes nothing");
    }
}

fn tiny() -> UnetConfig {
    UnetConfig { width: 2, depth: 3, ..UnetConfig::paper() }
}

fn variables(network: &Network) -> Vec<(String, Tensor)> {
    let mut all: Vec<_> = network.variables().variables().into_iter().collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

fn values(network: &Network) -> Vec<Vec<f32>> {
    let flat = |(_, tensor): (String, Tensor)| {
        Vec::<f32>::try_from(&tensor.detach().contiguous().reshape([-1])).unwrap()
    };
    variables(network).into_iter().map(flat).collect()
}

/// A network whose heads start at `bias`, and whose recorded variances are far too large.
fn start(bias: f64) -> Network {
    qunet_model::seed(1);
    let config = UnetPlusPlusConfig { unet: tiny(), ..UnetPlusPlusConfig::paper() };
    let network = Network::unet_plus_plus(&config, Channels::default(), Device::Cpu).unwrap();
    no_grad(|| {
        for (name, mut variable) in variables(&network) {
            if name.ends_with("running_var") {
                let _ = variable.fill_(1e12);
            } else if name.starts_with("head") && name.ends_with("bias") {
                let _ = variable.fill_(bias);
            }
        }
    });
    network
}

/// Weights, epochs and events of two trainings: one whose heads find nothing in training, and one whose heads find
/// nothing in evaluation alone.
fn train(config: TrainConfig) -> Result<Vec<String>, qunet_model::Error> {
    let trainer = Trainer::new(config)?;
    let mut slices = toy();
    slices.push((Array2::from_elem((32, 32), 0.4), Array2::from_elem((32, 32), false)));
    let set = TrainingSet::new(slices, (16, 16), Device::Cpu)?;
    let fit = Fit { validation: Some(&set), ..Fit::default() };
    let run = |bias| {
        let network = start(bias);
        let mut text = String::new();
        let mut observer = |event: &TrainEvent| {
            let timeless = |record: &EpochRecord| {
                TrainEvent::Epoch(EpochRecord { seconds: 0.0, data_seconds: 0.0, ..record.clone() })
            };
            let event = if let TrainEvent::Epoch(r) = event { timeless(r) } else { event.clone() };
            text += &format!("{event:?}\n");
            ControlFlow::Continue(())
        };
        trainer.fit(&network, &set, &fit, &mut observer)?;
        Ok(format!("{text}{:?}", values(&network)))
    };
    [-12.0, -0.3].into_iter().map(run).collect()
}

#[test]
fn every_setting_of_a_training_counts() {
    let _turn = alone();
    let guard =
        CollapseGuard { patience: 1, warmup_epochs: 1, restarts: 1, ..CollapseGuard::default() };
    let base = TrainConfig {
        epochs: 4,
        batch_size: 3,
        steps_per_epoch: Some(2),
        collapse: guard,
        ..TrainConfig::default()
    };
    every_leaf_counts(&to_value(&base).unwrap(), "", train);
    let loss = LossConfig {
        kind: LossKind::FocalTversky(TverskyConfig::default()),
        ..LossConfig::default()
    };
    let tversky = TrainConfig { loss, ..base.clone() };
    every_leaf_counts(&to_value(&tversky).unwrap(), "/loss/kind/focal_tversky", train);
    for schedule in [Schedule::Polynomial { power: 0.9 }, Schedule::Step { epochs: 1, factor: 0.5 }]
    {
        let scheduled = TrainConfig { schedule, ..base.clone() };
        every_leaf_counts(&to_value(&scheduled).unwrap(), "/schedule/", train);
    }
}

/// Levels and logits of a training step, logits of the network afterwards, and its weights after a step of a trainer.
fn build(description: (UnetPlusPlusConfig, Channels)) -> Result<Vec<String>, qunet_model::Error> {
    let (config, channels) = description;
    qunet_model::seed(2);
    let network = Network::unet_plus_plus(&config, channels, Device::Cpu)?;
    let count = 2 * channels.input as i64 * 256;
    let images = Tensor::arange(count, (Kind::Float, Device::Cpu)).sin();
    let images = images.reshape([2, channels.input as i64, 16, 16]);
    qunet_model::seed(3);
    let mut seen = vec![format!("{:?}", network.levels())];
    for mode in [Mode::Train, Mode::Evaluate] {
        for map in network.logits(&images, mode)? {
            let flat = Vec::<f32>::try_from(&map.detach().contiguous().reshape([-1])).unwrap();
            seen.push(format!("{:?} {flat:?}", map.size()));
        }
    }
    let image = Array3::from_shape_fn((channels.input, 16, 16), |(c, y, x)| {
        ((c + 2 * y + 3 * x) % 9) as f32 / 9.0
    });
    let labels = Array2::from_shape_fn((16, 16), |(y, _)| u8::from(y > 8));
    let set = TrainingSet::from_labels([(image, labels)], channels.classes, (16, 16), Device::Cpu)?;
    let step = TrainConfig { epochs: 1, steps_per_epoch: Some(1), ..TrainConfig::default() };
    Trainer::new(step)?.fit(&network, &set, &Fit::default(), &mut qunet_model::Silent)?;
    seen.push(format!("{:?}", values(&network)));
    Ok(seen)
}

#[test]
fn every_setting_of_a_network_counts() {
    let _turn = alone();
    let config = UnetPlusPlusConfig { unet: tiny(), ..UnetPlusPlusConfig::paper() };
    every_leaf_counts(&to_value((config, Channels::default())).unwrap(), "/0", build);
    let norm = NormConfig::group(2);
    let grouped = UnetPlusPlusConfig { unet: UnetConfig { norm, ..tiny() }, ..config };
    let tree = to_value((grouped, Channels::default())).unwrap();
    every_leaf_counts(&tree, "/0/unet/norm", build);
    // Of one channel none can be a prior; and of two filters both may be dead.
    let channels = Channels { input: 2, ..Channels::default() };
    let config = UnetPlusPlusConfig { unet: UnetConfig { width: 8, ..tiny() }, ..config };
    every_leaf_counts(&to_value((config, channels)).unwrap(), "/1", build);
}

#[test]
fn every_setting_of_a_prediction_counts() {
    let _turn = alone();
    qunet_model::seed(4);
    let network = Network::unet_plus_plus(
        &UnetPlusPlusConfig { unet: tiny(), ..UnetPlusPlusConfig::paper() },
        Channels::default(),
        Device::Cpu,
    );
    let network = network.unwrap();
    let slices: Vec<_> = toy().into_iter().map(|(image, _)| image).take(3).collect();
    let predict = |config: PredictConfig| {
        let predictor = Predictor::with(&network, config)?;
        Ok((predictor.heads(&slices)?, predictor.monte_carlo(&slices, 2, 5)?))
    };
    let sizing = Sizing::Resize { height: 16, width: 32 };
    let resized = PredictConfig { sizing, ..PredictConfig::default() };
    every_leaf_counts(&to_value(resized).unwrap(), "", predict);
    let sizing = Sizing::Tile { side: 16, overlap: 4 };
    let tiled = PredictConfig { sizing, ..PredictConfig::default() };
    every_leaf_counts(&to_value(tiled).unwrap(), "/sizing", predict);
}
