//! U-Net: Convolutional Networks for Biomedical Image Segmentation (Ronneberger 2015), in the form of the paper's
//! baseline.

use std::path::Path;

use tch::nn::VarStore;
use tch::{Device, TchError};

use super::config::UnetConfig;
use super::nest::{Nest, Plan};
use super::{Description, Network, sealed};
use crate::Error;
use crate::error::While;
use crate::weights::{self, WeightsProblem};

/// The baseline U-net: batch normalisation on all five encoder rows, one head.
///
/// In the weights node X(i,j) is `x{i}{j}`: the encoder is X(1,1) to X(5,1), the decoder X(4,2), X(3,3), X(2,4),
/// X(1,5), each fed by the one before it and by X(i,1).
///
/// ```
/// use qunet_model::{Device, Network, Unet, UnetConfig};
///
/// let network = Unet::new(&UnetConfig::paper(), Device::Cpu)?;
/// assert_eq!(network.total_parameters(), 7_767_457);
/// assert_eq!(network.trainable_parameters(), 7_763_489);
/// # Ok::<(), qunet_model::Error>(())
/// ```
#[derive(Debug)]
pub struct Unet {
    variables: VarStore,
    nest: Nest,
}

impl Unet {
    /// Builds the network with fresh He-normal weights; seed them with [`crate::seed`].
    ///
    /// # Errors
    /// [`Error::Parameter`] for a value out of range, [`Error::Torch`] where memory is short.
    pub fn new(config: &UnetConfig, device: Device) -> Result<Self, Error> {
        config.check()?;
        Self::build(config, device).while_doing("building the U-net")
    }

    /// Builds the network that a file written by [`Network::save`] describes, with its weights.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where the file is missing, broken or of another architecture.
    pub fn open(path: &Path, device: Device) -> Result<Self, Error> {
        let Description::Unet(config) = weights::description(path)? else {
            let problem = WeightsProblem::Architecture;
            return Err(Error::Checkpoint { path: path.to_owned(), problem });
        };
        let mut network = Self::new(&config, device)?;
        network.load(path)?;
        Ok(network)
    }

    /// What the network was built from.
    #[must_use]
    pub fn config(&self) -> &UnetConfig {
        self.nest.config()
    }

    fn build(config: &UnetConfig, device: Device) -> Result<Self, TchError> {
        let variables = VarStore::new(device);
        let last = config.depth - 1;
        let plan = Plan {
            dense: false,
            heads: vec![(last, (0, last), "head".to_owned())],
            norm_deepest: true,
            summed: device == Device::Cpu,
        };
        let nest = Nest::build(&variables.root(), config, plan)?;
        Ok(Self { variables, nest })
    }
}

impl sealed::HasNest for Unet {
    fn nest(&self) -> &Nest {
        &self.nest
    }

    fn description(&self) -> Description {
        Description::Unet(*self.config())
    }
}

impl Network for Unet {
    fn variables(&self) -> &VarStore {
        &self.variables
    }

    fn variables_mut(&mut self) -> &mut VarStore {
        &mut self.variables
    }
}
