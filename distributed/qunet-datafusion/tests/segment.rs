//! A trained network in a query gives what it gives alone.
#![cfg(feature = "model")]
#![allow(missing_docs)]

mod common;

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use common::{Outcome, failure, numbers, rows, session};
use ndarray::Array2;
use qunet_model::{
    Channels, Device, Network, PredictConfig, Predictor, Sizing, UnetConfig, UnetPlusPlusConfig,
};
use qunet_select::{AgreementParams, AgreementRecord, Maps};
use qunet_stack::phantom::CtPhantom;
use qunet_stack::{Scaling, SliceId, Stack};

fn network(channels: Channels) -> Result<Network, qunet_model::Error> {
    qunet_model::seed(7);
    let unet = UnetConfig { width: 2, ..UnetConfig::paper() };
    let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
    Network::unet_plus_plus(&config, channels, Device::Cpu)
}

#[tokio::test]
async fn masks_and_quality_index_are_those_of_the_predictor() -> Outcome {
    let folder = tempfile::tempdir()?;
    let archive = folder.path();
    CtPhantom { slices: 7, size: 48, seed: 1 }
        .generate()?
        .stack
        .write(archive.join("ct.nii.gz"))?;
    network(Channels::default())?.save(archive.join("net.safetensors"))?;
    let session = session(archive, 2)?;
    let of = |model: &str, settings: &str| {
        format!(
            "SELECT s['mask']['data'] AS mask, s['quality_index'] AS q, s['foreground'] AS n FROM (SELECT slice, \
             qunet_segment(pixels, '{model}', '{settings}') AS s FROM stacks WHERE stack LIKE 'ct%') ORDER BY slice"
        )
    };
    let settings = r#"{"scaling": {"mode": "window", "centre": -600, "width": 1500}, "threshold": 0.4,
        "predict": {"sizing": {"resize": {"height": 32, "width": 32}}, "batch_size": 3}}"#;
    let found = rows(&session, &of("net.safetensors", settings)).await?;

    let stack = Stack::open(archive.join("ct.nii.gz"))?;
    let network = Network::open(archive.join("net.safetensors"), Device::Cpu)?;
    let sizing = Sizing::Resize { height: 32, width: 32 };
    let config = PredictConfig { sizing, batch_size: 3, ..PredictConfig::default() };
    let scaled = |id: SliceId| stack.scaled_slice(id, &Scaling::lung_window());
    let slices: Vec<Array2<f32>> = stack.ids().map(scaled).collect::<Result<_, _>>()?;
    let heads = Predictor::with(&network, config)?.heads(&slices)?;
    let (quality, foreground) = (numbers(&found["q"]), numbers(&found["n"]));
    let masks = arrow::compute::cast(&found["mask"], &DataType::LargeBinary)?;
    assert_eq!(found.num_rows(), 7);
    for (row, maps) in heads.iter().enumerate() {
        let labels = maps.labels(0.4);
        assert_eq!(masks.as_binary::<i64>().value(row), labels.as_slice().ok_or("rows")?);
        let [third, fourth] = maps.last_two()?;
        let pair = Maps::Pair { level3: third.foreground.view(), level4: fourth.foreground.view() };
        let record =
            AgreementRecord::from_maps(SliceId(row), &pair, 0.4, &AgreementParams::default())?;
        assert_eq!(quality[row], Some(record.quality_index));
        assert_eq!(foreground[row], Some(labels.iter().filter(|&&it| it != 0).count() as f64));
    }
    let guided = Channels { input: 5, priors: 2, ..Channels::default() };
    self::network(guided)?.save(archive.join("guided.safetensors"))?;
    for (sql, problem) in [
        (of("guided.safetensors", settings), "wants 5 channels (2 of them priors)"),
        (of("/etc/passwd", settings), "lies outside the folders that may be read"),
        (of("ct.nii.gz", settings), "ct.nii.gz"),
        (of("net.safetensors", "{}"), "missing field `scaling`"),
        (
            "SELECT qunet_segment(pixels, 'net.safetensors') FROM stacks".into(),
            "it takes (image, model",
        ),
    ] {
        let why = failure(&session, &sql).await;
        assert!(why.contains(problem), "{why}");
    }
    Ok(())
}
