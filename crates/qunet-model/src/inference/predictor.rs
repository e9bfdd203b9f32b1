use std::cell::OnceCell;
use std::collections::VecDeque;

use ndarray::{Array2, Array3, ArrayView3};
use tch::{Kind, TchError, Tensor};

use super::config::{PredictConfig, Sizing};
use super::maps::HeadMaps;
use super::monte_carlo::{Moments, MonteCarloMaps};
use super::patches::{Blend, Patch, cut};
use crate::error::{Error, While, at_least_one, require};
use crate::machine::Precision;
use crate::network::{Mode, Nest, Network};
use crate::tensors::{Image, batch, check_finite, maps};

/// Largest difference of Dice between f32 and bfloat16 at which [`Precision::Auto`] uses bfloat16.
const SAME_DICE: f64 = 0.005;

/// Features of a node of the first row with which processors are fastest: one image of 256 x 256 with 32 filters, 8 MiB,
/// as measured. With more of them in a batch each layer reads from memory what the one before has written.
const CACHED_FEATURES: usize = 256 * 256 * 32;

/// Runs a network over slices of any size, with the weights it has when the predictor is made: batch normalisation is
/// folded into the convolutions then. Probabilities are brought back to the slice's size and then thresholded.
pub struct Predictor<'a> {
    network: &'a Network,
    config: PredictConfig,
    levels: Vec<usize>,
    exact: Nest,
    /// The weights in bfloat16, if they are to be used; decided at the first slices where that is left open.
    reduced: OnceCell<Option<Nest>>,
}

impl<'a> Predictor<'a> {
    /// `size` (height, width) is what the network was trained at; `batch_size` slices go through
    /// at once.
    ///
    /// # Errors
    /// As [`Predictor::with`].
    pub fn new(
        network: &'a Network,
        size: (usize, usize),
        batch_size: usize,
    ) -> Result<Self, Error> {
        let sizing = Sizing::Resize { height: size.0, width: size.1 };
        Self::with(network, PredictConfig { sizing, batch_size, ..PredictConfig::default() })
    }

    /// A predictor with all of its settings.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use qunet_model::{Channels, Device, Network, PredictConfig, Predictor, Sizing, UnetConfig};
    ///
    /// let unet = UnetConfig { width: 2, ..UnetConfig::paper() };
    /// let network = Network::unet(&unet, Channels::default(), Device::Cpu)?;
    /// let config = PredictConfig { sizing: Sizing::Pad, flips: true, ..PredictConfig::default() };
    /// let maps = Predictor::with(&network, config)?.heads(&[Array2::zeros((30, 50))])?;
    /// assert_eq!(maps[0].last().dim(), (30, 50));
    /// # Ok::<(), qunet_model::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for a value out of range, [`Error::NoSuchLevel`] for a level without a head,
    /// [`Error::Torch`] where LibTorch fails.
    pub fn with(network: &'a Network, config: PredictConfig) -> Result<Self, Error> {
        config.check()?;
        if let Sizing::Tile { side, .. } = config.sizing {
            let fits = side.is_multiple_of(network.divisor());
            let rule = "it must be a multiple of the network's divisor, 16 with five rows";
            require("sizing.side", side, fits, rule)?;
        }
        let available = network.levels();
        let levels = match config.level {
            None => available,
            Some(level) if available.contains(&level) => vec![level],
            Some(level) => return Err(Error::NoSuchLevel { level, available }),
        };
        let _no_grad = tch::no_grad_guard();
        let doing = "preparing the weights";
        let exact = network.nest().frozen(Kind::Float).while_doing(doing)?;
        let reduced = OnceCell::new();
        if config.precision.kind(network.device()) == Kind::Float {
            let _ = reduced.set(None);
        } else if config.precision == Precision::Bf16 {
            let _ = reduced.set(Some(network.nest().frozen(Kind::BFloat16).while_doing(doing)?));
        }
        Ok(Self { network, config, levels, exact, reduced })
    }

    /// How many slices go through at once.
    #[must_use]
    pub fn batch_size(&self) -> usize {
        self.config.batch_size
    }

    /// Whether bfloat16 is in use; `None` as long as [`Precision::Auto`] has seen no slice.
    #[must_use]
    pub fn reduced_precision(&self) -> Option<bool> {
        self.reduced.get().map(Option::is_some)
    }

    /// The head maps of each image (intensities in [0, 1]), in order, dropout off.
    ///
    /// # Errors
    /// [`Error::NotDivisible`] where the network's poolings cannot halve its size, [`Error::NotFinite`] for a pixel
    /// that is NaN or infinite, [`Error::Channels`] where the network takes another number of channels,
    /// [`Error::Torch`] where LibTorch fails.
    pub fn heads(&self, images: &[impl Image]) -> Result<Vec<HeadMaps>, Error> {
        let mut all = Vec::with_capacity(images.len());
        for images in channels(images).chunks(self.config.batch_size) {
            all.extend(self.chunk(images, Mode::Evaluate)?);
        }
        Ok(all)
    }

