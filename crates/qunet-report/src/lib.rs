//! Figures (PNG, SVG), tables and one self-contained HTML page about a selection of slices and a
//! segmentation.
//!
//! Every function takes quality records, selections, arrays or masks and returns a [`Figure`] or a
//! [`Table`] in memory. [`Figure::write`] saves a figure as a file, [`Section::figure`] puts it into
//! a [`Report`]. No function needs a network or a tensor.
//!
//! # Figures
//!
//! | Function | Shows | Format |
//! |---|---|---|
//! | [`quality_scatter`] | blurriness against inverse PSNR, a mark for every class of verdict, limits drawn | SVG |
//! | [`quality_along_z`] | both scores along a stack, the picks of every round marked | SVG |
//! | [`loss_curves`] | the loss of each head over the stages of training, from [`LossCurves`] of one [`LossStage`] each | SVG |
//! | [`budget_curves`] | score against cost of several strategies, a [`BudgetCurve`] of [`BudgetPoint`]s each | SVG |
//! | [`agreement_scatter`] | the agreement Q of the heads against the true Dice, an [`AgreementPoint`] for each slice | SVG |
//! | [`reliability_diagram`] | how far the probabilities can be trusted | SVG |
//! | [`montage`] | slices with index, note and outlines, a [`MontageTile`] each | PNG |
//! | [`heads_figure`] | the heads of a [`HeadsSlice`] and where the last two differ | PNG |
//! | [`overlay_figure`] | prediction against truth, an [`OverlayRow`] for each slice; [`best_median_worst`] picks them as [`RankedSlice`]s | PNG |
//!
//! A figure knows its [`FigureFormat`]; [`FigureData`] holds the drawing. It is never written under
//! the ending of another format.
//!
//! # Tables and pages
//!
//! [`chosen_table`] lists the slices to annotate and why, [`verdict_table`] every slice with its
//! scores and verdict, [`confusion_table`] which classes are confused. A [`Table`] of one's own is
//! made of [`Cell`]s.
//!
//! A [`Report`] is a title, key facts and [`Section`]s of paragraphs, figures, tables and a
//! [`Viewer`], in which a reader scrolls through a stack and its [`ViewerMasks`]. It is one file, in
//! light and dark, that fetches nothing.
//!
//! # Example: from a slice to a page
//!
//! A picture of one slice:
//!
//! ```
//! use ndarray::Array2;
//! use qunet_report::{MontageTile, montage};
//! use qunet_stack::SliceId;
//!
//! let image = Array2::from_shape_fn((64, 64), |(row, _)| row as f32 / 63.0);
//! let picture = montage(&[MontageTile::new(SliceId(12), &image, "sharp, rank 1")])?;
//! assert_eq!(picture.name(), "montage");
//! # Ok::<(), qunet_report::Error>(())
//! ```
//!
//! What a strategy chose, as a table:
//!
//! ```
//! use qunet_report::chosen_table;
//! use qunet_select::{EvenlySpaced, Pool, Request, Strategy};
//!
//! let pool = Pool::of_stack(98)?;
//! let first = EvenlySpaced {}.select(&pool, &Request::new(9, 0))?;
//! let table = chosen_table(&[("round 1", &first)], 0);
//! assert_eq!(table.len(), 9);
//! # Ok::<(), qunet_select::Error>(())
//! ```
//!
//! Both on a page:
//!
//! ```
//! # use ndarray::Array2;
//! # use qunet_report::{MontageTile, chosen_table, montage};
//! # use qunet_select::{EvenlySpaced, Pool, Request, Strategy};
//! # use qunet_stack::SliceId;
//! use qunet_report::{Report, Section};
//!
//! # let image = Array2::from_shape_fn((64, 64), |(row, _)| row as f32 / 63.0);
//! # let picture = montage(&[MontageTile::new(SliceId(12), &image, "sharp, rank 1")])?;
//! # let first = EvenlySpaced {}.select(&Pool::of_stack(98)?, &Request::new(9, 0))?;
//! # let table = chosen_table(&[("round 1", &first)], 0);
//! let folder = tempfile::tempdir()?;
//! picture.write(folder.path())?; // montage.png
//! Report::new("Lung CT 7")
//!     .fact("Annotated", "9 of 98 slices")
//!     .section(Section::new("Chosen slices").figure(picture).table(table))
//!     .write(folder.path().join("report.html"))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is drawn of difficult data
//!
//! Probabilities are in [0, 1]. A slice that is not scaled to [0, 1] is shown from its smallest to
//! its largest value, and the caption says so. Degenerate data (one slice, equal values, infinite
//! blurriness) still draws. A value that is no number is an [`Error`] that names it.

mod agreement;
mod axis;
mod budget;
mod canvas;
mod chart;
mod curves;
mod drawing;
mod error;
mod evaluation;
mod figure;
mod font;
mod heads;
mod label;
mod montage;
mod number;
mod overlay;
mod palette;
mod quality_along_z;
mod quality_scatter;
mod report;
mod slice_tables;
mod surface;
mod table;
mod tile;
mod verdict;
mod viewer;

pub use agreement::{AgreementPoint, agreement_scatter};
pub use budget::{BudgetCurve, BudgetPoint, budget_curves};
pub use curves::{LossCurves, LossStage, loss_curves};
pub use drawing::{FigureData, FigureFormat};
pub use error::Error;
pub use evaluation::{confusion_table, reliability_diagram};
pub use figure::Figure;
pub use heads::{HeadsSlice, heads_figure};
pub use montage::{MontageTile, montage};
pub use overlay::{OverlayRow, RankedSlice, best_median_worst, overlay_figure};
pub use quality_along_z::quality_along_z;
pub use quality_scatter::quality_scatter;
pub use report::{Report, Section};
pub use slice_tables::{chosen_table, verdict_table};
pub use table::{Cell, Table};
pub use viewer::{Viewer, ViewerMasks};
