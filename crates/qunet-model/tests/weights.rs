//! Weights files: hostile ones are refused before anything is read, others go both ways.

#![allow(clippy::unwrap_used)] // helpers outside the test functions

mod common;

use std::fs;
use std::path::Path;

use common::{alone, network};
use proptest::prelude::*;
use qunet_model::tch::{Kind, Tensor};
use qunet_model::{Channels, Device, Error, Mode, Network, UnetConfig};

fn image() -> Tensor {
    Tensor::arange(256, (Kind::Float, Device::Cpu)).sin().reshape([1, 1, 16, 16])
}

fn output(network: &Network) -> Tensor {
    network.logits(&image(), Mode::Evaluate).unwrap().pop().unwrap()
}

/// What a file of these bytes is refused with; the network must be as it was.
fn refusal(network: &mut Network, path: &Path, bytes: &[u8]) -> Option<String> {
    fs::write(path, bytes).unwrap();
    let before = output(network);
    let error = network.load(path).err()?;
    assert!(matches!(error, Error::Weights { .. }), "{error}");
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
fn a_file_describes_its_network() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let unet = UnetConfig { width: 2, depth: 3, ..UnetConfig::paper() };
    let channels = Channels { input: 3, classes: 4, priors: 1 };
    for network in [network(5), Network::unet(&unet, channels, Device::Cpu).unwrap()] {
        network.save(&path).unwrap();
        let opened = Network::open(&path, Device::Cpu).unwrap();
        assert_eq!(opened.description(), network.description());
        let input = image().repeat([1, network.channels().input as i64, 1, 1]);
        let run = |network: &Network| network.logits(&input, Mode::Evaluate).unwrap();
        assert_eq!(run(&opened), run(&network));
    }
    // Files of before there were priors have none.
    let before: Channels = serde_json::from_str(r#"{"input": 3, "classes": 4}"#).unwrap();
    assert_eq!(before, Channels { priors: 0, ..channels });
    Tensor::write_safetensors(&[("x", Tensor::from(1.0_f32))], &path).unwrap();
    let bare = Network::open(&path, Device::Cpu).unwrap_err().to_string();
    assert!(bare.contains("does not describe its network"), "{bare}");
}

#[test]
fn a_description_of_another_version_is_refused_and_its_weights_still_load() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let author = network(5);
    author.save(&path).unwrap();
    let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
    assert!(text.contains(r#"{\"architecture\":{\"unet_plus_plus\":"#));
    let mut bytes = fs::read(&path).unwrap();
    let place = bytes.windows(12).position(|found| found == b"architecture").unwrap();
    bytes[place..place + 12].copy_from_slice(b"architektura");
    fs::write(&path, bytes).unwrap();
    let error = Network::open(&path, Device::Cpu).unwrap_err().to_string();
    assert!(error.contains("its description is not of this version"), "{error}");
    assert!(error.contains("load the weights into it and save it again"), "{error}");
    let mut other = network(6);
    other.load(&path).unwrap();
    assert_eq!(output(&other), output(&author));
}

#[test]
fn a_small_file_of_a_huge_network_is_refused_before_one_is_built() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    // 4096 filters would be 148 billion weights.
    let claim = |tensors: &str| {
        let text = concat!(
            r#"{\"architecture\":{\"unet_plus_plus\":{\"unet\":{\"width\":4096}}},"#,
            r#"\"channels\":{\"input\":1,\"classes\":1}}"#
        );
        let header = format!(r#"{{"__metadata__":{{"qunet":"{text}"}}{tensors}}}"#);
        fs::write(&path, with_header(&header, &[])).unwrap();
        Network::open(&path, Device::Cpu).unwrap_err().to_string()
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

/// Weights as Keras would name and transpose them.
fn keras(network: &Network) -> Vec<(String, Tensor)> {
    let transposed = |tensor: Tensor| match tensor.dim() {
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
    variables.map(|(own, tensor)| (name(&own), transposed(tensor.detach()))).collect()
}

#[test]
fn keras_weights_come_in_from_both_kinds_of_files() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let build = |seed| {
        qunet_model::seed(seed);
        let config = UnetConfig { width: 2, ..UnetConfig::paper() };
        Network::unet(&config, Channels::default(), Device::Cpu).unwrap()
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
        network.load_keras(path).unwrap();
        assert_eq!(output(&network), output(&author));
    }
    fs::remove_file(npy.join("up42/kernel.npy")).unwrap();
    let error = build(4).load_keras(&npy).unwrap_err().to_string();
    assert!(error.ends_with("it has no `up42/kernel`"), "{error}");
}
