use std::fmt::Write;

use ndarray::{Array2, Array3, ArrayRef2, ArrayRef3};
use qunet_stack::resize_nearest;
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor};

use crate::error::{Error, While};
use crate::loss::IGNORE;
use crate::tensors::{Image, as_labels, batch, check_finite, label_batch, resized};

/// Annotated slices at the network's size, ready to be drawn in batches.
#[derive(Debug)]
pub struct TrainingSet {
    images: Tensor,
    /// `(N, 1, H, W)` of u8.
    labels: Tensor,
    classes: usize,
    /// For each foreground class the slices that hold any of it.
    holders: Vec<Vec<usize>>,
    fingerprint: String,
}

impl TrainingSet {
    /// Takes slices (intensities in [0, 1], any size and number of channels) with their masks and resizes them to
    /// `size` (height, width): images bilinear, masks nearest.
    ///
    /// A slice may come several times with one mask, say with and without a prior behind its
    /// intensities: each view is a slice of the set, dealt as often as any other.
    ///
    /// # Errors
    /// [`Error::NoSlices`] without slices, [`Error::ShapeMismatch`] where an image and its mask
    /// differ in size, [`Error::NotFinite`] for a pixel that is NaN or infinite.
    pub fn new<I: Image>(
        slices: impl IntoIterator<Item = (I, Array2<bool>)>,
        size: (usize, usize),
        device: Device,
    ) -> Result<Self, Error> {
        let labelled = slices.into_iter().map(|(image, mask)| (image, as_labels(&mask)));
        Self::from_labels(labelled, 1, size, device)
    }

    /// The same with label maps: 0 is background, labels below `classes` its classes (with `classes` 1, label 1 is the
    /// lesion), [`IGNORE`] (255) what nobody annotated.
    ///
    /// ```
    /// use ndarray::{Array2, Array3};
    /// use qunet_model::{Device, IGNORE, TrainingSet};
    ///
    /// let image = Array3::from_elem((1, 20, 20), 0.5);
    /// let mut labels = Array2::from_elem((20, 20), 2);
    /// labels.row_mut(0).fill(IGNORE);
    /// let set = TrainingSet::from_labels([(image, labels)], 3, (16, 16), Device::Cpu)?;
    /// assert_eq!(set.positive_slices(), 1);
    /// # Ok::<(), qunet_model::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`TrainingSet::new`], and [`Error::UnknownLabel`].
    pub fn from_labels<I: Image>(
        slices: impl IntoIterator<Item = (I, Array2<u8>)>,
        classes: usize,
        size: (usize, usize),
        device: Device,
    ) -> Result<Self, Error> {
        let (mut images, mut maps) = (Vec::new(), Vec::new());
        for (number, (image, labels)) in slices.into_iter().enumerate() {
            let image = image.channels();
            check(number, &image, &labels, classes)?;
            images.push(resized(&image, size)?);
            maps.push(resize_nearest(&labels, size)?);
        }
        if images.is_empty() {
            return Err(Error::NoSlices { purpose: "train on" });
        }
        let holds =
            |label: usize, map: &Array2<u8>| map.iter().any(|&found| usize::from(found) == label);
        let holders = (1..classes.max(2))
            .map(|label| (0..maps.len()).filter(|&slice| holds(label, &maps[slice])).collect())
            .collect();
        Ok(Self {
            images: batch(&images, device)?,
            labels: label_batch(&maps, device)?,
            classes,
            holders,
            fingerprint: fingerprint(&images, &maps),
        })
    }

    /// How many slices.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.size()[0] as usize
    }

    /// Never true: a set without slices cannot be made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many slices hold any foreground.
    #[must_use]
    pub fn positive_slices(&self) -> usize {
        self.positives().len()
    }

    /// The slices that hold any foreground, in order.
    pub(crate) fn positives(&self) -> Vec<usize> {
        let holds = |slice: &usize| self.holders.iter().any(|slices| slices.contains(slice));
        (0..self.len()).filter(holds).collect()
    }

    /// Share of foreground among all annotated pixels, in [0, 1]; 0 where none is annotated.
    ///
    /// # Errors
    /// [`Error::Torch`] where LibTorch fails.
    pub fn foreground_share(&self) -> Result<f64, Error> {
        let count = |mask: Result<Tensor, tch::TchError>| {
            mask.and_then(|mask| mask.f_sum(Kind::Int64)).and_then(|sum| sum.f_int64_value(&[]))
        };
        let doing = "counting foreground";
        let annotated = count(self.labels.f_ne(i64::from(IGNORE))).while_doing(doing)?;
        let background = count(self.labels.f_eq(0)).while_doing(doing)?;
        Ok((annotated - background) as f64 / annotated.max(1) as f64)
    }

    /// Height and width of the slices.
    pub(crate) fn size(&self) -> (usize, usize) {
        let size = self.labels.size();
        (size[2] as usize, size[3] as usize)
    }

    pub(crate) fn classes(&self) -> usize {
        self.classes
    }

    /// The label maps of all slices, `(N, 1, H, W)`.
    pub(crate) fn labels(&self) -> &Tensor {
        &self.labels
    }

    /// For each foreground class the slices that hold any of it.
    pub(crate) fn holders(&self) -> &[Vec<usize>] {
        &self.holders
    }

    /// A digest of all pixels and labels, by which a checkpoint recognises its slices.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Images and labels of some slices.
    pub(crate) fn gather(&self, indices: &[i64]) -> Result<(Tensor, Tensor), Error> {
        let doing = "gathering a batch";
        let indices = Tensor::f_from_slice(indices)
            .and_then(|indices| indices.f_to_device(self.images.device()))
            .while_doing(doing)?;
        let images = self.images.f_index_select(0, &indices).while_doing(doing)?;
        let labels = self.labels.f_index_select(0, &indices).while_doing(doing)?;
        Ok((images, labels))
    }
}

fn check(
    number: usize,
    image: &ArrayRef3<f32>,
    labels: &ArrayRef2<u8>,
    classes: usize,
) -> Result<(), Error> {
    let (_, height, width) = image.dim();
    if (height, width) != labels.dim() {
        return Err(Error::ShapeMismatch { image: (height, width), mask: labels.dim() });
    }
    check_finite(number, image)?;
    let known = |label: u8| usize::from(label) < classes.max(2) || label == IGNORE;
    match labels.indexed_iter().find(|&(_, &label)| !known(label)) {
        None => Ok(()),
        Some((index, &label)) => {
            Err(Error::UnknownLabel { mask: number, index, label, classes: classes.max(2) })
        }
    }
}

fn fingerprint(images: &[Array3<f32>], maps: &[Array2<u8>]) -> String {
    let mut digest = Sha256::new();
    for (image, map) in images.iter().zip(maps) {
        digest.update(format!("{:?}", image.shape()));
        for pixel in image {
            digest.update(pixel.to_le_bytes());
        }
        digest.update(map.iter().copied().collect::<Vec<u8>>());
    }
    digest.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
