//! How far the heads of a network agree on a slice.

mod compare;

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use self::compare::Maps;
use self::compare::{Compared, compare};
use crate::error::require;
use crate::{CandidateId, Error};

/// How the agreement of two probability maps is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AgreementMeasure {
    /// Jaccard index of the two masks, the paper's Q (section II-C).
    #[default]
    Jaccard,
    /// Sum of the smaller over sum of the larger probabilities; needs no threshold.
    SoftJaccard,
}

/// What Q is where the measure is 0/0: with [`AgreementMeasure::Jaccard`] where neither head finds
/// anything, with [`AgreementMeasure::SoftJaccard`] where both maps are 0.
///
/// Heads that agree on nothing may both have missed the lesion, so that Q = 1 hides the very slices
/// that training lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EmptyAgreement {
    /// Q = 1: the heads agree, and the slice is not selected. The paper's.
    #[default]
    Agree,
    /// Q = the soft Jaccard index of the probabilities, 1 where both maps are 0: ranks the empty
    /// slices among each other, and beside all others.
    Unknown,
    /// Q = 0: every empty slice is selected, as far as the budget goes.
    Suspect,
}

/// What the quality index Q of a slice is; the defaults are the paper's.
///
/// ```
/// use qunet_select::{AgreementParams, EmptyAgreement};
///
/// let params = AgreementParams { empty_agreement: EmptyAgreement::Suspect, ..Default::default() };
/// assert!(params.check().is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgreementParams {
    /// How two heads are compared.
    pub measure: AgreementMeasure,
    /// What Q is where two heads agree on nothing.
    pub empty_agreement: EmptyAgreement,
}

impl AgreementParams {
    /// Checks every value; all that can be written are allowed.
    ///
    /// # Errors
    /// None at present.
    pub fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Q of two heads.
    fn quality(self, pair: &Compared) -> f64 {
        let measured = match self.measure {
            AgreementMeasure::Jaccard => pair.jaccard,
            AgreementMeasure::SoftJaccard => pair.soft_jaccard,
        };
        measured.unwrap_or(match self.empty_agreement {
            EmptyAgreement::Agree => 1.0,
            EmptyAgreement::Unknown => pair.soft_jaccard.unwrap_or(1.0),
            EmptyAgreement::Suspect => 0.0,
        })
    }
}

/// How far the heads of a network agree on one slice.
///
/// Q = |L3 and L4| / |L3 or L4| of the binarised maps, in [0, 1] (section II-C); lower = the slice
/// shows something unlearned.
///
/// ```
/// use ndarray::array;
/// use qunet_select::{AgreementParams, AgreementRecord, Maps};
/// use qunet_stack::SliceId;
///
/// let (level3, level4) = (array![[0.75, 0.75, 0.0]], array![[0.75, 0.25, 0.0]]);
/// let maps = Maps::Pair { level3: level3.view(), level4: level4.view() };
/// let params = AgreementParams::default();
/// let record = AgreementRecord::from_maps(SliceId(4), &maps, 0.5, &params)?;
/// // Both heads are sure of the first pixel, one is of the second.
/// assert_eq!((record.quality_index, record.disagreement_area), (0.5, 0.5));
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementRecord {
    /// Which slice.
    pub id: CandidateId,
    /// The quality index Q, in [0, 1]; lower = less agreement. Of several pairs of heads the mean.
    pub quality_index: f64,
    /// The disagreement area in pixels: the sum over the pixels of |L3 - L4|, in [0, pixels], higher
    /// = more disagreement; of several pairs of heads the mean, of several classes over all but the
    /// background.
    pub disagreement_area: f64,
    /// All heads found nothing, so that Q is a convention ([`EmptyAgreement`]).
    pub empty: bool,
}

