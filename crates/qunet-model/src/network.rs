use std::path::Path;

use tch::nn::VarStore;
use tch::{Device, Tensor};

use crate::Error;
use crate::error::While;
use crate::layers::Mode;

/// A segmentation network with one or more heads of full size.
pub trait Network {
    /// The logits of each head, `(N, 1, H, W)`, from images `(N, C, H, W)`; the last head is the
    /// segmentation.
    ///
    /// # Errors
    /// [`Error::NotDivisible`] where height or width is not a multiple of 16, [`Error::Torch`]
    /// for anything LibTorch refuses.
    fn logits(&self, images: &Tensor, mode: Mode) -> Result<Vec<Tensor>, Error>;

    /// The network's variables.
    fn variables(&self) -> &VarStore;

    /// The same, to be written to.
    fn variables_mut(&mut self) -> &mut VarStore;

    /// How many heads there are.
    fn heads(&self) -> usize;

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

    /// Writes the weights as safetensors, named by the paper's nodes; whole or not at all.
    ///
    /// # Errors
    /// [`Error::Stack`] or [`Error::Checkpoint`] where the file cannot be written.
    fn save(&self, path: &Path) -> Result<(), Error> {
        qunet_stack::write_atomically(path, |temporary| {
            self.variables()
                .save(temporary)
                .map_err(|source| Error::Checkpoint { path: path.to_owned(), source })
        })
    }

    /// Reads weights written by [`Network::save`].
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where the file is missing, broken or of another network.
    fn load(&mut self, path: &Path) -> Result<(), Error> {
        self.variables_mut()
            .load(path)
            .map_err(|source| Error::Checkpoint { path: path.to_owned(), source })
    }
}

/// Refuses sizes that four poolings cannot halve.
pub(crate) fn check_divisible(images: &Tensor) -> Result<(), Error> {
    let (_, _, height, width) = images.size4().while_doing("reading the input's shape")?;
    for (side, value) in [("height", height), ("width", width)] {
        if value == 0 || value % 16 != 0 {
            return Err(Error::NotDivisible { side, value });
        }
    }
    Ok(())
}
