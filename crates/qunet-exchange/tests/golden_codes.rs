//! Masks and polygons as pycocotools and Label Studio write them; `golden/make.py` made them.
#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use qunet_exchange::coco::{Rle, Segmentation, decode_text, encode_text};
use qunet_exchange::label_studio::decode_brush;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    codes: Vec<Code>,
    polygons: Vec<Polygon>,
}

#[derive(Deserialize)]
struct Code {
    size: (usize, usize),
    runs: Vec<usize>,
    coco: String,
    brush: Vec<u8>,
}

#[derive(Deserialize)]
struct Polygon {
    size: (usize, usize),
    polygon: Vec<f64>,
    runs: Vec<usize>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/codes.json")).unwrap()
}

/// Runs row by row, the first outside.
fn mask(size: (usize, usize), runs: &[usize]) -> Array2<bool> {
    let pixels = runs.iter().enumerate();
    let pixels = pixels.flat_map(|(place, &run)| std::iter::repeat_n(place % 2 == 1, run));
    Array2::from_shape_vec(size, pixels.collect()).unwrap()
}

#[test]
fn codes_are_those_of_pycocotools_and_label_studio() {
    for code in golden().codes {
        let mask = mask(code.size, &code.runs);
        assert_eq!(encode_text(&Rle::encode(&mask)), code.coco);
        assert_eq!(decode_text(&code.coco).unwrap().decode(code.size).unwrap(), mask);
        assert_eq!(decode_brush(&code.brush, code.size).unwrap(), mask);
    }
}

#[test]
fn polygons_are_filled_as_pycocotools_fills_them() {
    for Polygon { size, polygon, runs } in golden().polygons {
        let filled = Segmentation::Polygons(vec![polygon.clone()]).mask(size).unwrap();
        assert_eq!(filled, mask(size, &runs), "{polygon:?}");
    }
}
