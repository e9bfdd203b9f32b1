use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::count_in;
use crate::precision::Precision;

/// How slices go through a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PredictConfig {
    /// How a slice is brought to a size that the network takes.
    pub sizing: Sizing,
    /// Slices, or tiles, that go through at once.
    pub batch_size: usize,
    /// The number type of weights and activations.
    pub precision: Precision,
    /// The only head wanted, at the cost of the nodes it rests on; `None` = all heads.
    pub level: Option<usize>,
    /// Averages the prediction with that of the slice mirrored left to right, mirrored back: twice the time.
    pub flips: bool,
    /// Seeds the dropout of Monte-Carlo samples.
    pub seed: u64,
}

/// How a slice is brought to a size that the network takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sizing {
    /// Resized to this height and width, and the probabilities back, both bilinear: what the paper does.
    Resize {
        /// In pixels, a multiple of the network's divisor.
        height: usize,
        /// In pixels, a multiple of the network's divisor.
        width: usize,
    },
    /// At its own size, the border repeated up to the next multiple of the network's divisor and cut off again.
    Pad,
    /// At its own size, in square tiles whose predictions are blended where they overlap.
    Tile {
        /// Side of a tile in pixels, a multiple of the network's divisor.
        side: usize,
        /// By how many pixels neighbouring tiles overlap, less than half a side.
        overlap: usize,
    },
}

impl Default for PredictConfig {
    /// Resized to 256 x 256, four at once, f32, all heads.
    fn default() -> Self {
        Self {
            sizing: Sizing::Resize { height: 256, width: 256 },
            batch_size: 4,
            precision: Precision::F32,
            level: None,
            flips: false,
            seed: 0,
        }
    }
}

impl PredictConfig {
    /// Checks every value that does not depend on the network.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        let any = 1..=usize::MAX;
        count_in("batch_size", self.batch_size, any.clone(), "it must be at least 1")?;
        match self.sizing {
            Sizing::Resize { height, width } => {
                count_in("sizing.height", height, any.clone(), "it must be at least 1")?;
                count_in("sizing.width", width, any, "it must be at least 1")
            }
            Sizing::Pad => Ok(()),
            Sizing::Tile { side, overlap } => {
                count_in("sizing.side", side, any, "it must be at least 1")?;
                let rule = "it must be less than half a side";
                count_in("sizing.overlap", overlap, 0..=side.div_ceil(2) - 1, rule)
            }
        }
    }
}
