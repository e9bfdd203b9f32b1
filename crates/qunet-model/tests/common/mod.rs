//! What the test programs share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ndarray::Array2;
use qunet_model::{Channels, Device, Network, NormConfig, UnetConfig, UnetPlusPlusConfig};

/// LibTorch has one random generator for the whole process, so tests that draw from it take turns:
/// new weights and dropout do; and each runs on one thread, since the nets are tiny.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    qunet_model::tch::set_num_threads(1);
    turn
}

/// Bright squares on a dark ground; the squares are the truth.
#[allow(dead_code)] // not by every test program
pub(crate) fn toy() -> Vec<(Array2<f32>, Array2<bool>)> {
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

/// A U-net++ of 4 filters with fresh weights.
#[allow(dead_code)] // not by every test program
pub(crate) fn network(seed: u64) -> Network {
    qunet_model::seed(seed);
    let unet = UnetConfig { width: 4, norm: NormConfig::torch(), ..UnetConfig::paper() };
    let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
    Network::unet_plus_plus(&config, Channels::default(), Device::Cpu).unwrap()
}
