//! Distances between the surfaces of two masks.
//!
//! `pair` packs two masks into bits and finds the box around both; `surface` takes their surface
//! pixels, `cells` their surface elements, both as `points`. `search` finds the nearest point of the
//! other set, row by row outwards, and falls back on the distance transform where that takes too
//! long. `distances` and `elements` read every metric from the distances found.

mod cells;
mod directed;
mod distances;
mod elements;
mod iou;
mod pair;
mod points;
mod search;
mod surface;

use serde::{Deserialize, Serialize};

pub use distances::SurfaceDistances;
pub use elements::SurfaceElementDistances;
pub use iou::{boundary_iou, boundary_width};

/// Which background neighbours make a foreground pixel a surface pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BorderConnectivity {
    /// Those that share a face: 4 in 2D, 6 in 3D.
    #[default]
    Faces,
    /// Those that share a face, an edge or a corner: 8 in 2D, 26 in 3D.
    Full,
}

/// What lies beyond the edge of the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageEdge {
    /// Background: a mask cut by the image edge has a surface there (SciPy's `border_value=0`).
    #[default]
    Background,
    /// More of the mask: the image edge makes no surface (SciPy's `border_value=1`).
    Foreground,
}

/// How a percentile that falls between two distances is read; the names are NumPy's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantile {
    /// On the line between the two.
    #[default]
    Linear,
    /// The smaller one.
    Lower,
    /// The larger one.
    Higher,
    /// The nearer one; of equally near ones that of even rank, counted from 0.
    Nearest,
    /// Midway between the two.
    Midpoint,
}

/// How the surface of a mask is found and its percentiles are read.
///
/// ```
/// use qunet_segmetrics::{BorderConnectivity, BoundaryOptions};
///
/// assert_eq!(BoundaryOptions::medpy().connectivity, BorderConnectivity::Faces);
/// assert_eq!(BoundaryOptions::monai(), BoundaryOptions::medpy());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BoundaryOptions {
    /// Which neighbours count.
    pub connectivity: BorderConnectivity,
    /// What lies beyond the image.
    pub image_edge: ImageEdge,
    /// How percentiles are interpolated.
    pub quantile: Quantile,
}

impl BoundaryOptions {
    /// As `medpy.metric.binary` with its default connectivity of 1; its HD95 is the pooled one.
    #[must_use]
    pub fn medpy() -> Self {
        Self::default()
    }

    /// As `monai.metrics`; its HD95 is the larger directed one, and its NSD counts edge pixels.
    #[must_use]
    pub fn monai() -> Self {
        Self::default()
    }
}
