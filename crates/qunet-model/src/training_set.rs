use ndarray::Array2;
use qunet_stack::{resize_bilinear, resize_nearest};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

use crate::Error;
use crate::error::While;
use crate::tensors::{as_labels, batch};

/// Annotated slices at the network's size, ready to be drawn in batches.
#[derive(Debug)]
pub struct TrainingSet {
    images: Tensor,
    masks: Tensor,
    positive: Vec<bool>,
}

impl TrainingSet {
    /// Takes slices (intensities in [0, 1], any size) with their masks and resizes them to
    /// `size` (height, width): images bilinear, masks nearest.
    ///
    /// # Errors
    /// [`Error::NoSlices`] without slices, [`Error::ShapeMismatch`] where an image and its mask
    /// differ in size.
    pub fn new(
        slices: impl IntoIterator<Item = (Array2<f32>, Array2<bool>)>,
        size: (usize, usize),
        device: Device,
    ) -> Result<Self, Error> {
        let (mut images, mut masks, mut positive) = (Vec::new(), Vec::new(), Vec::new());
        for (image, mask) in slices {
            if image.dim() != mask.dim() {
                return Err(Error::ShapeMismatch { image: image.dim(), mask: mask.dim() });
            }
            images.push(resize_bilinear(&image, size)?);
            let labels = resize_nearest(&as_labels(&mask), size)?;
            positive.push(labels.iter().any(|&label| label > 0));
            masks.push(labels.mapv(f32::from));
        }
        if images.is_empty() {
            return Err(Error::NoSlices { purpose: "train on" });
        }
        Ok(Self { images: batch(&images, device)?, masks: batch(&masks, device)?, positive })
    }

    /// How many slices.
    #[must_use]
    pub fn len(&self) -> usize {
        self.positive.len()
    }

    /// Never true: a set without slices cannot be made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.positive.is_empty()
    }

    /// How many slices hold any foreground.
    #[must_use]
    pub fn positive_slices(&self) -> usize {
        self.positive.iter().filter(|&&positive| positive).count()
    }

    /// Share of foreground among all pixels, in [0, 1].
    ///
    /// # Errors
    /// [`Error::Torch`] where LibTorch fails.
    pub fn foreground_share(&self) -> Result<f64, Error> {
        let mean = self.masks.f_mean(Kind::Double);
        mean.and_then(|mean| mean.f_double_value(&[])).while_doing("counting foreground")
    }

    pub(crate) fn gather(&self, indices: &[i64]) -> Result<(Tensor, Tensor), Error> {
        let doing = "gathering a batch";
        let indices = Tensor::f_from_slice(indices)
            .and_then(|indices| indices.f_to_device(self.images.device()))
            .while_doing(doing)?;
        let images = self.images.f_index_select(0, &indices).while_doing(doing)?;
        let masks = self.masks.f_index_select(0, &indices).while_doing(doing)?;
        Ok((images, masks))
    }
}

/// Deals slice numbers in shuffled rounds, so that every slice comes up equally often.
pub(crate) struct Sampler {
    all: Deck,
    positive: Deck,
    /// Slices of each batch that must hold foreground.
    foreground: usize,
}

impl Sampler {
    pub(crate) fn new(set: &TrainingSet, batch: usize, foreground_share: f64) -> Self {
        let numbered = 0..set.len() as i64;
        let positive: Vec<i64> =
            numbered.clone().filter(|&index| set.positive[index as usize]).collect();
        let wanted = (foreground_share * batch as f64).ceil() as usize;
        let foreground = if positive.is_empty() { 0 } else { wanted.min(batch) };
        Self { all: Deck::new(numbered.collect()), positive: Deck::new(positive), foreground }
    }

    pub(crate) fn draw(&mut self, count: usize, rng: &mut ChaCha8Rng) -> Vec<i64> {
        let positive = self.foreground.min(count);
        let mut indices: Vec<i64> = (0..positive).map(|_| self.positive.draw(rng)).collect();
        indices.extend((positive..count).map(|_| self.all.draw(rng)));
        indices
    }
}

struct Deck {
    cards: Vec<i64>,
    next: usize,
}

impl Deck {
    fn new(cards: Vec<i64>) -> Self {
        let next = cards.len();
        Self { cards, next }
    }

    fn draw(&mut self, rng: &mut ChaCha8Rng) -> i64 {
        if self.next >= self.cards.len() {
            self.cards.shuffle(rng);
            self.next = 0;
        }
        self.next += 1;
        self.cards[self.next - 1]
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn set(positive: &[bool]) -> TrainingSet {
        let slices = positive
            .iter()
            .map(|&positive| (Array2::zeros((16, 16)), Array2::from_elem((16, 16), positive)));
        TrainingSet::new(slices, (16, 16), Device::Cpu).unwrap()
    }

    #[test]
    fn every_round_deals_every_slice_once() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut sampler = Sampler::new(&set(&[false; 5]), 2, 0.5);
        let mut round = sampler.draw(5, &mut rng);
        round.sort_unstable();
        assert_eq!(round, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn batches_hold_their_share_of_foreground() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let set = set(&[false, false, false, true, false]);
        assert_eq!(set.positive_slices(), 1);
        assert!((set.foreground_share().unwrap() - 0.2).abs() < 1e-9);
        let mut sampler = Sampler::new(&set, 4, 0.5);
        for _ in 0..10 {
            let batch = sampler.draw(4, &mut rng);
            assert_eq!(batch[..2], [3, 3]);
        }
    }
}
