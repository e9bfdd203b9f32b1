//! Boosted trees over the pixels of a slice: a segmentation without a network.

use forust_ml::objective::ObjectiveType;
use forust_ml::{GradientBooster, Matrix};
use ndarray::{Array3, ArrayRef2, ArrayView2, Axis};
use qunet_grid::IGNORE;
use serde::{Deserialize, Serialize};

use crate::sources::softmax;
use crate::{Error, Result};

/// How boosted trees are grown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TreesConfig {
    /// How many trees per class.
    pub trees: usize,
    /// The most leaves of a tree.
    pub leaves: usize,
    /// The share of each tree that is added.
    pub learning_rate: f32,
    /// The least sum of p (1 - p) over the pixels of a leaf.
    pub leaf_weight: f32,
    /// The most pixels that are learnt from, spread evenly over all annotated ones.
    pub pixels: usize,
}

impl Default for TreesConfig {
    /// 80 trees of 15 leaves with a learning rate of 0.1, on up to 100,000 pixels.
    fn default() -> Self {
        Self { trees: 80, leaves: 15, learning_rate: 0.1, leaf_weight: 5.0, pixels: 100_000 }
    }
}

impl TreesConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn check(&self) -> Result<()> {
        let require = |field, value: f64, holds, rule| match holds {
            true => Ok(()),
            false => Err(Error::Parameter { field, value, rule }),
        };
        let (rate, weight) = (f64::from(self.learning_rate), f64::from(self.leaf_weight));
        require("trees", self.trees as f64, self.trees > 0, "it must be at least 1")?;
        require("leaves", self.leaves as f64, self.leaves > 1, "it must be at least 2")?;
        require("pixels", self.pixels as f64, self.pixels > 0, "it must be at least 1")?;
        let (slow, rule) = (rate > 0.0 && rate <= 1.0, "it must lie in (0, 1]");
        require("learning_rate", rate, slow, rule)?;
        let positive = weight > 0.0 && weight.is_finite();
        require("leaf_weight", weight, positive, "it must be positive")
    }
}

/// Boosted trees that tell the classes of pixels by their features (J. Friedman, Greedy function
/// approximation: a gradient boosting machine, 2001), one ensemble per class.
pub struct PixelTrees {
    /// Background first where there are several classes; a single one otherwise.
    ensembles: Vec<Ensemble>,
    planes: usize,
}

enum Ensemble {
    Trees(Box<GradientBooster>),
    /// The class is nowhere, or everywhere: there is nothing to tell apart.
    Constant(f32),
}

/// Features of a slice, `(H, W)` each, and its labels: 255 for pixels that nobody annotated.
pub type LabelledPlanes<'a> = (&'a [&'a ArrayRef2<f32>], ArrayView2<'a, u8>);

/// The log-odds beyond which a class counts as certain.
const CERTAIN: f32 = 8.0;

