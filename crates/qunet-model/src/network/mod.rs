//! The network: a description, the graph that follows from it, and the graph's variables.

mod config;
mod layers;
mod nest;
mod norm;

use std::path::Path;

use tch::nn::init::DEFAULT_KAIMING_NORMAL;
use tch::nn::{Init, VarStore};
use tch::{Device, Kind, TchError, Tensor};

pub(crate) use config::last_two;
pub use config::{
    Architecture, Channels, Description, DropoutPlacement, HeadPlacement, UnetConfig,
    UnetPlusPlusConfig,
};
pub use layers::Mode;
pub(crate) use nest::Nest;
pub use norm::{NormConfig, NormKind, NormNodes, NormPlacement};

use crate::error::{Error, While, require};
use crate::tensors::channels_last;
use crate::weights::{self, WeightsFile, named};

/// A segmentation network with one or more heads of full size: the paper's U-net++ with heads L1 to L4, or its baseline
/// U-net with one head.
///
/// U-Net++: A Nested U-Net Architecture for Medical Image Segmentation (Zhou 2018); U-Net: Convolutional Networks for
/// Biomedical Image Segmentation (Ronneberger 2015). Node X(i,j) of row i and column j is `x{i}{j}` in the weights, and
/// X(i,1) is the encoder. In the U-net++ X(i,j) takes up(X(i+1,j-1)) and all of X(i,1) to X(i,j-1) (section II-C,
/// Fig. 4); in the U-net it takes up(X(i+1,j-1)) and X(i,1).
///
/// ```
/// use qunet_model::{Channels, Device, Network, UnetConfig, UnetPlusPlusConfig};
///
/// let channels = Channels::default();
/// let network = Network::unet_plus_plus(&UnetPlusPlusConfig::paper(), channels, Device::Cpu)?;
/// assert_eq!(network.total_parameters(), 9_045_540);
/// assert_eq!(network.trainable_parameters(), 9_043_620);
/// let baseline = Network::unet(&UnetConfig::paper(), channels, Device::Cpu)?;
/// assert_eq!(baseline.total_parameters(), 7_767_457);
/// assert_eq!(baseline.trainable_parameters(), 7_763_489);
/// # Ok::<(), qunet_model::Error>(())
/// ```
#[derive(Debug)]
pub struct Network {
    variables: VarStore,
    nest: Nest,
    description: Description,
}

impl Network {
    /// Builds the baseline U-net, batch normalisation on all encoder rows and one head, with fresh He-normal weights;
    /// seed them with [`seed`](crate::seed).
    ///
    /// # Errors
    /// [`Error::Parameter`] for a value out of range, [`Error::Torch`] where memory is short.
    pub fn unet(config: &UnetConfig, channels: Channels, device: Device) -> Result<Self, Error> {
        let architecture = Architecture::Unet(*config);
        Self::new(&Description { architecture, channels }, device)
    }

    /// Builds the U-net++ with fresh He-normal weights; seed them with [`seed`](crate::seed).
    ///
    /// # Errors
    /// As [`Network::unet`].
    pub fn unet_plus_plus(
        config: &UnetPlusPlusConfig,
        channels: Channels,
        device: Device,
    ) -> Result<Self, Error> {
        let architecture = Architecture::UnetPlusPlus(*config);
        Self::new(&Description { architecture, channels }, device)
    }

    /// Builds the network of a description with fresh weights.
    ///
    /// # Errors
    /// As [`Network::unet`].
    pub fn new(description: &Description, device: Device) -> Result<Self, Error> {
        Self::start(description, device, DEFAULT_KAIMING_NORMAL)
    }

    /// Builds the network of a description without drawing from LibTorch's generator: every kernel is one constant.
    pub(crate) fn constant(description: &Description, device: Device) -> Result<Self, Error> {
        Self::start(description, device, Init::Const(0.01))
    }

    fn start(description: &Description, device: Device, init: Init) -> Result<Self, Error> {
        description.check()?;
        let variables = VarStore::new(device);
        let nest = Nest::build(&variables.root(), description, init);
        let nest = nest.while_doing("building a network")?;
        Ok(Self { variables, nest, description: *description })
    }

