use serde::{Deserialize, Serialize};

use super::{DisagreementSelection, QualityThreshold};
use crate::Error;
use crate::error::require;

/// Settings of [`DisagreementSelection`]; the defaults are the paper's.
///
/// ```
/// use qunet_select::{DisagreementParams, EmptyAgreement, QualityThreshold};
///
/// let params = DisagreementParams::default()
///     .quality_threshold(QualityThreshold::Fraction(0.1))
///     .empty_agreement(EmptyAgreement::Suspect);
/// assert!(params.start().is_ok());
/// assert!(params.quality_threshold(1.5).start().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DisagreementParams {
    /// q0: slices whose quality index Q is strictly below are selected.
    pub quality_threshold: QualityThreshold,
    /// A pixel is foreground where its probability is above this.
    pub probability_threshold: f32,
    /// The most slices to take; `None` = all below q0, as in the paper.
    pub max_slices: Option<usize>,
    /// Which of the slices below q0 come first.
    pub order: DisagreementOrder,
    /// What Q is.
    pub measure: AgreementMeasure,
    /// What Q is where two heads agree on nothing.
    pub empty_agreement: EmptyAgreement,
}

/// Which of the slices below q0 come first; ties by slice number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DisagreementOrder {
    /// Those of lowest Q.
    #[default]
    Quality,
    /// Those with the largest disagreement area ([`AgreementRecord::differing`](crate::AgreementRecord)):
    /// a stray pixel on an otherwise empty slice makes Q = 0 and changes next to nothing.
    Area,
}

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

impl Default for DisagreementParams {
    fn default() -> Self {
        Self {
            quality_threshold: QualityThreshold::default(),
            probability_threshold: 0.5,
            max_slices: None,
            order: DisagreementOrder::default(),
            measure: AgreementMeasure::default(),
            empty_agreement: EmptyAgreement::default(),
        }
    }
}

impl DisagreementParams {
    /// Sets q0: a number, or how it is found.
    #[must_use]
    pub fn quality_threshold(self, quality_threshold: impl Into<QualityThreshold>) -> Self {
        Self { quality_threshold: quality_threshold.into(), ..self }
    }

    /// Sets the most slices to take.
    #[must_use]
    pub fn max_slices(self, max_slices: usize) -> Self {
        Self { max_slices: Some(max_slices), ..self }
    }

    /// Sets which of the slices below q0 come first.
    #[must_use]
    pub fn order(self, order: DisagreementOrder) -> Self {
        Self { order, ..self }
    }

    /// Sets what Q is.
    #[must_use]
    pub fn measure(self, measure: AgreementMeasure) -> Self {
        Self { measure, ..self }
    }

    /// Sets what Q is where two heads agree on nothing.
    #[must_use]
    pub fn empty_agreement(self, empty_agreement: EmptyAgreement) -> Self {
        Self { empty_agreement, ..self }
    }

    /// Checks every value and starts to listen.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn start(self) -> Result<DisagreementSelection, Error> {
        self.check()?;
        Ok(DisagreementSelection::new(self))
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        self.quality_threshold.check()?;
        let probability = self.probability_threshold;
        let holds = (0.0..1.0).contains(&probability);
        require(holds, "probability_threshold", f64::from(probability), "it must lie in [0, 1)")
    }
}
