//! Distances between the surfaces of two masks.
mod along;
mod cells;
mod close;
mod directed;
mod distances;
mod elements;
mod grid;
mod input;
mod iou;
mod marching;
mod options;
mod search;
mod surface;
mod transform;

pub use distances::SurfaceDistances;
pub use elements::SurfaceElementDistances;
pub use iou::{boundary_iou, boundary_width};
pub use options::{BorderConnectivity, BoundaryOptions, ImageEdge, Quantile};