impl AgreementRecord {
    /// The record of one slice, a function of its maps and the settings alone. A pixel is
    /// foreground where its probability is strictly above `threshold`, in [0, 1).
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of range, [`Error::Maps`] where maps differ in size,
    /// hold what is no probability, or there are too few heads, draws or classes.
    pub fn from_maps(
        id: impl Into<CandidateId>,
        maps: &Maps<'_>,
        threshold: f32,
        params: &AgreementParams,
    ) -> Result<Self, Error> {
        params.check()?;
        check_threshold(threshold)?;
        let candidate = id.into();
        let pairs = compare(maps, threshold);
        let pairs = pairs.map_err(|problem| Error::Maps { candidate, problem })?;
        let mean = |value: &dyn Fn(&Compared) -> f64| {
            pairs.iter().map(value).sum::<f64>() / pairs.len() as f64
        };
        Ok(Self {
            id: candidate,
            quality_index: mean(&|pair| params.quality(pair)),
            disagreement_area: mean(&|pair| pair.area),
            empty: pairs.iter().all(|pair| pair.jaccard.is_none()),
        })
    }

    /// The records of many slices, which are compared in parallel; in the order of the slices, and
    /// the same on any number of threads.
    ///
    /// # Errors
    /// That of the first slice that fails, as [`AgreementRecord::from_maps`].
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_select::{AgreementParams, AgreementRecord, Maps};
    /// use qunet_stack::SliceId;
    ///
    /// let (first, second) = (array![[0.9, 0.1]], array![[0.1, 0.9]]);
    /// let pair = |level3, level4| Maps::Pair { level3, level4 };
    /// let slices = [
    ///     (SliceId(0), pair(first.view(), first.view())),
    ///     (SliceId(1), pair(first.view(), second.view())),
    /// ];
    /// let records = AgreementRecord::from_slices(&slices, 0.5, &AgreementParams::default())?;
    /// assert_eq!((records[0].quality_index, records[1].quality_index), (1.0, 0.0));
    /// # Ok::<(), qunet_select::Error>(())
    /// ```
    pub fn from_slices<I: Into<CandidateId> + Copy + Sync>(
        slices: &[(I, Maps<'_>)],
        threshold: f32,
        params: &AgreementParams,
    ) -> Result<Vec<Self>, Error> {
        let record = |(id, maps): &(I, Maps<'_>)| Self::from_maps(*id, maps, threshold, params);
        // All of them before the first error is sought, so that it is the first of the slices.
        let records: Vec<Result<Self, Error>> = slices.par_iter().map(record).collect();
        records.into_iter().collect()
    }
}

/// Where the heads disagree on a slice, as a picture: |L3 - L4| of each pixel, in [0, 1], higher =
/// less agreement; `(height, width)`, as the maps.
///
/// Of more than two heads the last two count, of several draws their mean. Of several classes it is
/// half the sum over all classes: 1 where the heads are sure of different classes.
///
/// # Errors
/// [`Error::Map`] where the maps differ in size or hold what is no probability, or there are too few
/// of them.
///
/// ```
/// use ndarray::array;
/// use qunet_select::{Maps, disagreement_map};
///
/// let (level3, level4) = (array![[0.75, 0.5]], array![[0.25, 0.5]]);
/// let map = disagreement_map(&Maps::Pair { level3: level3.view(), level4: level4.view() })?;
/// assert_eq!(map, array![[0.5, 0.0]]);
/// # Ok::<(), qunet_select::Error>(())
/// ```
pub fn disagreement_map(maps: &Maps<'_>) -> Result<Array2<f32>, Error> {
    Ok(compare::difference(maps)?)
}

/// Where the masks of the last two heads differ: exactly one of them is strictly above `threshold`,
/// or, of several classes, their most probable classes are not the same; `(height, width)`.
///
/// # Errors
/// As [`disagreement_map`], and [`Error::Parameter`] for a threshold outside [0, 1).
///
/// ```
/// use ndarray::array;
/// use qunet_select::{Maps, disagreement_mask};
///
/// // A pixel exactly at the threshold is background.
/// let (level3, level4) = (array![[0.75, 0.5]], array![[0.25, 0.25]]);
/// let maps = Maps::Pair { level3: level3.view(), level4: level4.view() };
/// assert_eq!(disagreement_mask(&maps, 0.5)?, array![[true, false]]);
/// # Ok::<(), qunet_select::Error>(())
/// ```
pub fn disagreement_mask(maps: &Maps<'_>, threshold: f32) -> Result<Array2<bool>, Error> {
    check_threshold(threshold)?;
    Ok(compare::different(maps, threshold)?)
}

fn check_threshold(threshold: f32) -> Result<(), Error> {
    require((0.0..1.0).contains(&threshold), "threshold", threshold, "it must lie in [0, 1)")
}
