//! The two architectures.

mod config;
mod layers;
mod nest;
mod unet;
mod unet_plus_plus;

use std::path::Path;

use serde::{Deserialize, Serialize};
use tch::nn::VarStore;
use tch::nn::init::DEFAULT_KAIMING_NORMAL;
use tch::{Device, Kind, Tensor};

pub use config::{
    BatchNormConfig, DropoutPlacement, HeadPlacement, NormNodes, NormPlacement, UnetConfig,
    UnetPlusPlusConfig,
};
pub use layers::Mode;
pub(crate) use nest::Nest;
pub use unet::Unet;
pub use unet_plus_plus::UnetPlusPlus;

use crate::Error;
use crate::error::While;
use crate::tensors::channels_last;
use crate::weights;

/// What only this crate's networks have.
pub(crate) mod sealed {
    /// Gives the graph of a network.
    pub trait HasNest {
        fn nest(&self) -> &super::Nest;
        /// What the network is built from, for the file of its weights.
        fn description(&self) -> super::Description;
    }
}

/// What a file of weights says of the network they belong to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Description {
    /// A plain U-net.
    Unet(UnetConfig),
    /// A U-net++.
    UnetPlusPlus(UnetPlusPlusConfig),
}

impl Description {
    /// The shape that both architectures share.
    pub(crate) fn unet(&self) -> &UnetConfig {
        match self {
            Self::Unet(unet) | Self::UnetPlusPlus(UnetPlusPlusConfig { unet, .. }) => unet,
        }
    }
}

/// A segmentation network with one or more heads of full size; [`Unet`] and [`UnetPlusPlus`] are the two there are.
pub trait Network: sealed::HasNest {
    /// The network's variables.
    fn variables(&self) -> &VarStore;

    /// The same, to be written to.
    fn variables_mut(&mut self) -> &mut VarStore;

    /// The logits of each head, `(N, classes, H, W)`, from images `(N, C, H, W)`; the last head is the segmentation.
    ///
    /// # Errors
    /// [`Error::NotDivisible`] where height or width is not a multiple of [`Network::divisor`], [`Error::Channels`]
    /// where C is not what the network takes, [`Error::Torch`] for anything LibTorch refuses.
    fn logits(&self, images: &Tensor, mode: Mode) -> Result<Vec<Tensor>, Error> {
        let levels = self.levels();
        run(self.nest(), images, mode, &levels)
    }

    /// The logits of head `level` alone, at the cost of the nodes it rests on: pruned inference.
    ///
    /// # Errors
    /// [`Error::NoSuchLevel`], and as [`Network::logits`].
    fn level_logits(&self, images: &Tensor, mode: Mode, level: usize) -> Result<Tensor, Error> {
        let missing = || Error::NoSuchLevel { level, available: self.levels() };
        run(self.nest(), images, mode, &[level])?.pop().ok_or_else(missing)
    }

    /// One vector per image, `(N, filters of the deepest row)`: the deepest encoder node averaged over the image,
    /// dropout off. Strategies that look for unlike slices compare these.
    ///
    /// # Errors
    /// As [`Network::logits`].
    fn features(&self, images: &Tensor) -> Result<Tensor, Error> {
        check_input(self.nest(), images)?;
        self.nest().features(images, Mode::Evaluate).while_doing("computing features")
    }

    /// The levels that have a head: 1 to 4 for the paper's U-net++.
    fn levels(&self) -> Vec<usize> {
        self.nest().levels()
    }

    /// How many heads there are.
    fn heads(&self) -> usize {
        self.levels().len()
    }

    /// 1 for lesion or not, otherwise the number of classes.
    fn classes(&self) -> usize {
        self.nest().config().classes
    }

    /// Channels of the input.
    fn input_channels(&self) -> usize {
        self.nest().config().input_channels
    }

    /// What height and width must be multiples of: 16 with the paper's five rows.
    fn divisor(&self) -> usize {
        1 << (self.nest().config().depth - 1)
    }

