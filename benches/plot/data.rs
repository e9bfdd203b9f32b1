//! What of a record is drawn: one panel for each kernel, two curves in it for each pixel type.

use std::path::Path;

use anyhow::ensure;
use serde::Deserialize;

/// The kernels that are measured at every size, beside the peer that knows all of them.
const CASES: [&str; 3] =
    ["variance of Laplacian", "inverse PSNR, window 3", "mean, variance, maximum within the ROI"];
const PEER: &str = "OpenCV";

/// Pixel types in the order of the legend.
pub(crate) const DTYPES: [&str; 4] = ["u8", "u16", "i16", "f32"];

/// One kernel.
pub(crate) struct Panel {
    pub(crate) title: &'static str,
    pub(crate) curves: Vec<Curve>,
}

/// One pixel type of one side, by growing side of the image.
pub(crate) struct Curve {
    /// Place in [`DTYPES`].
    pub(crate) dtype: usize,
    pub(crate) ours: bool,
    /// Side of the image and nanoseconds per pixel.
    pub(crate) points: Vec<(f64, f64)>,
}

#[derive(Deserialize)]
struct Row {
    case: String,
    dtype: String,
    size: String,
    content: String,
    threads: usize,
    peer: String,
    ours_ns_px: f64,
    peer_ns_px: f64,
}

impl Row {
    /// The side of a square image; none for a stack.
    fn side(&self) -> Option<f64> {
        let (height, width) = self.size.split_once('x')?;
        if height == width { height.parse().ok() } else { None }
    }

    fn is_drawn(&self) -> bool {
        self.peer == PEER && self.content == "smooth" && self.threads == 1
    }
}

/// The panels of a record.
pub(crate) fn panels(record: &Path) -> anyhow::Result<Vec<Panel>> {
    let rows: Vec<Row> = serde_json::from_str(&std::fs::read_to_string(record)?)?;
    let panel = |title| Panel { title, curves: curves(&rows, title) };
    let panels: Vec<Panel> = CASES.into_iter().map(panel).collect();
    for Panel { title, curves } in &panels {
        ensure!(!curves.is_empty(), "it has no two sizes of `{title}`; measure without --rows");
    }
    Ok(panels)
}

fn curves(rows: &[Row], case: &str) -> Vec<Curve> {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.case == case && row.is_drawn()).collect();
    let mut curves = Vec::new();
    for (dtype, name) in DTYPES.iter().enumerate() {
        for ours in [false, true] {
            let time = |row: &Row| if ours { row.ours_ns_px } else { row.peer_ns_px };
            let of_type = rows.iter().filter(|row| row.dtype == *name);
            let mut points: Vec<(f64, f64)> =
                of_type.filter_map(|row| Some((row.side()?, time(row)))).collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            if points.len() > 1 {
                curves.push(Curve { dtype, ours, points });
            }
        }
    }
    curves
}
