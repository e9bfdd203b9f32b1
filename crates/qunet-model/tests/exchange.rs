//! Weights go to PyTorch and come back; needs a Python with torch and safetensors, named by QUNET_PYTHON or `python3`.

#![allow(clippy::unwrap_used)] // helpers outside the test functions

mod common;

use std::path::Path;
use std::process::Command;

use common::{alone, toy};
use qunet_model::{
    Channels, Device, Network, PredictConfig, Predictor, Sizing, UnetConfig, UnetPlusPlusConfig,
};

/// Loads ours, writes what it computes, changes every weight, writes the weights and what they compute.
const SCRIPT: &str = r#"
import sys, torch, safetensors.torch as st
from unet_plus_plus import UnetPlusPlus
folder = sys.argv[1]
image = st.load_file(f"{folder}/image.safetensors")["image"]
network = UnetPlusPlus(width=4).eval()
missing = network.load_state_dict(st.load_file(f"{folder}/ours.safetensors"), strict=False)
assert all("num_batches" in name for name in missing.missing_keys) and not missing.unexpected_keys, missing
def run():
    with torch.no_grad():
        return torch.sigmoid(torch.stack(network(image))).contiguous()
first = run()
with torch.no_grad():
    for tensor in network.parameters():
        tensor.mul_(0.9).add_(0.01)
st.save_file({"first": first, "second": run()}, f"{folder}/outputs.safetensors")
st.save_file(network.state_dict(), f"{folder}/theirs.safetensors")
"#;

fn python() -> Option<String> {
    let python = std::env::var("QUNET_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found =
        Command::new(&python).args(["-c", "import torch, safetensors.torch"]).output().ok()?;
    found.status.success().then_some(python)
}

fn network(seed: u64) -> Network {
    qunet_model::seed(seed);
    let unet = UnetConfig { width: 4, ..UnetConfig::paper() };
    let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
    Network::unet_plus_plus(&config, Channels::default(), Device::Cpu).unwrap()
}

/// The largest difference of any head's probabilities from PyTorch's.
fn difference(network: &Network, outputs: &Path, name: &str) -> f32 {
    let config = PredictConfig { sizing: Sizing::Pad, ..PredictConfig::default() };
    let maps = Predictor::with(network, config).unwrap().heads(&[toy().remove(0).0]).unwrap();
    let outputs = qunet_model::tch::Tensor::read_safetensors(outputs).unwrap();
    let (_, expected) = outputs.into_iter().find(|(found, _)| found == name).unwrap();
    let expected = Vec::<f32>::try_from(&expected.reshape([-1])).unwrap();
    let found = maps[0].maps().iter().flatten();
    assert_eq!(expected.len(), 4 * 32 * 32);
    found.zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn weights_go_to_pytorch_and_back() {
    let _turn = alone();
    let Some(python) = python() else {
        println!("skipped: no Python with torch and safetensors; name one in QUNET_PYTHON");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut network = network(31);
    network.save(folder.path().join("ours.safetensors")).unwrap();
    let (image, _) = toy().remove(0);
    let tensor = qunet_model::tch::Tensor::from_slice(image.as_slice().unwrap());
    let tensors = [("image", tensor.reshape([1, 1, 32, 32]))];
    qunet_model::tch::Tensor::write_safetensors(&tensors, folder.path().join("image.safetensors"))
        .unwrap();
    let status = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(folder.path())
        .env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status();
    assert!(status.unwrap().success());
    let outputs = folder.path().join("outputs.safetensors");
    let there = difference(&network, &outputs, "first");
    network.load(folder.path().join("theirs.safetensors")).unwrap();
    let back = difference(&network, &outputs, "second");
    assert!(there < 1e-5 && back < 1e-5, "{there} {back}");
}