    /// Builds the network, of either architecture, that a file written by [`Network::save`] describes, with its
    /// weights.
    ///
    /// ```
    /// use qunet_model::{Channels, Device, Network, UnetConfig};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("model.safetensors");
    /// let unet = UnetConfig { width: 2, ..UnetConfig::paper() };
    /// let network = Network::unet(&unet, Channels::default(), Device::Cpu)?;
    /// network.save(&path)?;
    /// assert_eq!(Network::open(&path, Device::Cpu)?.description(), network.description());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Weights`] where the file is missing, broken or without a description.
    pub fn open(path: impl AsRef<Path>, device: Device) -> Result<Self, Error> {
        let path = path.as_ref();
        let file = WeightsFile::open(path)?;
        let description: Description = file.description()?;
        description.check()?;
        // A description of a few bytes may claim billions of weights: the file must hold its largest tensors before a
        // network of that size is allocated.
        let unet = description.unet();
        let (first, deepest) = (unet.filters(0), unet.filters(unet.depth - 1));
        file.check("x11.conv1.weight", &[first, description.channels.input as i64, 3, 3])?;
        file.check(&format!("x{}1.conv2.weight", unet.depth), &[deepest, deepest, 3, 3])?;
        let mut network = Self::new(&description, device)?;
        network.load(path)?;
        Ok(network)
    }

