//! The metrics beyond the paper: values by NumPy, SciPy, OpenCV, scikit-image and PyWavelets
//! (versions in the golden file, made by `golden/further.py`), laws and degenerate images.
#![allow(clippy::unwrap_used)]

#[path = "further/degenerate.rs"]
mod degenerate;
#[path = "further/golden.rs"]
mod golden;
#[path = "further/laws.rs"]
mod laws;
#[allow(dead_code)]
mod support;
#[path = "further/text.rs"]
mod text;
