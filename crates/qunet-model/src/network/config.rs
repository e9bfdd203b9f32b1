use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::{count_in, real};

/// Shape of the network of both architectures; the defaults are the paper's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnetConfig {
    /// Channels of the input image.
    pub input_channels: usize,
    /// 1 for lesion or not (sigmoid); from 2 on, that many classes (softmax), of which class 0 is the background.
    pub classes: usize,
    /// Filters of the first row; each row below has twice as many. The paper's 32 gives
    /// 32, 64, 128, 256, 512.
    pub width: usize,
    /// Rows of nodes, 3 to 5; the paper's 5 pools four times and has heads L1 to L4.
    pub depth: usize,
    /// Probability of dropout, in [0, 1).
    pub dropout: f64,
    /// Where dropout is drawn.
    pub dropout_at: DropoutPlacement,
    /// Batch normalisation.
    pub batch_norm: BatchNormConfig,
}

/// Where dropout is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DropoutPlacement {
    /// The two deepest encoder nodes, X(4,1) and X(5,1) of the paper; that of X(4,1) feeds the pooling and not the skip.
    #[default]
    DeepestTwo,
    /// The deepest encoder node alone.
    Deepest,
    /// Every encoder node, before its pooling and never on a skip.
    Encoder,
}

/// Batch normalisation: its constants and its place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchNormConfig {
    /// Added to the variance, > 0.
    pub epsilon: f64,
    /// Weight of the new batch in the running statistics, in (0, 1] (Keras writes 1 minus this).
    pub momentum: f64,
    /// On which side of the ReLU.
    #[serde(default)]
    pub placement: NormPlacement,
    /// Which nodes have it.
    #[serde(default)]
    pub nodes: NormNodes,
}

/// On which side of the ReLU batch normalisation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NormPlacement {
    /// After it, as in the paper's code.
    #[default]
    AfterRelu,
    /// Before it, as most networks have it.
    BeforeRelu,
}

/// Which nodes have batch normalisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NormNodes {
    /// The encoder's: of the U-net all, of the U-net++ all but the deepest, as the published counts have it.
    #[default]
    Encoder,
    /// Every node of encoder and decoder.
    All,
    /// None.
    None,
}

impl BatchNormConfig {
    /// Keras' constants, which the paper's code uses: epsilon 1e-3, momentum 0.01.
    #[must_use]
    pub fn keras() -> Self {
        Self::with(1e-3, 0.01)
    }

    /// PyTorch's constants: epsilon 1e-5, momentum 0.1. Running statistics settle within some
    /// tens of steps, which short trainings need.
    #[must_use]
    pub fn torch() -> Self {
        Self::with(1e-5, 0.1)
    }

    fn with(epsilon: f64, momentum: f64) -> Self {
        let (placement, nodes) = (NormPlacement::default(), NormNodes::default());
        Self { epsilon, momentum, placement, nodes }
    }
}

impl Default for UnetConfig {
    fn default() -> Self {
        Self::paper()
    }
}

impl UnetConfig {
    /// One grey channel, one class, 32 filters, five rows, dropout 0.5, Keras' batch normalisation.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            input_channels: 1,
            classes: 1,
            width: 32,
            depth: 5,
            dropout: 0.5,
            dropout_at: DropoutPlacement::DeepestTwo,
            batch_norm: BatchNormConfig::keras(),
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        count_in("input_channels", self.input_channels, 1..=4096, "it must lie in 1..=4096")?;
        count_in(
            "classes",
            self.classes,
            1..=255,
            "it must lie in 1..=255; 255 is the ignore label",
        )?;
        count_in("width", self.width, 1..=4096, "it must lie in 1..=4096")?;
        count_in("depth", self.depth, 3..=5, "3, 4 or 5 rows of nodes are offered")?;
        let dropout = (0.0..1.0).contains(&self.dropout);
        real("dropout", self.dropout, dropout, "a probability below 1 is needed")?;
        let norm = self.batch_norm;
        let epsilon = norm.epsilon > 0.0 && norm.epsilon.is_finite();
        real("batch_norm.epsilon", norm.epsilon, epsilon, "it must be positive")?;
        let momentum = norm.momentum > 0.0 && norm.momentum <= 1.0;
        real("batch_norm.momentum", norm.momentum, momentum, "it must lie in (0, 1]")
    }

    /// Filters of row `row`, counted from 0.
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnetPlusPlusConfig {
    /// Shape shared with the plain U-net.
    pub unet: UnetConfig,
    /// Where the deep-supervision heads sit.
    pub heads: HeadPlacement,
    /// Whether there is a head per level; without, the last one stands alone and there is no disagreement to ask.
    pub deep_supervision: bool,
}

impl Default for UnetPlusPlusConfig {
    fn default() -> Self {
        Self::paper()
    }
}

impl UnetPlusPlusConfig {
    /// The paper's network: 9,043,620 trainable parameters.
    #[must_use]
    pub fn paper() -> Self {
        Self { unet: UnetConfig::paper(), heads: HeadPlacement::TopRow, deep_supervision: true }
    }
}
