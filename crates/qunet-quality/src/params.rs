use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Border, LaplacianKernel, Metric, MetricParams, Result, median::check_window};

/// How slices are scored.
///
/// The default is the paper's text, [`QualityParams::paper`]; fields missing from a serialised
/// form take the default's value, unknown ones are refused.
///
/// ```
/// use qunet_quality::{LaplacianKernel, QualityParams};
///
/// let params = QualityParams {
///     laplacian_kernel: LaplacianKernel::OpencvKsize3,
///     ..QualityParams::default()
/// };
/// assert!(params.check().is_ok());
///
/// let params = QualityParams { median_window: 1, ..params };
/// let message = params.check().unwrap_err().to_string();
/// assert!(message.starts_with("median_window is 1, but the rule is 2 <= median_window"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QualityParams {
    /// Weights of the Laplacian.
    pub laplacian_kernel: LaplacianKernel,
    /// Pixels beyond the edge, for the Laplacian.
    pub laplacian_border: Border,
    /// Side of the median's window in pixels, 2 to 1023.
    pub median_window: usize,
    /// Pixels beyond the edge, for the median.
    pub median_border: Border,
    /// Metrics beyond the paper's, none by default; each is measured while the slice is at hand.
    pub further: BTreeSet<Metric>,
    /// What those metrics leave open.
    pub metric_params: MetricParams,
}

impl QualityParams {
    /// Section II-B of S. Roychowdhury, QU-net++ (2021), with OpenCV's borders where the text is
    /// silent: 4-neighbour Laplacian with reflect-101, 3 x 3 median with replicated edges.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            laplacian_kernel: LaplacianKernel::FourNeighbour,
            laplacian_border: Border::Reflect101,
            median_window: 3,
            median_border: Border::Replicate,
            further: BTreeSet::new(),
            metric_params: MetricParams::default(),
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) names the field, its value and the rule.
    pub fn check(&self) -> Result<()> {
        check_window(self.median_window)?;
        self.metric_params.check()
    }

    /// Whether the metrics of linearly scaled intensities follow from those of the pixels. Not
    /// where a border is of a constant intensity, nor for the further metrics, some of which
    /// depend on the scale in other ways.
    pub(crate) fn follow_a_linear_scale(&self) -> bool {
        let borders = [self.laplacian_border, self.median_border];
        let constant = |border: &Border| matches!(border, Border::Constant(_));
        self.further.is_empty() && !borders.iter().any(constant)
    }
}

impl Default for QualityParams {
    fn default() -> Self {
        Self::paper()
    }
}