    /// The head maps of any number of images, each with its key, a batch in memory at a time.
    ///
    /// The first error ends the stream.
    pub fn stream<'p, K: 'p, I: Image + 'p>(
        &'p self,
        images: impl IntoIterator<Item = (K, I), IntoIter: 'p>,
    ) -> impl Iterator<Item = Result<(K, HeadMaps), Error>> + 'p {
        let mut images = images.into_iter();
        let mut ready = VecDeque::new();
        let mut failed = false;
        std::iter::from_fn(move || {
            if ready.is_empty() && !failed {
                let (keys, batch): (Vec<K>, Vec<I>) =
                    images.by_ref().take(self.config.batch_size).unzip();
                match self.heads(&batch) {
                    Ok(maps) => ready.extend(keys.into_iter().zip(maps)),
                    Err(error) => {
                        failed = true;
                        return Some(Err(error));
                    }
                }
            }
            ready.pop_front().map(Ok)
        })
    }

    /// Mean and spread of `samples` predictions with dropout on (Gal and Ghahramani 2016). Batch normalisation keeps
    /// its recorded statistics, and the network is unchanged. The samples of a batch follow from `seed` and the batch's
    /// place alone.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no samples, and as [`Predictor::heads`].
    pub fn monte_carlo(
        &self,
        images: &[impl Image],
        samples: usize,
        seed: u64,
    ) -> Result<Vec<MonteCarloMaps>, Error> {
        at_least_one("samples", samples)?;
        let mut all = Vec::with_capacity(images.len());
        for (place, images) in channels(images).chunks(self.config.batch_size).enumerate() {
            crate::seed(seed.wrapping_add(place as u64));
            let mut moments: Vec<Moments> = Vec::new();
            for _ in 0..samples {
                for (slice, maps) in self.chunk(images, Mode::MonteCarlo)?.into_iter().enumerate() {
                    match moments.get_mut(slice) {
                        None => moments.push(Moments::new(&maps)),
                        Some(moments) => moments.add(&maps),
                    }
                }
            }
            all.extend(moments.into_iter().map(Moments::finish));
        }
        Ok(all)
    }

    /// One vector per image, `(images, filters of the deepest row)`; see [`Network::features`].
    ///
    /// # Errors
    /// As [`Predictor::heads`]; [`Error::Parameter`] with tiles, which have no features in common.
    pub fn features(&self, images: &[impl Image]) -> Result<Array2<f32>, Error> {
        if let Sizing::Tile { side, .. } = self.config.sizing {
            let rule = "features are those of whole slices; resize or pad";
            require("sizing.side", side, false, rule)?;
        }
        let doing = "copying features";
        let _no_grad = tch::no_grad_guard();
        let mut rows = Vec::new();
        let mut length = 0;
        for images in channels(images).chunks(self.config.batch_size) {
            for patches in same_size(&self.patches(images)?) {
                let input =
                    batch(patches.iter().map(|patch| &patch.pixels), self.network.device())?;
                let features = self.network.features(&input)?;
                length = features.size()[1] as usize;
                let flat = features.f_to_device(tch::Device::Cpu).and_then(|f| f.f_reshape([-1]));
                rows.extend(Vec::<f32>::try_from(&flat.while_doing(doing)?).while_doing(doing)?);
            }
        }
        let shape = (images.len(), length);
        Array2::from_shape_vec(shape, rows)
            .map_err(|_| Error::ShapeMismatch { image: shape, mask: (0, 0) })
    }

    fn chunk(&self, images: &[ArrayView3<'_, f32>], mode: Mode) -> Result<Vec<HeadMaps>, Error> {
        let _no_grad = tch::no_grad_guard();
        let classes = self.network.channels().classes;
        let blends = || {
            let blend = |image: &ArrayView3<'_, f32>| {
                let (_, height, width) = image.dim();
                Blend::new(classes, (height, width), self.config.sizing)
            };
            images.iter().map(blend).collect::<Vec<Blend>>()
        };
        let mut heads: Vec<Vec<Blend>> = self.levels.iter().map(|_| blends()).collect();
        let patches = self.patches(images)?;
        for patches in same_size(&patches).flat_map(|patches| patches.chunks(self.at_once(patches)))
        {
            for (answers, blends) in self.answers(patches, mode)?.into_iter().zip(&mut heads) {
                for (patch, answer) in patches.iter().zip(answers) {
                    blends[patch.slice].add(patch, answer)?;
                }
            }
        }
        let mut finished: Vec<_> =
            heads.into_iter().map(|blends| blends.into_iter().map(Blend::finish)).collect();
        let slice = |_| {
            HeadMaps::new(&self.levels, finished.iter_mut().filter_map(Iterator::next).collect())
        };
        Ok((0..images.len()).map(slice).collect())
    }

    /// How many of these patches go through LibTorch together: on a processor no more than keep the features of the
    /// first row within its caches, for larger batches are slower there.
    fn at_once(&self, patches: &[Patch]) -> usize {
        if self.network.device() != tch::Device::Cpu {
            return self.config.batch_size;
        }
        let (_, height, width) = patches[0].pixels.dim();
        let features = height * width * self.network.nest().width();
        (CACHED_FEATURES / features.max(1)).clamp(1, self.config.batch_size)
    }

    fn patches(&self, images: &[ArrayView3<'_, f32>]) -> Result<Vec<Patch>, Error> {
        let mut patches = Vec::new();
        for (number, image) in images.iter().enumerate() {
            check_finite(number, image)?;
            patches.extend(cut(number, image, self.config.sizing, self.network.divisor())?);
        }
        Ok(patches)
    }

    /// For each head the probabilities of each patch.
    fn answers(&self, patches: &[Patch], mode: Mode) -> Result<Vec<Vec<Array3<f32>>>, Error> {
        let images = batch(patches.iter().map(|patch| &patch.pixels), self.network.device())?;
        let heads = match self.reduced(&images)? {
            None => self.probabilities(&self.exact, &images, mode)?,
            Some(nest) => {
                let images = images.f_to_kind(Kind::BFloat16).while_doing("rounding a batch")?;
                self.probabilities(nest, &images, mode)?
            }
        };
        heads.iter().map(maps).collect()
    }

    fn probabilities(
        &self,
        nest: &Nest,
        images: &Tensor,
        mode: Mode,
    ) -> Result<Vec<Tensor>, Error> {
        let doing = "taking probabilities";
        let once = |images: &Tensor| -> Result<Vec<Tensor>, Error> {
            let logits = nest.run(images, mode, &self.levels)?;
            logits.iter().map(|logits| probability(logits).while_doing(doing)).collect()
        };
        let heads = once(images)?;
        if !self.config.flips {
            return Ok(heads);
        }
        let mirrored = once(&images.f_flip([3]).while_doing(doing)?)?;
        let mean =
            |(one, other): (&Tensor, &Tensor)| one.f_add(&other.f_flip([3])?)?.f_mul_scalar(0.5);
        heads.iter().zip(&mirrored).map(|pair| mean(pair).while_doing(doing)).collect()
    }

    /// The weights in bfloat16 where they are used.
    fn reduced(&self, images: &Tensor) -> Result<Option<&Nest>, Error> {
        if let Some(decided) = self.reduced.get() {
            return Ok(decided.as_ref());
        }
        let doing = "comparing precisions";
        let nest = self.network.nest().frozen(Kind::BFloat16).while_doing(doing)?;
        let exact = self.probabilities(&self.exact, images, Mode::Evaluate)?;
        let rounded = images.f_to_kind(Kind::BFloat16).while_doing(doing)?;
        let rounded = self.probabilities(&nest, &rounded, Mode::Evaluate)?;
        let mut same = true;
        for (one, other) in exact.iter().zip(&rounded) {
            same &= agree(one, other).while_doing(doing)?;
        }
        Ok(self.reduced.get_or_init(|| same.then_some(nest)).as_ref())
    }
}

