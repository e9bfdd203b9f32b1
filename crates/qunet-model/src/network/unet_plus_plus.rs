//! U-Net++: A Nested U-Net Architecture for Medical Image Segmentation (Zhou 2018), with the deep-supervision heads of
//! QU-net++.

use std::path::Path;

use tch::nn::VarStore;
use tch::{Device, TchError};

use super::config::{HeadPlacement, UnetPlusPlusConfig};
use super::nest::{At, Nest, Plan};
use super::{Description, Network, sealed};
use crate::Error;
use crate::error::While;
use crate::weights::{self, WeightsProblem};

/// U-net++ with heads L1 to L4 (section II-C, Fig. 4).
///
/// Node X(i,j) of row i and column j is `x{i}{j}` in the weights; X(i,1) is the encoder. Node X(i,j) takes
/// up(X(i+1,j-1)) and all of X(i,1) to X(i,j-1).
///
/// ```
/// use qunet_model::{Device, Network, UnetPlusPlus, UnetPlusPlusConfig};
///
/// let network = UnetPlusPlus::new(&UnetPlusPlusConfig::paper(), Device::Cpu)?;
/// assert_eq!(network.total_parameters(), 9_045_540);
/// assert_eq!(network.trainable_parameters(), 9_043_620);
/// # Ok::<(), qunet_model::Error>(())
/// ```
#[derive(Debug)]
pub struct UnetPlusPlus {
    variables: VarStore,
    nest: Nest,
    config: UnetPlusPlusConfig,
}

impl UnetPlusPlus {
    /// Builds the network with fresh He-normal weights; seed them with [`crate::seed`].
    ///
    /// # Errors
    /// [`Error::Parameter`] for a value out of range, [`Error::Torch`] where memory is short.
    pub fn new(config: &UnetPlusPlusConfig, device: Device) -> Result<Self, Error> {
        config.unet.check()?;
        Self::build(config, device).while_doing("building the U-net++")
    }

    /// Builds the network that a file written by [`Network::save`] describes, with its weights.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where the file is missing, broken or of another architecture.
    pub fn open(path: &Path, device: Device) -> Result<Self, Error> {
        let Description::UnetPlusPlus(config) = weights::description(path)? else {
            let problem = WeightsProblem::Architecture;
            return Err(Error::Checkpoint { path: path.to_owned(), problem });
        };
        let mut network = Self::new(&config, device)?;
        network.load(path)?;
        Ok(network)
    }

    /// What the network was built from.
    #[must_use]
    pub fn config(&self) -> &UnetPlusPlusConfig {
        &self.config
    }

    fn build(config: &UnetPlusPlusConfig, device: Device) -> Result<Self, TchError> {
        let variables = VarStore::new(device);
        let last = config.unet.depth - 1;
        let first = if config.deep_supervision { 1 } else { last };
        let head = |level| (level, head_node(config.heads, level, last), format!("head{level}"));
        let plan = Plan {
            dense: true,
            heads: (first..=last).map(head).collect(),
            norm_deepest: false,
            summed: device == Device::Cpu,
        };
        let nest = Nest::build(&variables.root(), &config.unet, plan)?;
        Ok(Self { variables, nest, config: *config })
    }
}

/// The node that carries head `level`, of `last` levels.
fn head_node(placement: HeadPlacement, level: usize, last: usize) -> At {
    match placement {
        HeadPlacement::TopRow => (0, level),
        HeadPlacement::Diagonal => (last - level, level),
    }
}

impl sealed::HasNest for UnetPlusPlus {
    fn nest(&self) -> &Nest {
        &self.nest
    }

    fn description(&self) -> Description {
        Description::UnetPlusPlus(self.config)
    }
}

impl Network for UnetPlusPlus {
    fn variables(&self) -> &VarStore {
        &self.variables
    }

    fn variables_mut(&mut self) -> &mut VarStore {
        &mut self.variables
    }
}
