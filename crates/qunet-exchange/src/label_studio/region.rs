//! Regions of Label Studio as pixels.

use ndarray::Array2;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::decode_brush;
use crate::coco::fill;
use crate::error::MaskProblem;
use crate::json;

/// Results that are no regions: what is said of the picture as a whole, or of two regions.
const SAID: [&str; 10] = [
    "choices",
    "textarea",
    "rating",
    "number",
    "taxonomy",
    "datetime",
    "pairwise",
    "ranker",
    "relation",
    "chatmessage",
];

/// One result of an annotation.
#[derive(Deserialize)]
pub(super) struct Region {
    pub(super) id: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    value: Value,
    original_width: Option<usize>,
    original_height: Option<usize>,
    image_rotation: Option<f64>,
}

#[derive(Deserialize)]
struct Brush {
    format: String,
    rle: Vec<u8>,
}

/// Corners in percent of the picture's width and height.
#[derive(Deserialize)]
struct Polygon {
    points: Vec<[f64; 2]>,
    #[serde(default = "closed")]
    closed: bool,
}

fn closed() -> bool {
    true
}

/// In percent of the picture, turned clockwise about its first corner by so many degrees.
#[derive(Deserialize)]
struct Rectangle {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    #[serde(default)]
    rotation: f64,
}

impl Region {
    /// Whether it is drawn on the picture.
    pub(super) fn is_drawn(&self) -> bool {
        !SAID.contains(&self.kind.as_str())
    }

    /// The class.
    pub(super) fn label(&self) -> Result<String, MaskProblem> {
        let labels: Vec<String> = self
            .value
            .get(&self.kind)
            .and_then(|labels| Vec::deserialize(labels).ok())
            .unwrap_or_default();
        match <[String; 1]>::try_from(labels) {
            Ok([label]) => Ok(label),
            Err(labels) => Err(MaskProblem::Labels { labels }),
        }
    }

    /// The pixels of a region of a picture `(height, width)`: the brush as it is stored, polygons
    /// and rectangles filled as Label Studio's converter hands them to pycocotools.
    ///
    /// # Errors
    /// [`MaskProblem`] for every other kind, another size, and regions that are broken.
    pub(super) fn mask(&self, shape: (usize, usize)) -> Result<Array2<bool>, MaskProblem> {
        let found =
            (self.original_height.unwrap_or(shape.0), self.original_width.unwrap_or(shape.1));
        if found != shape {
            return Err(MaskProblem::Size { found, expected: shape });
        }
        if let Some(degrees) = self.image_rotation.filter(|degrees| *degrees != 0.0) {
            return Err(MaskProblem::Turned { degrees });
        }
        match self.kind.as_str() {
            "brushlabels" => {
                let brush: Brush = self.read()?;
                match brush.format.as_str() {
                    "rle" => decode_brush(&brush.rle, shape),
                    _ => Err(MaskProblem::Format { format: brush.format }),
                }
            }
            "polygonlabels" => {
                let Polygon { points, closed } = self.read()?;
                if !closed {
                    return Err(MaskProblem::Open);
                }
                filled(shape, &points)
            }
            "rectanglelabels" => filled(shape, &self.read::<Rectangle>()?.corners(shape)),
            _ => Err(MaskProblem::Region { kind: self.kind.clone() }),
        }
    }

    fn read<T: DeserializeOwned>(&self) -> Result<T, MaskProblem> {
        json::part(&self.value)
            .map_err(|problem| MaskProblem::Broken { kind: self.kind.clone(), problem })
    }
}

impl Rectangle {
    /// The corners in percent; it is turned in pixels, whose sides differ in percent.
    fn corners(&self, (height, width): (usize, usize)) -> [[f64; 2]; 4] {
        let (sin, cos) = self.rotation.to_radians().sin_cos();
        let aspect = height as f64 / width as f64;
        let corner = |across: f64, down: f64| {
            [
                self.x + across * cos - down * aspect * sin,
                self.y + across * sin / aspect + down * cos,
            ]
        };
        let (across, down) = (self.width, self.height);
        [corner(0.0, 0.0), corner(across, 0.0), corner(across, down), corner(0.0, down)]
    }
}

/// The inside of a polygon whose corners are in percent.
fn filled(
    (height, width): (usize, usize),
    points: &[[f64; 2]],
) -> Result<Array2<bool>, MaskProblem> {
    let in_pixels = |[x, y]: &[f64; 2]| [x / 100.0 * width as f64, y / 100.0 * height as f64];
    let corners: Vec<f64> = points.iter().flat_map(in_pixels).collect();
    let mut mask = Array2::from_elem((height, width), false);
    fill(&mut mask, &corners)?;
    if mask.iter().any(|&inside| inside) { Ok(mask) } else { Err(MaskProblem::Nothing) }
}
