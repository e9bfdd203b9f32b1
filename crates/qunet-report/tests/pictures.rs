//! The PNG figures hold the pixels they should.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use image::RgbImage;
use ndarray::{Array2, s};
use qunet_report::{
    Error, Figure, FigureData, HeadsSlice, MontageTile, OverlayRow, heads_figure, montage,
    overlay_figure,
};
use qunet_stack::SliceId;

const GREEN: [u8; 3] = [0x00, 0x9E, 0x73];
const SKY: [u8; 3] = [0x56, 0xB4, 0xE9];
const YELLOW: [u8; 3] = [0xF0, 0xE4, 0x42];

fn decode(figure: &Figure) -> RgbImage {
    match figure.data() {
        FigureData::Png(bytes) => image::load_from_memory(bytes).unwrap().to_rgb8(),
        other => panic!("not a PNG: {other:?}"),
    }
}

fn holds(picture: &RgbImage, colour: [u8; 3]) -> bool {
    picture.pixels().any(|pixel| pixel.0 == colour)
}

#[test]
fn montage_places_tiles_and_outlines() {
    let images: Vec<_> = (0..7).map(|z| Array2::from_elem((64, 64), z as f32 / 6.0)).collect();
    let mask = common::mask(30, 64, 0.0);
    let tiles: Vec<_> = (0..7)
        .map(|z| MontageTile::new(SliceId(z), &images[z], "kept").with_truth(&mask))
        .collect();
    let picture = decode(&montage(&tiles).unwrap());
    // Four columns and two rows of 281 pixels; the sixth slice is the second in the second row.
    assert_eq!(picture.width(), 1198);
    assert_eq!(picture.get_pixel(18, 18).0, [0; 3]);
    assert_eq!(picture.get_pixel(16 + 295 + 2, 16 + 281 + 96 + 2).0, [213; 3]);
    assert!(holds(&picture, YELLOW) && !holds(&picture, SKY));
}

#[test]
fn montage_takes_any_aspect_and_stride() {
    let wide = Array2::from_elem((8, 4000), 0.5);
    let every_other = wide.slice(s![..;2, ..;-2]);
    let tiles =
        [MontageTile::new(SliceId(0), &wide, ""), MontageTile::new(SliceId(1), &every_other, "")];
    assert_eq!(decode(&montage(&tiles).unwrap()).width(), 646);
    let one = Array2::from_elem((1, 1), 1.0);
    decode(&montage(&[MontageTile::new(SliceId(0), &one, "one pixel")]).unwrap());
}

#[test]
fn heads_show_where_the_last_two_differ() {
    let image = Array2::from_elem((64, 64), 0.0);
    let left = Array2::from_shape_fn((64, 64), |(_, c)| if c < 32 { 1.0 } else { 0.0 });
    let none = Array2::zeros((64, 64));
    let slice = |third, agreement| HeadsSlice {
        id: SliceId(5),
        image: &image,
        heads: [&none, &none, third, &left],
        agreement,
        quality_threshold: Some(0.5),
        selected: agreement < 0.5,
    };
    let low = heads_figure(&slice(&none, 0.0)).unwrap();
    assert!(low.caption().contains("Q = 0.00 < 0.50") && low.caption().contains("selected"));
    let picture = decode(&low);
    let column = |i: u32| 16 + i * 212;
    // L3 is all 0, L4 is 1 on its left half; the map is bluish there and dim on the right.
    assert_eq!(picture.get_pixel(column(3) + 20, 150).0, [0x44, 0x01, 0x54]);
    assert_eq!(picture.get_pixel(column(4) + 20, 150).0, [0xFD, 0xE7, 0x25]);
    let [r, _, b] = picture.get_pixel(column(5) + 20, 150).0;
    assert!(b > 180 && r < 100);
    assert!(picture.get_pixel(column(5) + 150, 150).0.iter().all(|&channel| channel < 40));
    let high = heads_figure(&slice(&left, 1.0)).unwrap();
    assert!(high.caption().contains("not selected"));
    let budget = HeadsSlice { quality_threshold: None, selected: true, ..slice(&none, 0.0) };
    let caption = heads_figure(&budget).unwrap().caption().to_owned();
    assert!(caption.starts_with("Slice 5: Q = 0.00, selected for annotation."), "{caption}");
    let both = decode(&high).get_pixel(column(5) + 20, 150).0;
    assert!(both.iter().all(|&channel| channel > 200));
}

#[test]
fn overlay_colours_right_wrong_and_missed() {
    let image = Array2::from_elem((66, 66), 0.0);
    let truth = Array2::from_shape_fn((66, 66), |(_, c)| c < 44);
    let prediction = Array2::from_shape_fn((66, 66), |(_, c)| c >= 22);
    let row = OverlayRow {
        id: SliceId(9),
        label: "median".to_owned(),
        image: &image,
        truth: &truth,
        prediction: &prediction,
        dice: Some(0.5),
    };
    let figure = overlay_figure(&[row]).unwrap();
    assert!(figure.caption().contains("median: slice 9, Dice 0.500"));
    let picture = decode(&figure);
    let left = 16 + 150 + 2 * 344;
    let shade = |colour: [u8; 3]| colour.map(|c| (f32::from(c) * 0.75).round() as u8);
    assert_eq!(picture.get_pixel(left + 50, 200).0, shade(SKY));
    assert_eq!(picture.get_pixel(left + 165, 200).0, shade(GREEN));
    assert_eq!(picture.get_pixel(left + 280, 200).0, shade([0xD5, 0x5E, 0x00]));
    assert!(holds(&picture, YELLOW));
}

#[test]
fn pictures_that_do_not_fit_are_refused() {
    let image = Array2::from_elem((4, 4), 0.5);
    let small = Array2::from_elem((3, 4), true);
    assert!(matches!(montage(&[]), Err(Error::Empty { .. })));
    assert!(matches!(overlay_figure(&[]), Err(Error::Empty { .. })));
    let tile = MontageTile::new(SliceId(1), &image, "").with_prediction(&small);
    assert!(matches!(montage(&[tile]), Err(Error::ShapeMismatch { what: "prediction", .. })));
    let hounsfield = Array2::from_elem((4, 4), -1000.0);
    let tile = MontageTile::new(SliceId(1), &hounsfield, "");
    assert!(matches!(montage(&[tile]), Err(Error::PixelOutOfRange { row: 0, column: 0, .. })));
    let empty = Array2::zeros((0, 4));
    let tile = MontageTile::new(SliceId(1), &empty, "");
    assert!(matches!(montage(&[tile]), Err(Error::EmptyImage { rows: 0, columns: 4, .. })));
    let slice = HeadsSlice {
        id: SliceId(5),
        image: &image,
        heads: [&image; 4],
        agreement: f64::NAN,
        quality_threshold: Some(0.5),
        selected: false,
    };
    assert!(matches!(heads_figure(&slice), Err(Error::InvalidNumber { index: 5, .. })));
}
