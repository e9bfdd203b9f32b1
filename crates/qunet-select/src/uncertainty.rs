use ndarray::ArrayView3;
use serde::{Deserialize, Serialize};

use crate::{CandidateId, Error, MapError};

/// How far the classes of a pixel may be from adding to 1; bfloat16 rounds by less.
const SUM_TOLERANCE: f64 = 0.01;

/// How uncertain a network is of one slice, each number a mean over its pixels, and how much it
/// finds there.
///
/// With p the probabilities of the classes of a pixel, averaged over the samples: entropy
/// -sum p ln p, margin the difference of the two highest p, BALD the entropy minus the mean entropy
/// of the samples (Houlsby et al., 2011). Entropy and BALD are in nats.
///
/// ```
/// use ndarray::{ArrayView3, array};
/// use qunet_select::Uncertainty;
/// use qunet_stack::SliceId;
///
/// // Two samples of Monte-Carlo dropout contradict each other on one pixel of two.
/// let (first, second) = (array![[[1.0, 0.0]]], array![[[0.0, 0.0]]]);
/// let maps: [ArrayView3<f32>; 2] = [first.view(), second.view()];
/// let record = Uncertainty::from_maps(SliceId(3), &maps)?;
/// assert!((record.entropy - 2_f64.ln() / 2.0).abs() < 1e-12);
/// assert_eq!(record.bald, Some(record.entropy));
/// assert_eq!((record.margin, record.foreground), (0.5, 0.0));
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uncertainty {
    /// Which slice.
    pub id: CandidateId,
    /// Entropy, in [0, ln classes] nats; higher = less certain.
    pub entropy: f64,
    /// Margin, in [0, 1]; lower = less certain.
    pub margin: f64,
    /// BALD, in [0, entropy] nats; higher = the samples contradict each other more. `None` of a
    /// single sample.
    pub bald: Option<f64>,
    /// Foreground predicted in the slice, in pixels: those on which a class of the foreground is the
    /// most probable one.
    pub foreground: f64,
}

impl Uncertainty {
    /// From maps `(classes, height, width)`, one for each sample of Monte-Carlo dropout, member of an
    /// ensemble or head. One class is the probability of the lesion; of several, class 0 is the
    /// background.
    ///
    /// # Errors
    /// [`Error::Maps`] where there is no map or no pixel, maps differ in shape, a value
    /// is no probability, or classes do not add to 1 within 0.01.
    pub fn from_maps(
        id: impl Into<CandidateId>,
        samples: &[ArrayView3<'_, f32>],
    ) -> Result<Self, Error> {
        let candidate = id.into();
        let sums = Sums::over(samples);
        let sums = sums.map_err(|problem| Error::Maps { candidate, problem })?;
        let pixels = sums.pixels as f64;
        Ok(Self {
            id: candidate,
            entropy: sums.entropy / pixels,
            margin: sums.margin / pixels,
            bald: (samples.len() > 1).then(|| sums.bald / pixels),
            foreground: sums.foreground,
        })
    }
}

/// The sums over the pixels.
#[derive(Default)]
struct Sums {
    pixels: usize,
    entropy: f64,
    margin: f64,
    bald: f64,
    foreground: f64,
}

impl Sums {
    fn over(samples: &[ArrayView3<'_, f32>]) -> Result<Self, MapError> {
        let (classes, height, width) = common_shape(samples)?;
        let mut sums = Self { pixels: height * width, ..Self::default() };
        let mut mean = vec![0.0; classes.max(2)];
        let mut one = mean.clone();
        for pixel in (0..height).flat_map(|row| (0..width).map(move |column| (row, column))) {
            mean.fill(0.0);
            let mut entropies = 0.0;
            for sample in samples {
                read(sample, pixel, &mut one)?;
                entropies += entropy(&one);
                mean.iter_mut().zip(&one).for_each(|(mean, one)| *mean += one);
            }
            mean.iter_mut().for_each(|mean| *mean /= samples.len() as f64);
            let whole = entropy(&mean);
            sums.entropy += whole;
            // Rounding may leave the difference just below 0.
            sums.bald += (whole - entropies / samples.len() as f64).max(0.0);
            sums.margin += margin(&mean);
            let predicted = mean[1..].iter().any(|&p| p > mean[0]);
            sums.foreground += f64::from(u8::from(predicted));
        }
        Ok(sums)
    }
}

fn common_shape(samples: &[ArrayView3<'_, f32>]) -> Result<(usize, usize, usize), MapError> {
    let shape = |shape: &[usize], rule| MapError::Shape { shape: shape.to_vec(), rule };
    let Some(first) = samples.first() else {
        return Err(shape(&[0], "give at least one map"));
    };
    if first.is_empty() {
        return Err(shape(first.shape(), "a map has a class and a pixel at least"));
    }
    match samples.iter().find(|sample| sample.shape() != first.shape()) {
        None => Ok(first.dim()),
        Some(other) => Err(MapError::Mismatch {
            expected: first.shape().to_vec(),
            found: other.shape().to_vec(),
        }),
    }
}

/// The probabilities of background and foreground classes of one pixel.
fn read(
    map: &ArrayView3<'_, f32>,
    (row, column): (usize, usize),
    classes: &mut [f64],
) -> Result<(), MapError> {
    let given = map.dim().0;
    // A single class leaves the first place to the background.
    let offset = classes.len() - given;
    let mut sum = 0.0;
    for class in 0..given {
        let value = map[[class, row, column]];
        if !(0.0..=1.0).contains(&value) {
            return Err(MapError::NotAProbability { index: vec![class, row, column], value });
        }
        classes[offset + class] = f64::from(value);
        sum += f64::from(value);
    }
    if offset == 1 {
        classes[0] = 1.0 - sum;
    } else if (sum - 1.0).abs() > SUM_TOLERANCE {
        return Err(MapError::Sum { index: vec![row, column], sum });
    }
    Ok(())
}

/// -sum p ln p, with 0 ln 0 = 0. Not `ndarray_stats::EntropyExt`, which needs an array of its own for
/// every pixel.
fn entropy(classes: &[f64]) -> f64 {
    classes.iter().filter(|&&p| p > 0.0).map(|p| -p * p.ln()).sum()
}

/// The highest minus the second highest.
fn margin(classes: &[f64]) -> f64 {
    let (mut first, mut second) = (0.0_f64, 0.0_f64);
    for &p in classes {
        second = second.max(p.min(first));
        first = first.max(p);
    }
    first - second
}
