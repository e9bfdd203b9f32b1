use serde::{Deserialize, Serialize};

use crate::Error;

/// How deep both networks are: four poolings, five rows of nodes.
pub(crate) const ROWS: usize = 5;

/// Shape of the network of both architectures; the defaults are the paper's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnetConfig {
    /// Channels of the input image.
    pub input_channels: usize,
    /// Filters of the first row; each row below has twice as many. The paper's 32 gives
    /// 32, 64, 128, 256, 512.
    pub width: usize,
    /// Probability of dropout at X(4,1) and X(5,1), in [0, 1).
    pub dropout: f64,
    /// Constants of batch normalisation.
    pub batch_norm: BatchNormConfig,
}

/// Constants of batch normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchNormConfig {
    /// Added to the variance, > 0.
    pub epsilon: f64,
    /// Weight of the new batch in the running statistics, in (0, 1] (Keras writes 1 minus this).
    pub momentum: f64,
}

impl BatchNormConfig {
    /// Keras' constants, which the paper's code uses: epsilon 1e-3, momentum 0.01.
    #[must_use]
    pub fn keras() -> Self {
        Self { epsilon: 1e-3, momentum: 0.01 }
    }

    /// PyTorch's constants: epsilon 1e-5, momentum 0.1. Running statistics settle within some
    /// tens of steps, which short trainings need.
    #[must_use]
    pub fn torch() -> Self {
        Self { epsilon: 1e-5, momentum: 0.1 }
    }
}

impl Default for UnetConfig {
    fn default() -> Self {
        Self::paper()
    }
}

impl UnetConfig {
    /// One grey channel, 32 filters, dropout 0.5, Keras' batch normalisation.
    #[must_use]
    pub fn paper() -> Self {
        Self { input_channels: 1, width: 32, dropout: 0.5, batch_norm: BatchNormConfig::keras() }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        let count = |field, value: usize| match value {
            1..=4096 => Ok(()),
            _ => Err(Error::Parameter {
                field,
                value: value as f64,
                rule: "it must lie in 1..=4096",
            }),
        };
        let real = |field, value: f64, holds: bool, rule| {
            if holds { Ok(()) } else { Err(Error::Parameter { field, value, rule }) }
        };
        let norm = self.batch_norm;
        count("input_channels", self.input_channels)?;
        count("width", self.width)?;
        let dropout = (0.0..1.0).contains(&self.dropout);
        real("dropout", self.dropout, dropout, "a probability below 1 is needed")?;
        let epsilon = norm.epsilon > 0.0 && norm.epsilon.is_finite();
        real("batch_norm.epsilon", norm.epsilon, epsilon, "it must be positive")?;
        let momentum = norm.momentum > 0.0 && norm.momentum <= 1.0;
        real("batch_norm.momentum", norm.momentum, momentum, "it must lie in (0, 1]")
    }

    /// Filters of row `row` (0 to 4).
    pub(crate) fn filters(&self, row: usize) -> i64 {
        (self.width << row) as i64
    }
}

/// Where the four deep-supervision heads sit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HeadPlacement {
    /// On X(1,2), X(1,3), X(1,4), X(1,5), all of full size: the published parameter count.
    #[default]
    TopRow,
    /// On X(4,2), X(3,3), X(2,4), X(1,5), resized to the input: the paper's text.
    Diagonal,
}

/// Configuration of [`UnetPlusPlus`](crate::UnetPlusPlus).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnetPlusPlusConfig {
    /// Shape shared with the plain U-net.
    pub unet: UnetConfig,
    /// Where the four heads sit.
    pub heads: HeadPlacement,
}

impl UnetPlusPlusConfig {
    /// The paper's network: 9,043,620 trainable parameters.
    #[must_use]
    pub fn paper() -> Self {
        Self::default()
    }
}
