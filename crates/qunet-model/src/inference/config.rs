use serde::{Deserialize, Serialize};

use crate::error::{Error, at_least_one, count_in};
use crate::machine::Precision;

/// How slices go through a network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PredictConfig {
    /// How a slice is brought to a size that the network takes.
    pub sizing: Sizing,
    /// Slices, or tiles, that go through at once.
    pub batch_size: usize,
    /// The number type of weights and activations.
    pub precision: Precision,
    /// The only head wanted, at the cost of the nodes that it depends on; `None` = all heads.
    pub level: Option<usize>,
    /// Averages the prediction with that of the slice mirrored left to right, mirrored back: twice the time.
    pub flips: bool,
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
        }
    }
}

impl PredictConfig {
    /// Checks every value that does not depend on the network.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        at_least_one("batch_size", self.batch_size)?;
        self.sizing.check().map_err(|error| error.within("sizing"))
    }
}

impl Sizing {
    /// Checks every value that does not depend on the network.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        match *self {
            Self::Resize { height, width } => {
                at_least_one("height", height)?;
                at_least_one("width", width)
            }
            Self::Pad => Ok(()),
            Self::Tile { side, overlap } => {
                at_least_one("side", side)?;
                let rule = "it must be less than half a side";
                count_in("overlap", overlap, 0..=side.div_ceil(2) - 1, rule)
            }
        }
    }
}
