//! Distances between the surfaces of two masks.
mod distances;
mod elements;
mod input;
mod iou;
mod marching;
mod options;
mod region;
mod transform;

pub use distances::SurfaceDistances;
pub use elements::SurfaceElementDistances;
pub use iou::{boundary_iou, boundary_width};
pub use options::{BorderConnectivity, BoundaryOptions, ImageEdge, Quantile};