impl PixelTrees {
    /// Learns from annotated slices with labels 0 to `classes`; `None` where no pixel is annotated.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of range, [`Error::Shape`] where planes and labels
    /// differ in size, [`Error::Planes`] where slices have other numbers of planes, and
    /// [`Error::Trees`] where the library fails.
    pub fn fit(
        slices: &[LabelledPlanes<'_>],
        classes: usize,
        config: &TreesConfig,
    ) -> Result<Option<Self>> {
        config.check()?;
        let Some(planes) = slices.first().map(|(planes, _)| planes.len()) else { return Ok(None) };
        let (columns, labels) = sample(slices, planes, config.pixels)?;
        if labels.is_empty() {
            return Ok(None);
        }
        let matrix = Matrix::new(&columns, labels.len(), planes);
        let wanted = if classes == 1 { 1..2_usize } else { 0..classes + 1 };
        let ensembles = wanted
            .map(|class| Ensemble::fit(&matrix, &labels, class, config))
            .collect::<Result<_>>()?;
        Ok(Some(Self { ensembles, planes }))
    }

    /// The probabilities of the pixels of a slice: of the class `(1, H, W)`, or of background and
    /// all classes `(classes + 1, H, W)`. Outside the region all is background.
    ///
    /// # Errors
    /// [`Error::Planes`] where the slice has another number of planes than those learnt from,
    /// [`Error::Shape`] where planes and region differ in size.
    pub fn probabilities(
        &self,
        planes: &[&ArrayRef2<f32>],
        region: Option<&ArrayRef2<bool>>,
    ) -> Result<Array3<f32>> {
        if planes.len() != self.planes {
            return Err(Error::Planes { expected: self.planes, found: planes.len() });
        }
        let (height, width) = planes[0].dim();
        let shapes = planes.iter().map(|plane| plane.dim()).chain(region.map(|it| it.dim()));
        if let Some(found) = shapes.into_iter().find(|&shape| shape != (height, width)) {
            return Err(Error::Shape { expected: (height, width), found });
        }
        let inside: Vec<(usize, usize)> = ndarray::indices((height, width))
            .into_iter()
            .filter(|&at| region.is_none_or(|region| region[at]))
            .collect();
        let column = |plane: &&ArrayRef2<f32>| -> Vec<f64> {
            inside.iter().map(|&at| f64::from(plane[at])).collect()
        };
        let columns: Vec<f64> = planes.iter().flat_map(column).collect();
        let matrix = Matrix::new(&columns, inside.len(), planes.len());
        let mut odds = Array3::from_elem((self.ensembles.len(), height, width), -CERTAIN);
        if self.ensembles.len() > 1 {
            odds.index_axis_mut(Axis(0), 0).fill(CERTAIN);
        }
        for (ensemble, mut odds) in self.ensembles.iter().zip(odds.outer_iter_mut()) {
            for (&at, value) in inside.iter().zip(ensemble.log_odds(&matrix)) {
                odds[at] = value;
            }
        }
        Ok(softmax(odds))
    }
}

impl Ensemble {
    fn fit(
        matrix: &Matrix<'_, f64>,
        labels: &[u8],
        class: usize,
        config: &TreesConfig,
    ) -> Result<Self> {
        let truth: Vec<f64> =
            labels.iter().map(|&label| f64::from(usize::from(label) == class)).collect();
        let share = truth.iter().sum::<f64>() / truth.len() as f64;
        if share == 0.0 || share == 1.0 {
            return Ok(Self::Constant(if share > 0.0 { CERTAIN } else { -CERTAIN }));
        }
        let mut booster = GradientBooster::default()
            .set_objective_type(ObjectiveType::LogLoss)
            .set_iterations(config.trees)
            .set_learning_rate(config.learning_rate)
            .set_max_leaves(config.leaves)
            .set_max_depth(config.leaves)
            .set_min_leaf_weight(config.leaf_weight)
            .set_initialize_base_score(true);
        booster
            .fit_unweighted(matrix, &truth, None)
            .map_err(|error| Error::Trees { problem: error.to_string() })?;
        Ok(Self::Trees(Box::new(booster)))
    }

    fn log_odds(&self, matrix: &Matrix<'_, f64>) -> Vec<f32> {
        match self {
            Self::Constant(odds) => vec![*odds; matrix.rows],
            Self::Trees(booster) => {
                let odds = booster.predict(matrix, true);
                odds.into_iter().map(|odds| (odds as f32).clamp(-CERTAIN, CERTAIN)).collect()
            }
        }
    }
}

/// Every k-th annotated pixel: its features, column by column, and its label.
fn sample(
    slices: &[LabelledPlanes<'_>],
    planes: usize,
    most: usize,
) -> Result<(Vec<f64>, Vec<u8>)> {
    let annotated = |labels: &ArrayView2<'_, u8>| labels.iter().filter(|&&it| it != IGNORE).count();
    let total: usize = slices.iter().map(|(_, labels)| annotated(labels)).sum();
    let step = total.div_ceil(most).max(1);
    let (mut columns, mut labels) = (vec![Vec::new(); planes], Vec::new());
    let mut seen = 0;
    for (found, truth) in slices {
        if found.len() != planes {
            return Err(Error::Planes { expected: planes, found: found.len() });
        }
        if let Some(other) = found.iter().find(|plane| plane.dim() != truth.dim()) {
            return Err(Error::Shape { expected: truth.dim(), found: other.dim() });
        }
        for (index, &label) in truth.indexed_iter().filter(|&(_, &label)| label != IGNORE) {
            if seen % step == 0 {
                labels.push(label);
                for (column, plane) in columns.iter_mut().zip(*found) {
                    column.push(f64::from(plane[index]));
                }
            }
            seen += 1;
        }
    }
    Ok((columns.concat(), labels))
}

impl std::fmt::Debug for PixelTrees {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PixelTrees of {} ensemble(s) over {} planes", self.ensembles.len(), self.planes)
    }
}