    /// Writes the weights as safetensors, named by the paper's nodes, with the network's description in the header;
    /// whole or not at all.
    ///
    /// # Errors
    /// [`Error::Stack`] where the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        weights::write(path.as_ref(), named(&self.variables), &self.description)
    }

    /// The same network again, with weights of its own: training one leaves the other as it is.
    ///
    /// ```
    /// use qunet_model::{Channels, Device, Network, UnetConfig};
    ///
    /// let unet = UnetConfig { width: 2, ..UnetConfig::paper() };
    /// let network = Network::unet(&unet, Channels::default(), Device::Cpu)?;
    /// let copy = network.copy()?;
    /// assert_eq!(copy.description(), network.description());
    /// # Ok::<(), qunet_model::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Torch`] where LibTorch fails.
    pub fn copy(&self) -> Result<Self, Error> {
        let mut copy = Self::constant(&self.description, self.device())?;
        copy.variables.copy(&self.variables).while_doing("copying a network")?;
        Ok(copy)
    }

    /// Reads weights written by [`Network::save`], or by PyTorch under the same names. The file is checked before
    /// anything is read, and the network is unchanged where it does not fit.
    ///
    /// # Errors
    /// [`Error::Weights`] where the file is missing, broken or of another network.
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        weights::load(path.as_ref(), &self.variables)
    }

    /// Reads weights under the layer names of the author's notebooks, from a safetensors file or from a folder of
    /// `.npy` files, and transposes Keras' axes to LibTorch's.
    ///
    /// A kernel is called `conv12_1/kernel` (first convolution of X(1,2)), `up12/kernel` or `output_1/kernel`; each may
    /// end in `:0`, and in the folder `/` is a folder or `__`: `conv12_1__kernel.npy`. The layers of batch normalisation
    /// are numbered, `batch_normalization`, `batch_normalization_1` and so on, and are taken in that order for X(1,1),
    /// X(2,1) and so on, whatever the first number is. A network with its last head alone takes `output` or `output_4`.
    ///
    /// ```no_run
    /// use qunet_model::{Channels, Device, Network, UnetPlusPlusConfig};
    ///
    /// let config = UnetPlusPlusConfig::paper();
    /// let mut network = Network::unet_plus_plus(&config, Channels::default(), Device::Cpu)?;
    /// network.load_keras("notebook_weights.safetensors")?;
    /// # Ok::<(), qunet_model::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Weights`] naming the layer that is missing or of another shape,
    /// [`Error::Parameter`] where the network has another than batch normalisation; the network is
    /// then unchanged.
    pub fn load_keras(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        let norm = self.description.unet().norm;
        let fits = matches!(norm.kind, NormKind::Batch { .. }) || norm.nodes == NormNodes::None;
        let rule = "the notebooks' weights are of batch normalisation";
        require("norm.kind", format!("{:?}", norm.kind).as_str(), fits, rule)?;
        weights::load_keras(path.as_ref(), &self.variables)
    }

    /// The logits of each head, `(N, classes, H, W)`, from images `(N, C, H, W)`; the last head is the segmentation.
    ///
    /// # Errors
    /// [`Error::NotDivisible`] where height or width is not a multiple of [`Network::divisor`], [`Error::Channels`]
    /// where C is not what the network takes, [`Error::Torch`] for anything LibTorch refuses.
    pub fn logits(&self, images: &Tensor, mode: Mode) -> Result<Vec<Tensor>, Error> {
        self.nest.run(images, mode, &self.levels())
    }

    /// The logits of head `level` alone, at the cost of the nodes that it depends on: pruned inference.
    ///
    /// # Errors
    /// [`Error::NoSuchLevel`], and as [`Network::logits`].
    pub fn level_logits(&self, images: &Tensor, mode: Mode, level: usize) -> Result<Tensor, Error> {
        let missing = || Error::NoSuchLevel { level, available: self.levels() };
        self.nest.run(images, mode, &[level])?.pop().ok_or_else(missing)
    }

    /// One vector per image, `(N, filters of the deepest row)`: the deepest encoder node averaged over the image,
    /// dropout off. Strategies that choose unlike slices compare these.
    ///
    /// # Errors
    /// As [`Network::logits`].
    pub fn features(&self, images: &Tensor) -> Result<Tensor, Error> {
        self.nest.features(images, Mode::Evaluate)
    }

    /// What the network was built from.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Channels of the input and classes of the output.
    #[must_use]
    pub fn channels(&self) -> Channels {
        self.description.channels
    }

    /// The levels that have a head: 1 to 4 for the paper's U-net++.
    #[must_use]
    pub fn levels(&self) -> Vec<usize> {
        self.nest.levels()
    }

    /// The levels of the last two heads, whose disagreement chooses slices: 3 and 4 with the paper's five rows.
    ///
    /// # Errors
    /// [`Error::OneHead`] where there is one head alone.
    pub fn last_two_levels(&self) -> Result<[usize; 2], Error> {
        last_two(&self.levels())
    }

    /// How many heads there are.
    #[must_use]
    pub fn heads(&self) -> usize {
        self.levels().len()
    }

    /// What height and width must be multiples of: 16 with the paper's five rows.
    #[must_use]
    pub fn divisor(&self) -> usize {
        self.nest.divisor()
    }

    /// Where the network computes.
    #[must_use]
    pub fn device(&self) -> Device {
        self.variables.device()
    }

    /// The variables by name.
    #[must_use]
    pub fn variables(&self) -> &VarStore {
        &self.variables
    }

    /// The same, to be written to.
    pub fn variables_mut(&mut self) -> &mut VarStore {
        &mut self.variables
    }

    /// Parameters that training changes.
    #[must_use]
    pub fn trainable_parameters(&self) -> usize {
        self.variables.trainable_variables().iter().map(Tensor::numel).sum()
    }

    /// All parameters, running statistics of batch normalisation included: the paper's count.
    #[must_use]
    pub fn total_parameters(&self) -> usize {
        self.variables.variables().values().map(Tensor::numel).sum()
    }

    /// Lets training leave the encoder X(1,1), X(2,1), ... unchanged, or change it again. What a network has learnt
    /// about one kind of image often serves another with few annotated slices.
    pub fn freeze_encoder(&self, frozen: bool) {
        for (name, variable) in self.variables.variables() {
            let statistics = name.contains(".running_");
            if !statistics && is_encoder(&name) {
                let _ = variable.set_requires_grad(!frozen);
            }
        }
    }

    /// Draws all weights again, as a new network has them.
    ///
    /// # Errors
    /// [`Error::Torch`] where LibTorch fails.
    pub fn reinitialise(&self, seed: u64) -> Result<(), Error> {
        crate::seed(seed);
        let _no_grad = tch::no_grad_guard();
        for (name, mut variable) in named(&self.variables) {
            initialise(&name, &mut variable).while_doing("drawing fresh weights")?;
        }
        Ok(())
    }

    pub(crate) fn nest(&self) -> &Nest {
        &self.nest
    }
}

/// X(i,1): `x11.conv1.weight` and so on.
fn is_encoder(name: &str) -> bool {
    let node = name.split('.').next().unwrap_or_default();
    node.len() == 3 && node.starts_with('x') && node.ends_with('1')
}

/// Sets a variable to what a new network has there.
fn initialise(name: &str, variable: &mut Tensor) -> Result<(), TchError> {
    let shape = variable.size();
    if shape.len() == 4 {
        let (device, kind) = (variable.device(), Kind::Float);
        let drawn = tch::nn::f_init(DEFAULT_KAIMING_NORMAL, &shape, device, kind)?;
        variable.f_copy_(&channels_last(&drawn)?)?;
    } else {
        let one =
            name.ends_with("running_var") || (name.contains("norm") && name.ends_with(".weight"));
        let _ = variable.f_fill_(if one { 1.0 } else { 0.0 })?;
    }
    Ok(())
}
