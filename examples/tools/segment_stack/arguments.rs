//! The command line.

use std::path::PathBuf;

use clap::Parser;
use qunet::campaign::{CampaignConfig, Reserve};
use qunet::select::{Column, Strategy, StrategyConfig};
use qunet::stack::Scaling;

/// Samples of Monte-Carlo dropout for the strategies that read them.
const SAMPLES: usize = 8;

/// Epochs of the first training on the phantom.
const PHANTOM_EPOCHS: usize = 6;

/// Both steps of QU-net++ on one stack: choose slices by image quality, train a U-net++ on them,
/// ask for the slices that it lacks most, train further, segment the rest, and show all of it in one
/// page.
///
/// Without --stack a chest CT phantom is made, so nothing else is needed. With --stack the labels
/// stand in for the annotator: only the chosen slices are read for training, the others are used
/// to score the result.
#[derive(Debug, Parser)]
#[command(name = "segment_stack")]
pub(crate) struct Arguments {
    /// Image stack: NIfTI, DICOM, TIFF or .npy, a folder of PNG or JPEG slices, or a folder that
    /// holds such folders by the names images and masks.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) stack: Option<PathBuf>,
    /// Region of interest (anatomy such as the lungs, not the lesion), on the stack's grid.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    pub(crate) roi: Option<PathBuf>,
    /// Lesion masks of the stack.
    #[arg(long, value_name = "FILE|DIR", requires = "stack")]
    pub(crate) labels: Option<PathBuf>,
    /// Where the results go; made if missing, written only when the run succeeds.
    #[arg(long, value_name = "DIR", default_value = "qunet-demo")]
    pub(crate) out: PathBuf,
    /// Reduced network and size, minutes on two cores (the default).
    #[arg(long, conflicts_with = "paper")]
    pub(crate) quick: bool,
    /// The paper's network and recipe: 256 x 256, 32 filters, 60 epochs, batches of 20.
    #[arg(long)]
    pub(crate) paper: bool,
    #[arg(long, value_name = "NAME", help = format!("Strategy of the first step: {}", names(false)))]
    pub(crate) first: Option<StrategyConfig>,
    #[arg(long, value_name = "NAME", help = format!("Strategy of the second step: {}", names(true)))]
    pub(crate) later: Option<StrategyConfig>,
    /// Seed of the phantom, of weights and training, and of what strategies draw.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Largest share of the slices to annotate in both steps together.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    pub(crate) budget: f64,
    /// Slices that no strategy may choose, EVERY:FIRST, for instance 3:1; all are scored on them.
    #[arg(long, value_name = "EVERY:FIRST")]
    pub(crate) reserve: Option<Reserve>,
    /// Intensity window, for CT in Hounsfield units; default: the stack's range.
    #[arg(long, value_name = "CENTRE,WIDTH", allow_hyphen_values = true, value_parser = window)]
    pub(crate) window: Option<Scaling>,
    /// Epochs of the first training; the second takes half as many. Default: those of the preset, 6
    /// with --quick on the phantom.
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<usize>,
    /// Height and width at which the network works, a multiple of 16.
    #[arg(long, value_name = "PIXELS")]
    pub(crate) size: Option<usize>,
    /// Leave out the comparisons with random and with evenly spaced slices.
    #[arg(long)]
    pub(crate) no_comparison: bool,
    #[command(flatten)]
    pub(crate) values: qunet_examples::MaskValues,
    #[command(flatten)]
    pub(crate) other_voxels: qunet_examples::OtherVoxels,
}

impl Arguments {
    /// The run's configuration.
    pub(crate) fn config(&self) -> CampaignConfig {
        let preset = match self.paper {
            true => CampaignConfig::paper(),
            false => CampaignConfig::two_steps(),
        };
        let mut config = CampaignConfig { seed: self.seed, reserve: self.reserve, ..preset };
        config.stopping.budget.fraction = Some(self.budget);
        if self.stack.is_none() {
            config.scaling = Scaling::lung_window();
        }
        if let Some(window) = self.window {
            config.scaling = window;
        }
        if let Some(first) = &self.first {
            config.first = first.clone();
        }
        if let Some(later) = &self.later {
            config.later = later.clone();
        }
        // The networks of a committee are samples too.
        if config.later.needs().contains(&Column::Bald) && config.completion.shares < 2 {
            config.prediction.monte_carlo = SAMPLES;
        }
        // A phantom is easier than any stack, and the first run should not take long.
        let phantom = (self.stack.is_none() && !self.paper).then_some(PHANTOM_EPOCHS);
        if let Some(epochs) = self.epochs.or(phantom) {
            config.train.epochs = epochs;
            config.fine_tune.epochs = epochs.div_ceil(2);
        }
        if let Some(size) = self.size {
            config.input.size = size;
        }
        config
    }
}

/// The strategies there are; those that read what a trained network predicts on request.
fn names(trained: bool) -> String {
    let every = StrategyConfig::every();
    let usable = every.iter().filter(|strategy| trained || !strategy.needs().network());
    usable.map(Strategy::name).collect::<Vec<_>>().join(", ")
}

fn window(text: &str) -> Result<Scaling, String> {
    let parts: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match parts.as_deref() {
        Some(&[centre, width]) => {
            let window = Scaling::Window { centre, width };
            window.check().map(|()| window).map_err(|error| error.to_string())
        }
        _ => Err("give the window as CENTRE,WIDTH, for instance -600,1500".to_owned()),
    }
}
