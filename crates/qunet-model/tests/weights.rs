//! Files of weights: hostile ones are refused before anything is read, others go both ways.

#![allow(clippy::unwrap_used)] // helpers outside the test functions

mod common;

use std::fs;
use std::path::Path;

use common::{alone, network};
use proptest::prelude::*;
use qunet_model::tch::{Kind, Tensor};
use qunet_model::{Device, Error, Mode, Network, Unet, UnetConfig, UnetPlusPlus, load_keras};

fn image() -> Tensor {
    Tensor::arange(256, (Kind::Float, Device::Cpu)).sin().reshape([1, 1, 16, 16])
}

fn output(network: &dyn Network) -> Tensor {
    network.logits(&image(), Mode::Evaluate).unwrap().pop().unwrap()
}

/// What a file of these bytes is refused with; the network must be as it was.
fn refusal(network: &mut UnetPlusPlus, path: &Path, bytes: &[u8]) -> Option<String> {
    fs::write(path, bytes).unwrap();
    let before = output(network);
    let error = network.load(path).err()?;
    assert!(matches!(error, Error::Checkpoint { .. }), "{error}");
    assert_eq!(output(network), before);
    Some(error.to_string())
}

fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn hostile_files_are_refused_by_name() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let mut network = network(1);
    network.save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut why = |bytes: &[u8]| refusal(&mut network, &path, bytes).unwrap();
    assert!(why(b"").contains("weights.safetensors does not hold the weights of this network"));
    assert!(why(&u64::MAX.to_le_bytes()).contains("claims 18446744073709551615 bytes"));
    assert!(why(&[9, 0, 0, 0, 0, 0, 0, 0, b'{']).contains("it is 9 bytes long"));
    assert!(why(&whole[..whole.len() - 1]).contains("was it copied whole?"));
    assert!(why(&with_header("{\"a\":", b"")).contains("its header is broken"));
    assert!(why(&with_header("{}", b"")).contains("it has no `head1.bias`"));
    let huge =
        r#"{"head1.bias":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,4]}}"#;
    assert!(why(&with_header(huge, &[0; 4])).contains("its header is broken"));
    let text = String::from_utf8_lossy(&whole[8..2000]).into_owned();
    assert!(text.contains("F32"), "{text}");
    let swapped = |from: &str, to: &str| {
        let start = whole.windows(from.len()).position(|found| found == from.as_bytes()).unwrap();
        let mut bytes = whole.clone();
        bytes[start..start + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    assert!(why(&swapped("head1.bias", "head9.bias")).contains("it has `head9.bias`"));
    assert!(why(&swapped("F32", "I32")).contains("holds I32"));
    let mut nan = whole.clone();
    let last = nan.len() - 4;
    nan[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(why(&nan).contains("a number that is not finite"));
}

#[test]
fn a_file_says_which_network_it_is_of() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let network = network(5);
    network.save(&path).unwrap();
    let opened = UnetPlusPlus::open(&path, Device::Cpu).unwrap();
    assert_eq!(opened.config(), network.config());
    assert_eq!(output(&opened), output(&network));
    let other = Unet::open(&path, Device::Cpu).unwrap_err().to_string();
    assert!(other.ends_with("it is of the other architecture (U-net or U-net++)"), "{other}");
    Tensor::write_safetensors(&[("x", Tensor::from(1.0_f32))], &path).unwrap();
    let bare = UnetPlusPlus::open(&path, Device::Cpu).unwrap_err().to_string();
    assert!(bare.contains("does not say which network"), "{bare}");
}

#[test]
fn a_small_file_of_a_huge_network_is_refused_before_one_is_built() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    // 4096 filters would be 148 billion weights.
    let claim = |tensors: &str| {
        let text = r#"{\"unet_plus_plus\":{\"unet\":{\"width\":4096}}}"#;
        let header = format!(r#"{{"__metadata__":{{"qunet":"{text}"}}{tensors}}}"#);
        fs::write(&path, with_header(&header, &[])).unwrap();
        UnetPlusPlus::open(&path, Device::Cpu).unwrap_err().to_string()
    };
    assert!(claim("").ends_with("it has no `x11.conv1.weight`"), "{}", claim(""));
    let none = r#","x11.conv1.weight":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#;
    assert!(claim(none).contains("is [0] and the network's is [4096, 1, 3, 3]"), "{}", claim(none));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_change_of_a_file_does_harm(
        place in 0..4000_usize, value in any::<u8>(), cut in proptest::option::of(0..5000_usize),
    ) {
        let _turn = alone();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let mut network = network(2);
        network.save(&path).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes[place] = value;
        bytes.truncate(cut.unwrap_or(bytes.len()));
        // Either it is refused and nothing has changed, or it was another set of finite weights.
        if refusal(&mut network, &path, &bytes).is_none() {
            prop_assert!(bool::try_from(output(&network).isfinite().all()).unwrap());
        }
    }
}

/// Weights as Keras would name and turn them.
fn keras(network: &Unet) -> Vec<(String, Tensor)> {
    let turned = |tensor: Tensor| match tensor.dim() {
        4 => tensor.permute([2, 3, 1, 0]).contiguous(),
        _ => tensor,
    };
    let name = |name: &str| {
        let parts: Vec<&str> = name.split('.').collect();
        let last = match *parts.last().unwrap() {
            "weight" if name.contains("norm") => "gamma",
            "bias" if name.contains("norm") => "beta",
            "running_mean" => "moving_mean",
            "running_var" => "moving_variance",
            "weight" => "kernel",
            other => other,
        };
        match parts[..] {
            [node, norm, _] if norm.starts_with("norm") => {
                let row: usize = node[1..2].parse().unwrap();
                let which: usize = norm[4..].parse().unwrap();
                // The session had made other layers before: numbers go on from 6.
                format!("batch_normalization_{}/{last}:0", 6 + 2 * (row - 1) + which - 1)
            }
            [node, conv, _] => format!("conv{}_{}/{last}:0", &node[1..], &conv[4..]),
            ["head", _] => format!("output/{last}:0"),
            [up, _] => format!("{up}/{last}:0"),
            _ => unreachable!("{name}"),
        }
    };
    let variables = network.variables().variables().into_iter();
    variables.map(|(own, tensor)| (name(&own), turned(tensor.detach()))).collect()
}

#[test]
fn keras_weights_come_in_from_both_kinds_of_files() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let build = |seed| {
        qunet_model::seed(seed);
        let config = UnetConfig { width: 2, ..UnetConfig::paper() };
        Unet::new(&config, Device::Cpu).unwrap()
    };
    let author = build(3);
    let file = folder.path().join("notebook.safetensors");
    Tensor::write_safetensors(&keras(&author), &file).unwrap();
    let npy = folder.path().join("npy");
    for (name, tensor) in keras(&author) {
        let path = npy.join(format!("{}.npy", name.trim_end_matches(":0")));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        tensor.write_npy(path).unwrap();
    }
    for path in [&file, &npy] {
        let mut network = build(4);
        assert_ne!(output(&network), output(&author));
        load_keras(&mut network, path).unwrap();
        assert_eq!(output(&network), output(&author));
    }
    fs::remove_file(npy.join("up42/kernel.npy")).unwrap();
    let error = load_keras(&mut build(4), &npy).unwrap_err().to_string();
    assert!(error.ends_with("it has no `up42/kernel`"), "{error}");
}
