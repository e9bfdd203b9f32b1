//! Outputs, loss and gradients against PyTorch with the same weights; `golden/make.py` made them.

#![allow(clippy::unwrap_used)] // helpers outside the test functions

mod common;

use std::collections::BTreeMap;

use common::alone;
use qunet_model::tch::{Kind, Reduction, Tensor, no_grad};
use qunet_model::{Channels, Device, Mode, Network, UnetConfig, UnetPlusPlusConfig};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    /// Every 37th logit of each head.
    evaluate: Vec<Vec<f64>>,
    loss: f64,
    /// Sum and 2-norm of each parameter's gradient.
    gradients: BTreeMap<String, [f64; 2]>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/unet_plus_plus.json")).unwrap()
}

fn network() -> Network {
    let unet = UnetConfig { width: 3, dropout: 0.0, ..UnetConfig::paper() };
    let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
    let mut network = Network::unet_plus_plus(&config, Channels::default(), Device::Cpu).unwrap();
    network.variables_mut().double();
    let mut variables: Vec<_> = network.variables().variables().into_iter().collect();
    variables.sort_by(|one, other| one.0.cmp(&other.0));
    no_grad(|| {
        for (number, (name, variable)) in variables.iter_mut().enumerate() {
            let count = variable.numel() as i64;
            let element = Tensor::arange(count, (Kind::Double, Device::Cpu));
            let wave = (element.square() * 0.37 + number as f64).sin();
            let wave = if name.ends_with("running_var") {
                wave + 1.5
            } else if name.contains(".conv") && name.ends_with("bias") {
                wave * 0.5 + 0.5
            } else if variable.dim() == 4 {
                wave * 0.5
            } else {
                wave
            };
            variable.copy_(&wave.reshape(variable.size()));
        }
    });
    network
}

fn images_and_truth() -> (Tensor, Tensor) {
    let pixels = Tensor::arange(2 * 32 * 16, (Kind::Double, Device::Cpu));
    let images: Tensor = (&pixels * 0.11).sin() * 0.5 + 0.5;
    let truth = (pixels * 0.05).sin().gt(0.5).to_kind(Kind::Double);
    (images.reshape([2, 1, 32, 16]), truth.reshape([2, 1, 32, 16]))
}

fn near(found: f64, expected: f64, what: &str) {
    // Logits leave the network as f32.
    let allowed = 1e-5 * expected.abs().max(1.0);
    assert!((found - expected).abs() <= allowed, "{what}: {found}, PyTorch {expected}");
}

#[test]
fn outputs_are_pytorchs() {
    let _turn = alone();
    let logits = network().logits(&images_and_truth().0, Mode::Evaluate).unwrap();
    for (head, (map, expected)) in logits.iter().zip(golden().evaluate).enumerate() {
        let flat = Vec::<f32>::try_from(&map.contiguous().reshape([-1])).unwrap();
        let found: Vec<f32> = flat.into_iter().step_by(37).collect();
        assert_eq!(found.len(), expected.len());
        assert!(expected.iter().any(|value| *value != expected[0]), "a flat head shows nothing");
        for (found, expected) in found.into_iter().zip(expected) {
            near(f64::from(found), expected, &format!("L{}", head + 1));
        }
    }
}

#[test]
fn gradients_are_pytorchs() {
    let _turn = alone();
    let network = network();
    let (images, truth) = images_and_truth();
    let mut total = Tensor::from(0.0_f64);
    for map in network.logits(&images, Mode::Train).unwrap() {
        let map = map.to_kind(Kind::Double);
        let p = map.sigmoid();
        let both = (&p * &truth).sum(Kind::Double) * 2.0 + 1.0;
        let size = p.sum(Kind::Double) + truth.sum(Kind::Double) + 1.0;
        let none = None::<&Tensor>;
        let entropy = map.binary_cross_entropy_with_logits(&truth, none, none, Reduction::Mean);
        total = total - both / size + entropy;
    }
    let golden = golden();
    near(total.double_value(&[]), golden.loss, "loss");
    total.backward();
    let variables = network.variables().variables();
    assert_eq!(golden.gradients.len(), network.variables().trainable_variables().len());
    for (name, [sum, norm]) in golden.gradients {
        let gradient = variables[&name].grad();
        near(gradient.sum(Kind::Double).double_value(&[]), sum, &format!("sum of {name}"));
        near(gradient.norm().double_value(&[]), norm, &format!("norm of {name}"));
    }
}
