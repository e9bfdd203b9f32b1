//! How many threads LibTorch computes with.

#![allow(clippy::unwrap_used)] // helpers outside the test functions

mod common;

use std::num::NonZeroUsize;

use common::alone;
use qunet_model::tch::{self, Kind, Tensor};
use qunet_model::{
    Architecture, Channels, Description, Device, Precision, ThreadChoice, Threads, UnetConfig,
    calibrate_threads,
};

fn description() -> Description {
    let unet = UnetConfig { width: 2, depth: 3, ..UnetConfig::paper() };
    let channels = Channels { input: 3, classes: 1, priors: 1 };
    Description { architecture: Architecture::Unet(unet), channels }
}

#[test]
fn a_calibration_draws_nothing_and_sets_what_it_chose() {
    let _turn = alone();
    let draw = || Tensor::rand([4], (Kind::Float, Device::Cpu));
    qunet_model::seed(5);
    let expected = draw();
    for precision in [Precision::F32, Precision::Bf16] {
        qunet_model::seed(5);
        let choice = Threads::Auto.apply(&description(), 2, (16, 16), precision).unwrap();
        assert_eq!(draw(), expected, "{precision:?}");
        assert_eq!(tch::get_num_threads() as usize, choice.threads.get());
        assert_eq!(choice.measured[0].threads, NonZeroUsize::MIN);
        assert!(choice.measured.iter().all(|time| time.seconds > 0.0 && time.seconds.is_finite()));
        let shortest =
            choice.measured.iter().map(|time| time.seconds).fold(f64::INFINITY, f64::min);
        let chosen = choice.measured.iter().find(|time| time.threads == choice.threads).unwrap();
        assert_eq!(chosen.seconds, shortest);
        let text = serde_json::to_string(&choice).unwrap();
        assert_eq!(serde_json::from_str::<ThreadChoice>(&text).unwrap(), choice);
    }
}

#[test]
fn a_number_is_taken_as_given_and_a_failure_leaves_it() {
    let _turn = alone();
    let three: Threads = serde_json::from_str(r#"{"fixed": 3}"#).unwrap();
    assert!(serde_json::from_str::<Threads>(r#"{"fixed": 0}"#).is_err());
    let choice = three.apply(&description(), 2, (16, 16), Precision::F32).unwrap();
    assert_eq!((choice.threads.get(), choice.measured.len()), (3, 0));
    assert_eq!(tch::get_num_threads(), 3);
    let refused = |batch, size| {
        calibrate_threads(&description(), batch, size, Precision::F32).unwrap_err().to_string()
    };
    assert_eq!(refused(0, (16, 16)), "batch_size is 0: it must be at least 1");
    assert!(refused(1, (16, 18)).starts_with("width 18 is not a multiple of 4"));
    assert_eq!(tch::get_num_threads(), 3);
}
