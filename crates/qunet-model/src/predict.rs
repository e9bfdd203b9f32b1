use ndarray::Array2;
use qunet_stack::resize_bilinear;

use crate::Error;
use crate::error::While;
use crate::layers::Mode;
use crate::network::Network;
use crate::tensors::{batch, maps};

/// The probability maps of one slice, one per head, L1 first, in the slice's own size.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadMaps {
    maps: Vec<Array2<f32>>,
}

impl HeadMaps {
    /// The map of head `level`, counted from 1 as in the paper; `None` past the last head.
    #[must_use]
    pub fn level(&self, level: usize) -> Option<&Array2<f32>> {
        self.maps.get(level.checked_sub(1)?)
    }

    /// The map of the last head: the segmentation (L4 of U-net++).
    #[must_use]
    pub fn last(&self) -> &Array2<f32> {
        // A network has at least one head, see `Predictor::heads`.
        &self.maps[self.maps.len() - 1]
    }

    /// All maps, L1 first.
    #[must_use]
    pub fn maps(&self) -> &[Array2<f32>] {
        &self.maps
    }
}

/// Runs a network over slices of any size: resized to the network's size and back (bilinear), so
/// that probabilities are resized and then thresholded.
pub struct Predictor<'a> {
    network: &'a dyn Network,
    size: (usize, usize),
    batch_size: usize,
}

impl<'a> Predictor<'a> {
    /// `size` (height, width) is what the network was trained at; `batch_size` slices go through
    /// at once.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a batch size of zero.
    pub fn new(
        network: &'a dyn Network,
        size: (usize, usize),
        batch_size: usize,
    ) -> Result<Self, Error> {
        if batch_size == 0 {
            let rule = "it must be at least 1";
            return Err(Error::Parameter { field: "batch_size", value: 0.0, rule });
        }
        Ok(Self { network, size, batch_size })
    }

    /// How many slices go through at once.
    #[must_use]
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// The head maps of each slice (intensities in [0, 1]), in order, dropout off.
    ///
    /// # Errors
    /// [`Error::NotDivisible`] where the network's size cannot be halved four times,
    /// [`Error::Torch`] where LibTorch fails.
    pub fn heads(&self, slices: &[Array2<f32>]) -> Result<Vec<HeadMaps>, Error> {
        let _no_grad = tch::no_grad_guard();
        let mut all = Vec::with_capacity(slices.len());
        for slices in slices.chunks(self.batch_size) {
            let resized: Result<Vec<_>, _> =
                slices.iter().map(|slice| resize_bilinear(slice, self.size)).collect();
            let images = batch(&resized?, self.network.device())?;
            let mut heads = Vec::new();
            for logits in self.network.logits(&images, Mode::Evaluate)? {
                heads.push(maps(&logits.f_sigmoid().while_doing("taking probabilities")?)?);
            }
            for (index, slice) in slices.iter().enumerate() {
                let maps: Result<Vec<_>, _> =
                    heads.iter().map(|head| resize_bilinear(&head[index], slice.dim())).collect();
                all.push(HeadMaps { maps: maps? });
            }
        }
        Ok(all)
    }
}