    /// Where the network computes.
    fn device(&self) -> Device {
        self.variables().device()
    }

    /// Parameters that training changes.
    fn trainable_parameters(&self) -> usize {
        self.variables().trainable_variables().iter().map(Tensor::numel).sum()
    }

    /// All parameters, running statistics of batch normalisation included: the paper's count.
    fn total_parameters(&self) -> usize {
        self.variables().variables().values().map(Tensor::numel).sum()
    }

    /// Lets training leave the encoder X(1,1), X(2,1), ... as it is, or change it again. What a network has learnt
    /// about one kind of image often serves another with few annotated slices.
    fn freeze_encoder(&self, frozen: bool) {
        for (name, variable) in self.variables().variables() {
            let statistics = name.contains(".running_");
            if !statistics && is_encoder(&name) {
                let _ = variable.set_requires_grad(!frozen);
            }
        }
    }

    /// Draws all weights anew, as at the beginning.
    ///
    /// # Errors
    /// [`Error::Torch`] where LibTorch fails.
    fn reinitialise(&self, seed: u64) -> Result<(), Error> {
        crate::seed(seed);
        let mut variables: Vec<_> = self.variables().variables().into_iter().collect();
        variables.sort_by(|one, other| one.0.cmp(&other.0));
        let _no_grad = tch::no_grad_guard();
        for (name, variable) in &mut variables {
            fresh(name, variable).while_doing("drawing fresh weights")?;
        }
        Ok(())
    }

    /// Writes the weights as safetensors, named by the paper's nodes, with the network's configuration in the header;
    /// whole or not at all.
    ///
    /// # Errors
    /// [`Error::Stack`] where the file cannot be written.
    fn save(&self, path: &Path) -> Result<(), Error> {
        weights::write(path, weights::named(self.variables()), &self.description())
    }

    /// Reads weights written by [`Network::save`], or by PyTorch under the same names. The file is checked before
    /// anything is read, and the network is as it was where it does not fit.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where the file is missing, broken or of another network.
    fn load(&mut self, path: &Path) -> Result<(), Error> {
        weights::load(path, self.variables())
    }
}

/// X(i,1): `x11.conv1.weight` and so on.
fn is_encoder(name: &str) -> bool {
    let node = name.split('.').next().unwrap_or_default();
    node.len() == 3 && node.starts_with('x') && node.ends_with('1')
}

fn fresh(name: &str, variable: &mut Tensor) -> Result<(), tch::TchError> {
    let shape = variable.size();
    if shape.len() == 4 {
        let options = (variable.device(), Kind::Float);
        let drawn = tch::nn::f_init(DEFAULT_KAIMING_NORMAL, &shape, options.0, options.1)?;
        variable.f_copy_(&channels_last(&drawn)?)?;
    } else {
        let one =
            name.ends_with("running_var") || (name.contains("norm") && name.ends_with(".weight"));
        let _ = variable.f_fill_(if one { 1.0 } else { 0.0 })?;
    }
    Ok(())
}

/// Checks the images and runs a graph over them.
pub(crate) fn run(
    nest: &Nest,
    images: &Tensor,
    mode: Mode,
    levels: &[usize],
) -> Result<Vec<Tensor>, Error> {
    check_input(nest, images)?;
    let doing = "running the network";
    let images = channels_last(images).while_doing(doing)?;
    nest.logits(&images, mode, levels).while_doing(doing)
}

/// Refuses channels the network does not take and sizes that its poolings cannot halve.
fn check_input(nest: &Nest, images: &Tensor) -> Result<(), Error> {
    let (_, channels, height, width) = images.size4().while_doing("reading the input's shape")?;
    let (found, expected) = (channels as usize, nest.config().input_channels);
    if found != expected {
        return Err(Error::Channels { found, expected });
    }
    let divisor = 1 << (nest.config().depth - 1);
    for (side, value) in [("height", height), ("width", width)] {
        if value == 0 || value % divisor != 0 {
            return Err(Error::NotDivisible { side, value, divisor });
        }
    }
    Ok(())
}
