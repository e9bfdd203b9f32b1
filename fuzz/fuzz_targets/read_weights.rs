//! Bytes as a weights file: the network that it describes, its weights, and both refused without harm.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use qunet_model::{Channels, Device, Network, UnetConfig, UnetPlusPlusConfig};

/// A whole file of a small network; what is fuzzed is what the bytes change in it.
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let unet = UnetConfig { width: 1, depth: 3, ..UnetConfig::paper() };
    let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("weights.safetensors");
    let network = Network::unet_plus_plus(&config, Channels::default(), Device::Cpu);
    network.and_then(|network| network.save(&path)).expect("a file");
    std::fs::read(&path).expect("the file")
});

fuzz_target!(|input: (u16, Vec<u8>, bool)| {
    let (place, bytes, alone) = input;
    let file = if alone { bytes } else { changed(usize::from(place), &bytes) };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("weights.safetensors");
    std::fs::write(&path, file).expect("a file");
    if let Ok(network) = Network::open(&path, Device::Cpu) {
        assert!(network.trainable_parameters() > 0);
    }
});

/// The whole file with these bytes from a place on, or cut off there.
fn changed(place: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = WHOLE.clone();
    let place = place.min(file.len());
    if bytes.is_empty() {
        file.truncate(place);
    }
    let end = (place + bytes.len()).min(file.len());
    file.splice(place..end, bytes.iter().copied());
    file
}