fn channels(images: &[impl Image]) -> Vec<ArrayView3<'_, f32>> {
    images.iter().map(Image::channels).collect()
}

/// Runs of patches of one size, which can share a batch.
fn same_size(patches: &[Patch]) -> impl Iterator<Item = &[Patch]> {
    patches.chunk_by(|one, other| one.pixels.dim() == other.pixels.dim())
}

fn probability(logits: &Tensor) -> Result<Tensor, TchError> {
    if logits.size()[1] == 1 { logits.f_sigmoid() } else { logits.f_softmax(1, Kind::Float) }
}

/// Whether the masks of two maps have a Dice of 1 but for [`SAME_DICE`], in every class.
fn agree(one: &Tensor, other: &Tensor) -> Result<bool, TchError> {
    let dims = &[0_i64, 2, 3][..];
    let (one, other) = (one.f_gt(0.5)?, other.f_gt(0.5)?);
    let sum = |mask: &Tensor| mask.f_sum_dim_intlist(dims, false, Kind::Double);
    let both = sum(&one.f_logical_and(&other)?)?.f_mul_scalar(2.0)?;
    let sizes = sum(&one)?.f_add(&sum(&other)?)?;
    let apart = sizes.f_sub(&both)?.f_sub(&sizes.f_mul_scalar(SAME_DICE)?)?;
    Ok(apart.f_max()?.f_double_value(&[])? <= 0.0)
}
