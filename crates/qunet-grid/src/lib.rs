//! Shared ground for pixels on a grid.
//!
//! # Overview
//!
//! * Labels: [`IGNORE`] marks pixels that nobody annotated, [`MOST_CLASSES`] is how many classes a
//!   label map can hold beside it, and [`binarise`] makes a mask of a probability map, [`labels`]
//!   labels of those of several classes.
//! * Masks: [`Objects`] are the connected components of a mask under a [`Connectivity`], with their
//!   [`ObjectStats`]. [`squared_distances`] is the exact Euclidean distance transform, and
//!   [`nearest_squared`] the same for a few pixels only.
//! * Building blocks: [`bits`] packs masks 64 pixels to a word, [`parallel`] shares work among
//!   threads with equal results, [`vectorised!`] and [`vectorised_narrowly!`] compile a function for
//!   several instruction sets, [`as_volume`] and [`contiguous`] read arrays of any memory layout.
//! * Colours: [`palette`] is the table of Okabe and Ito.
//!
//! # Example: the distance to the largest object
//!
//! ```
//! use ndarray::array;
//! use qunet_grid::{Connectivity, Objects, binarise, squared_distances};
//!
//! let probability = array![[0.9, 0.8, 0.1, 0.1, 0.7]];
//! let mask = binarise(&probability, 0.5);
//! let largest = Objects::from_mask(&mask, Connectivity::Full)?.largest().mask();
//! assert_eq!(largest, array![[true, true, false, false, false]]);
//! // Pixels are 2 mm wide, so the last one is 3 · 2 mm away.
//! let squares = squared_distances(&largest, &[1.0, 2.0])?;
//! assert_eq!(squares, array![[0.0, 0.0, 4.0, 16.0, 36.0]]);
//! # Ok::<(), qunet_grid::Error>(())
//! ```
//!
//! # Features
//!
//! | Feature | Gives |
//! |---|---|
//! | `parallel` (default) | work of 2^19 pixels or more uses the threads of the rayon pool that it is called in |

pub mod bits;
mod components;
mod dispatch;
mod distance;
mod error;
mod labels;
pub mod palette;
pub mod parallel;
mod views;

pub use components::{Connectivity, ObjectStats, Objects};
pub use distance::{axis_lengths, nearest_squared, squared_distances};
pub use error::{Error, Result};
pub use labels::{IGNORE, MOST_CLASSES, background, binarise, labels, restrict};
pub use views::{as_volume, contiguous};
