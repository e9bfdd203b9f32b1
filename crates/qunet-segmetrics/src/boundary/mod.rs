//! Distances between the surfaces of two masks.
mod distances;
mod options;
mod region;
mod transform;

pub use distances::SurfaceDistances;
pub use options::{BorderConnectivity, BoundaryOptions, ImageEdge, Quantile};
