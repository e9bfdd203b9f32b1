use serde::{Deserialize, Serialize};

use super::norm::NormConfig;
use crate::error::{Error, count_in, require};

/// What goes into a network and what comes out of it; the images and the labels decide it, not the settings.
///
/// ```
/// use qunet_model::Channels;
///
/// assert_eq!(Channels::default(), Channels { input: 1, classes: 1, priors: 0 });
/// // A slice between its neighbours, and behind them a signed distance and where it is known.
/// let guided = Channels { input: 5, priors: 2, ..Channels::default() };
/// assert_eq!(guided.intensities(), 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channels {
    /// Channels of the input image, 1 to 4096.
    pub input: usize,
    /// 1 for lesion or not (sigmoid); from 2 to 255, that many classes (softmax), of which class 0 is the background.
    pub classes: usize,
    /// How many of the input's channels, the last ones, are no intensities but what is known beforehand, such as a
    /// signed distance to an expected outline; less than `input`. Augmentation moves them with the slice and leaves
    /// their values alone.
    #[serde(default)]
    pub priors: usize,
}

impl Default for Channels {
    /// One grey channel, lesion or not: the paper's.
    fn default() -> Self {
        Self { input: 1, classes: 1, priors: 0 }
    }
}

impl Channels {
    /// How many of the input's channels, the first ones, are intensities.
    #[must_use]
    pub fn intensities(&self) -> usize {
        self.input.saturating_sub(self.priors)
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        count_in("channels.input", self.input, 1..=4096, "it must lie in 1..=4096")?;
        let rule = "it must be less than channels.input: at least one channel is the slice";
        count_in("channels.priors", self.priors, 0..=self.input - 1, rule)?;
        let rule = "it must lie in 1..=255; 255 is the ignore label";
        count_in("channels.classes", self.classes, 1..=255, rule)
    }
}

/// Shape of the network of both architectures; the defaults are the paper's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnetConfig {
    /// Filters of the first row; each row below has twice as many. The paper's 32 gives
    /// 32, 64, 128, 256, 512.
    pub width: usize,
    /// Rows of nodes, 3 to 5; the paper's 5 pools four times and has heads L1 to L4.
    pub depth: usize,
    /// Probability of dropout, in [0, 1).
    pub dropout: f64,
    /// Where dropout is drawn.
    pub dropout_at: DropoutPlacement,
    /// Normalisation of the features.
    #[serde(alias = "batch_norm")]
    pub norm: NormConfig,
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

impl Default for UnetConfig {
    fn default() -> Self {
        Self::paper()
    }
}

impl UnetConfig {
    /// 32 filters, five rows, dropout 0.5, Keras' batch normalisation.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            width: 32,
            depth: 5,
            dropout: 0.5,
            dropout_at: DropoutPlacement::DeepestTwo,
            norm: NormConfig::keras(),
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        count_in("width", self.width, 1..=4096, "it must lie in 1..=4096")?;
        count_in("depth", self.depth, 3..=5, "3, 4 or 5 rows of nodes are offered")?;
        let holds = (0.0..1.0).contains(&self.dropout);
        require("dropout", self.dropout, holds, "a probability below 1 is needed")?;
        self.norm.check(self.width).map_err(|error| error.within("norm"))
    }

    /// What height and width of the input must be multiples of: each row below the first halves
    /// them, so 16 with the paper's five.
    #[must_use]
    pub fn divisor(&self) -> usize {
        1 << (self.depth - 1)
    }

    /// Filters of row `row`, counted from 0.
    pub(crate) fn filters(&self, row: usize) -> i64 {
        (self.width << row) as i64
    }
}

/// Which nodes of a U-net++ carry a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HeadPlacement {
    /// X(1,2), X(1,3), X(1,4), X(1,5), all of full size: the published parameter count.
    #[default]
    TopRow,
    /// X(4,2), X(3,3), X(2,4), X(1,5), resized to the input: the paper's text.
    Diagonal,
    /// X(1,5) alone, without deep supervision: there are no two heads whose disagreement could be computed.
    Last,
}

/// Configuration of [`Network::unet_plus_plus`](crate::Network::unet_plus_plus).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnetPlusPlusConfig {
    /// Shape shared with the plain U-net.
    pub unet: UnetConfig,
    /// Which nodes carry a head.
    pub heads: HeadPlacement,
}

impl UnetPlusPlusConfig {
    /// The paper's network: 9,043,620 trainable parameters.
    #[must_use]
    pub fn paper() -> Self {
        Self { unet: UnetConfig::paper(), heads: HeadPlacement::TopRow }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        self.unet.check().map_err(|error| error.within("unet"))
    }

    /// The levels that will have a head, in order.
    ///
    /// ```
    /// assert_eq!(qunet_model::UnetPlusPlusConfig::paper().levels(), [1, 2, 3, 4]);
    /// ```
    #[must_use]
    pub fn levels(&self) -> Vec<usize> {
        let last = self.unet.depth - 1;
        let first = if self.heads == HeadPlacement::Last { last } else { 1 };
        (first..=last).collect()
    }

    /// The levels of the last two heads, whose disagreement chooses slices: 3 and 4 with the paper's five rows.
    ///
    /// # Errors
    /// [`Error::OneHead`] where there is one head alone, so that this is known before a network is trained.
    pub fn last_two_levels(&self) -> Result<[usize; 2], Error> {
        last_two(&self.levels())
    }
}

/// The last two levels that have a head.
pub(crate) fn last_two(levels: &[usize]) -> Result<[usize; 2], Error> {
    match levels {
        [.., before, last] => Ok([*before, *last]),
        _ => Err(Error::OneHead { available: levels.to_vec() }),
    }
}

/// What a network is built from; weights files carry it.
///
/// ```
/// use qunet_model::{Architecture, Channels, Device, Network, UnetConfig};
///
/// let unet = UnetConfig { width: 2, ..UnetConfig::paper() };
/// let network = Network::unet(&unet, Channels::default(), Device::Cpu)?;
/// assert_eq!(network.description().architecture, Architecture::Unet(unet));
/// # Ok::<(), qunet_model::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The architecture and its settings.
    pub architecture: Architecture,
    /// What goes in and what comes out.
    pub channels: Channels,
}

/// One of the two architectures with its settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// A plain U-net.
    Unet(UnetConfig),
    /// A U-net++.
    UnetPlusPlus(UnetPlusPlusConfig),
}

impl Description {
    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<(), Error> {
        self.channels.check()?;
        match &self.architecture {
            Architecture::Unet(config) => config.check(),
            Architecture::UnetPlusPlus(config) => config.check(),
        }
    }

    /// The shape that both architectures share.
    pub(crate) fn unet(&self) -> &UnetConfig {
        match &self.architecture {
            Architecture::Unet(unet)
            | Architecture::UnetPlusPlus(UnetPlusPlusConfig { unet, .. }) => unet,
        }
    }
}
