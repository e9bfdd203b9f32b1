#![doc = include_str!("../README.md")]
//!
//! # Fill between slices
//!
//! [`interpolate_labels`] completes a label map from a few drawn slices and looks at no image. For
//! compact objects and evenly spaced slices nothing more may be needed.
//!
//! ```
//! use ndarray::{Array3, s};
//! use qunet_context::interpolate_labels;
//!
//! // A ball of radius 6 in 13 slices, drawn on every third one.
//! let square = |at: usize, centre: usize| at.abs_diff(centre).pow(2);
//! let ball = Array3::from_shape_fn((13, 17, 17), |(z, y, x)| {
//!     u8::from(square(z, 6) + square(y, 8) + square(x, 8) <= 36)
//! });
//! let drawn = [0, 3, 6, 9, 12];
//! let mut labels = Array3::zeros(ball.dim());
//! for slice in drawn {
//!     labels.slice_mut(s![slice, .., ..]).assign(&ball.slice(s![slice, .., ..]));
//! }
//! let filled = interpolate_labels(&labels, &drawn, [1.0; 3])?;
//!
//! let both = filled.iter().zip(&ball).filter(|(a, b)| **a + **b == 2).count();
//! let sizes = filled.iter().chain(&ball).filter(|label| **label == 1).count();
//! assert!(2.0 * both as f64 / sizes as f64 > 0.9); // Dice
//! # Ok::<(), qunet_context::Error>(())
//! ```
//!
//! # Priors
//!
//! [`Drawn`] holds the drawn slices of a stack and gives a [`Prior`] for any slice and class: the
//! interpolated [`signed_distance`] and those of its [`Neighbours`], with further slices left out
//! on request, those of one of the [`folds`] for example.
//!
//! # After a prediction
//!
//! [`smooth_along_z`] smooths probabilities where [`neighbour_correlation`] says that slices lie
//! close together, [`remove_spots`] drops small components that touch nothing next door.

mod appearance;
mod distance;
mod drawn;
mod error;
mod estimate;
mod folds;
mod interpolate;
mod neighbours;
mod object;
mod slices;
mod smooth;
mod sources;
mod spots;
mod trees;

pub use appearance::{Appearance, surroundings};
pub use distance::{FAR, signed_distance};
pub use drawn::{Drawn, Prior};
pub use error::{Error, Result};
pub use estimate::{Estimate, Judged};
pub use folds::folds;
pub use interpolate::interpolate_labels;
pub use neighbours::Neighbours;
pub use smooth::{neighbour_correlation, smooth_along_z};
pub use sources::{HeldBack, Source, Weights, from_log_odds, fuse, weigh};
pub use spots::{RemovedSpots, remove_spots};
pub use trees::{LabelledPlanes, PixelTrees, TreesConfig};
