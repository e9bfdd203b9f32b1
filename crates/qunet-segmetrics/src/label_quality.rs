use ndarray::{ArrayRef, Axis, Dimension, RemoveAxis};
use qunet_grid::contiguous;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    arrays::{for_each_row, same_shape, unravel},
};

/// How far the label of an image is confirmed by the probabilities of a model that was not trained
/// on it; in [0, 1], higher = the label is more likely right.
///
/// The self-confidence of a pixel is the probability that the model gives to its label. Images
/// with low scores are the first to look at for errors of annotation. The score of an image is
/// that of cleanlab (C. Northcutt et al.; V. Lad, J. Mueller, 2023), the softmin of the
/// self-confidences: their mean with weights exp((1 - confidence) / temperature), so that a few
/// pixels that contradict the label count more than many that confirm it.
///
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::LabelQuality;
///
/// let probability = array![[0.875, 0.125], [0.0, 0.25]];
/// let right = array![[true, false], [false, false]];
/// let wrong = array![[false, false], [false, true]];
/// let quality = |label| LabelQuality::default().score_mask(&probability, label, None);
/// let scores = [quality(&wrong)?, quality(&right)?];
/// assert_eq!(scores[1].map(|score| score.mean_confidence), Some((0.875 + 0.875 + 1.0 + 0.75) / 4.0));
/// assert_eq!(scores[0].map(|score| score.contradicted), Some(0.5));
/// assert_eq!(LabelQuality::rank(&scores), [0, 1]);
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelQuality {
    /// Above 0; the lower it is, the more the worst pixels count. 0.1 by default, as in cleanlab.
    pub temperature: f64,
}

/// The scores of one image; in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelScore {
    /// Softmin of the self-confidences, higher = better.
    pub softmin: f64,
    /// Mean of the self-confidences, higher = better.
    pub mean_confidence: f64,
    /// Share of the pixels that the model gives to another label, lower = better.
    pub contradicted: f64,
}

impl Default for LabelQuality {
    fn default() -> Self {
        Self { temperature: 0.1 }
    }
}

impl LabelQuality {
    /// The scores of a mask beside the probabilities of its foreground in [0, 1], of any dimension
    /// and stride, where `region` is true (`None` = everywhere); `None` without a pixel.
    ///
    /// A pixel is contradicted where its self-confidence is below 1/2.
    ///
    /// # Errors
    /// [`Error::Temperature`] unless it is from 0.001 to 1000; [`Error::ShapeMismatch`] where the
    /// shapes differ, [`Error::NotAProbability`] for the first value in the region that is NaN or
    /// outside [0, 1].
    pub fn score_mask<D: Dimension>(
        &self,
        probability: &ArrayRef<f32, D>,
        mask: &ArrayRef<bool, D>,
        region: Option<&ArrayRef<bool, D>>,
    ) -> Result<Option<LabelScore>> {
        let mut sums = self.sums()?;
        for_each_row(probability, mask, region, |p, labels, inside| {
            for ((&p, &label), _) in p.iter().zip(labels).zip(inside).filter(|&(_, &inside)| inside)
            {
                let confidence = if label { f64::from(p) } else { 1.0 - f64::from(p) };
                sums.add(confidence, confidence < 0.5);
            }
        })?;
        Ok(sums.score())
    }

    /// The scores of a label map beside the probabilities of its classes: `probabilities` has the
    /// class as its first axis and the label map's shape after it. Pixels labelled `ignore` do not
    /// count; `None` without another.
    ///
    /// A pixel is contradicted where another class is more probable.
    ///
    /// # Errors
    /// [`Error::Temperature`] unless it is from 0.001 to 1000; [`Error::ShapeMismatch`] where the
    /// shapes differ, [`Error::Label`] for a label that is no class, [`Error::NotAProbability`] for
    /// a value at a counted pixel that is NaN or outside [0, 1].
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::LabelQuality;
    ///
    /// // Three classes of two pixels.
    /// let probabilities = array![[0.5, 0.25], [0.25, 0.5], [0.25, 0.25]];
    /// let score = LabelQuality::default().score_labels(&probabilities, &array![0_u8, 2], None)?;
    /// assert_eq!(score.map(|score| score.mean_confidence), Some(0.375));
    /// assert_eq!(score.map(|score| score.contradicted), Some(0.5));
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    pub fn score_labels<L, D>(
        &self,
        probabilities: &ArrayRef<f32, D>,
        labels: &ArrayRef<L, D::Smaller>,
        ignore: Option<L>,
    ) -> Result<Option<LabelScore>>
    where
        L: Copy + PartialEq + TryInto<i64>,
        D: RemoveAxis,
    {
        let mut sums = self.sums()?;
        let (classes, shape) = (probabilities.shape()[0], &probabilities.shape()[1..]);
        same_shape("labels", shape, labels.shape())?;
        let mut buffer = Vec::new();
        let pixels = probabilities.lanes(Axis(0)).into_iter().zip(labels).enumerate();
        for (position, (values, &label)) in pixels {
            if Some(label) == ignore {
                continue;
            }
            let values = contiguous(&values, &mut buffer);
            if let Some(class) = values.iter().position(|p| !(0.0..=1.0).contains(p)) {
                let index = [vec![class], unravel(position, shape)].concat();
                return Err(Error::NotAProbability {
                    name: "the map",
                    index,
                    value: values[class],
                });
            }
            let value = label.try_into().unwrap_or(i64::MAX);
            let own = usize::try_from(value).ok().and_then(|class| values.get(class));
            let &own = own.ok_or(Error::Label { name: "labels", value, classes })?;
            sums.add(f64::from(own), values.iter().any(|&other| other > own));
        }
        Ok(sums.score())
    }

    /// The places of images from the lowest to the highest softmin; those without a score last.
    #[must_use]
    pub fn rank(scores: &[Option<LabelScore>]) -> Vec<usize> {
        let mut places: Vec<usize> = (0..scores.len()).collect();
        let key = |place: usize| scores[place].map_or(f64::INFINITY, |score| score.softmin);
        places.sort_by(|&a, &b| key(a).total_cmp(&key(b)));
        places
    }

    fn sums(&self) -> Result<Sums> {
        if !(0.001..=1000.0).contains(&self.temperature) {
            return Err(Error::Temperature { value: self.temperature });
        }
        Ok(Sums {
            temperature: self.temperature,
            lowest: 1.0,
            weights: 0.0,
            weighted: 0.0,
            confidence: 0.0,
            contradicted: 0,
            pixels: 0,
        })
    }
}

/// What the scores follow from.
struct Sums {
    temperature: f64,
    lowest: f64,
    weights: f64,
    weighted: f64,
    confidence: f64,
    contradicted: u64,
    pixels: u64,
}

impl Sums {
    fn add(&mut self, confidence: f64, contradicted: bool) {
        // Weights are relative to that of the lowest confidence so far: no sum vanishes.
        if confidence < self.lowest {
            let rescale = ((confidence - self.lowest) / self.temperature).exp();
            self.weights *= rescale;
            self.weighted *= rescale;
            self.lowest = confidence;
        }
        let weight = ((self.lowest - confidence) / self.temperature).exp();
        self.weights += weight;
        self.weighted += weight * confidence;
        self.confidence += confidence;
        self.contradicted += u64::from(contradicted);
        self.pixels += 1;
    }

    fn score(&self) -> Option<LabelScore> {
        let pixels = self.pixels as f64;
        (self.pixels > 0).then(|| LabelScore {
            softmin: self.weighted / self.weights,
            mean_confidence: self.confidence / pixels,
            contradicted: self.contradicted as f64 / pixels,
        })
    }
}
