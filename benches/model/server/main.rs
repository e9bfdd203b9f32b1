//! The Rust side of `cargo xtask peers model`: answers requests, one line of JSON each.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use ndarray::{Array2, Array3, Axis};
use qunet_model::{
    Augmentation, Channels, Device, Fit, Network, Precision, PredictConfig, Predictor, Schedule,
    Silent, Sizing, TrainConfig, Trainer, TrainingSet, UnetConfig, UnetPlusPlusConfig,
};
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Deserialize)]
struct Request {
    /// `forward`, `train` or `memory`.
    #[serde(rename = "do")]
    task: String,
    /// Weights to load.
    weights: Option<PathBuf>,
    /// Images `(N, H, W)` of f32, without a header.
    images: PathBuf,
    batch: usize,
    size: usize,
    width: usize,
    precision: Precision,
    runs: usize,
    threads: i32,
    /// Where the probabilities go, `(heads, N, H, W)` of f32.
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    /// Of each run.
    seconds: Vec<f64>,
    /// Share of the time of a training that went into fetching and augmenting.
    data_share: Option<f64>,
    /// Largest resident set of this process so far.
    peak_mib: Option<f64>,
}

fn main() -> anyhow::Result<()> {
    let _ = qunet_model::keep_freed_memory();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        qunet_model::tch::set_num_threads(request.threads);
        let answer = answer(&request)?;
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

fn answer(request: &Request) -> anyhow::Result<Answer> {
    qunet_model::seed(0);
    let unet = UnetConfig { width: request.width, ..UnetConfig::paper() };
    let config = UnetPlusPlusConfig { unet, ..UnetPlusPlusConfig::paper() };
    let mut network =
        Network::unet_plus_plus(&config, Channels::default(), Device::cuda_if_available())?;
    if let Some(weights) = &request.weights {
        network.load(weights)?;
    }
    let slices = slices(request)?;
    match request.task.as_str() {
        "forward" => forward(request, &network, &slices),
        "train" => train(request, &network, &slices),
        other => anyhow::bail!("there is no task `{other}`"),
    }
}

fn slices(request: &Request) -> anyhow::Result<Vec<Array2<f32>>> {
    let bytes = fs::read(&request.images)
        .with_context(|| format!("cannot read {}", request.images.display()))?;
    let values: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
    let shape = (request.batch, request.size, request.size);
    let images = Array3::from_shape_vec(shape, values).context("the images are of another size")?;
    Ok(images.axis_iter(Axis(0)).map(|image| image.to_owned()).collect())
}

fn forward(request: &Request, network: &Network, slices: &[Array2<f32>]) -> anyhow::Result<Answer> {
    let predictor = Predictor::with(
        network,
        PredictConfig {
            sizing: Sizing::Pad,
            batch_size: request.batch,
            precision: request.precision,
            ..PredictConfig::default()
        },
    )?;
    let mut seconds = Vec::with_capacity(request.runs);
    let mut found = Vec::new();
    for _ in 0..request.runs {
        let start = Instant::now();
        found = predictor.heads(slices)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    if let Some(out) = &request.out {
        let mut values: Vec<f32> = Vec::new();
        for level in 0..network.heads() {
            for maps in &found {
                values.extend(maps.maps()[level].iter());
            }
        }
        fs::write(out, bytemuck::cast_slice(&values))?;
    }
    Ok(Answer { seconds, data_share: None, peak_mib: peak_mib() })
}

fn train(request: &Request, network: &Network, slices: &[Array2<f32>]) -> anyhow::Result<Answer> {
    let labelled = slices.iter().map(|slice| (slice.clone(), slice.mapv(|pixel| pixel > 0.9)));
    let size = (request.size, request.size);
    let set = TrainingSet::new(labelled, size, Device::cuda_if_available())?;
    let config = TrainConfig {
        epochs: request.runs,
        batch_size: request.batch,
        steps_per_epoch: Some(1),
        learning_rate: 1e-4,
        schedule: Schedule::Constant,
        augmentation: Augmentation::paper(),
        precision: request.precision,
        ..TrainConfig::default()
    };
    let history = Trainer::new(config)?.fit(network, &set, &Fit::default(), &mut Silent)?;
    let seconds: Vec<f64> = history.iter().map(|epoch| epoch.seconds).collect();
    let data: f64 = history.iter().map(|epoch| epoch.data_seconds).sum();
    let data_share = Some(data / seconds.iter().sum::<f64>());
    Ok(Answer { seconds, data_share, peak_mib: peak_mib() })
}

/// From the kernel's account of this process, where it keeps one.
fn peak_mib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
