//! The PNG figures hold the pixels they should.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use image::RgbImage;
use ndarray::{Array2, ArrayRef2, s};
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
        .map(|z| MontageTile::new(SliceId(z), &images[z], "picked").with_truth(&mask))
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

/// A slice with these heads, of levels 1, 2, and so on.
fn heads_slice<'a>(
    image: &'a Array2<f32>,
    heads: &'a [(usize, &'a ArrayRef2<f32>)],
    agreement: f64,
) -> HeadsSlice<'a> {
    HeadsSlice {
        id: SliceId(5),
        image,
        heads,
        threshold: 0.5,
        agreement,
        quality_threshold: Some(0.5),
        selected: agreement < 0.5,
    }
}

/// Where the tile of a column begins.
fn column(i: u32) -> u32 {
    16 + i * 212
}

#[test]
fn heads_show_where_the_last_two_differ() {
    let image = Array2::from_elem((64, 64), 0.0);
    let left = Array2::from_shape_fn((64, 64), |(_, c)| if c < 32 { 1.0 } else { 0.0 });
    let none = Array2::zeros((64, 64));
    let heads: [(usize, &ArrayRef2<f32>); 4] = [(1, &none), (2, &none), (3, &none), (4, &left)];
    let low = heads_figure(&heads_slice(&image, &heads, 0.0)).unwrap();
    assert!(low.caption().contains("Q = 0.00 < 0.50") && low.caption().contains("selected"));
    let picture = decode(&low);
    // L3 is all 0, L4 is 1 on its left half; the map is bluish there and dim on the right.
    assert_eq!(picture.get_pixel(column(3) + 20, 150).0, [0x44, 0x01, 0x54]);
    assert_eq!(picture.get_pixel(column(4) + 20, 150).0, [0xFD, 0xE7, 0x25]);
    let [r, _, b] = picture.get_pixel(column(5) + 20, 150).0;
    assert!(b > 180 && r < 100);
    assert!(picture.get_pixel(column(5) + 150, 150).0.iter().all(|&channel| channel < 40));
    let same: [(usize, &ArrayRef2<f32>); 4] = [(1, &none), (2, &none), (3, &left), (4, &left)];
    let high = heads_figure(&heads_slice(&image, &same, 1.0)).unwrap();
    assert!(high.caption().contains("not selected"));
    let both = decode(&high).get_pixel(column(5) + 20, 150).0;
    assert!(both.iter().all(|&channel| channel > 200));
    let budget =
        HeadsSlice { quality_threshold: None, selected: true, ..heads_slice(&image, &heads, 0.0) };
    let caption = heads_figure(&budget).unwrap().caption().to_owned();
    assert!(caption.starts_with("Slice 5: Q = 0.00, selected for annotation."), "{caption}");
}

#[test]
fn networks_of_two_and_three_heads_are_drawn_with_their_levels() {
    let image = Array2::from_elem((64, 64), 0.0);
    let (none, all) = (Array2::zeros((64, 64)), Array2::from_elem((64, 64), 1.0));
    let heads: [(usize, &ArrayRef2<f32>); 3] = [(1, &none), (2, &none), (3, &all)];
    for count in [2, 3] {
        let heads = &heads[3 - count..];
        let figure = heads_figure(&heads_slice(&image, heads, 0.0)).unwrap();
        assert!(figure.caption().contains("the agreement of L2 and L3 above 0.5"));
        let picture = decode(&figure);
        assert_eq!(picture.width(), column(count as u32 + 2) + 4);
        // Only the last head sees foreground: bluish.
        let [r, _, b] = picture.get_pixel(column(count as u32 + 1) + 20, 150).0;
        assert!(b > 180 && r < 100);
    }
    for count in [0, 1] {
        let error = heads_figure(&heads_slice(&image, &heads[..count], 0.0)).unwrap_err();
        assert!(matches!(error, Error::TooFewHeads { found, .. } if found == count), "{error}");
    }
}

#[test]
fn a_probability_at_the_threshold_is_background() {
    let image = Array2::from_elem((64, 64), 0.0);
    let map = |value| Array2::from_elem((64, 64), value);
    for threshold in [0.3, 0.5, 0.75] {
        let (at, above) = (map(threshold), map(threshold + 1e-6));
        let heads: [(usize, &ArrayRef2<f32>); 2] = [(3, &at), (4, &above)];
        let slice = HeadsSlice { threshold, ..heads_slice(&image, &heads, 0.0) };
        // L4 alone is above it.
        let [r, _, b] = decode(&heads_figure(&slice).unwrap()).get_pixel(column(3) + 20, 150).0;
        assert!(b > 180 && r < 100, "{threshold}");
    }
}

#[test]
fn slices_that_nobody_scaled_are_drawn_and_the_caption_says_so() {
    let hounsfield = Array2::from_shape_fn((64, 64), |(_, c)| if c < 32 { -1000.0 } else { 400.0 });
    let (mask, map) = (common::mask(30, 64, 0.0), Array2::from_elem((64, 64), 0.5));
    let note =
        "Slices that are not scaled to [0, 1] are shown from their smallest to their largest";
    let tile = MontageTile::new(SliceId(1), &hounsfield, "");
    let chosen = montage(&[tile]).unwrap();
    let picture = decode(&chosen);
    assert_eq!(picture.get_pixel(30, 50).0, [0; 3]);
    assert_eq!(picture.get_pixel(16 + 250, 50).0, [255; 3]);
    let row = OverlayRow {
        id: SliceId(9),
        label: "best".to_owned(),
        image: &hounsfield,
        truth: &mask,
        prediction: &mask,
        dice: Some(1.0),
    };
    let heads: [(usize, &ArrayRef2<f32>); 2] = [(3, &map), (4, &map)];
    let heads = heads_figure(&heads_slice(&hounsfield, &heads, 1.0)).unwrap();
    for figure in [chosen.with_caption("Chosen."), overlay_figure(&[row]).unwrap(), heads] {
        assert!(figure.caption().contains(note), "{}", figure.caption());
    }
    let scaled = Array2::from_elem((64, 64), 0.5);
    let figure = montage(&[MontageTile::new(SliceId(1), &scaled, "")]).unwrap();
    assert!(!figure.caption().contains(note));
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
    let error = montage(&[tile]).unwrap_err();
    assert!(matches!(&error, Error::ShapeMismatch { what, .. } if what == "prediction"), "{error}");
    let infinite = Array2::from_elem((4, 4), f32::INFINITY);
    let tile = MontageTile::new(SliceId(1), &infinite, "");
    assert!(matches!(montage(&[tile]), Err(Error::InvalidPixel { row: 0, column: 0, .. })));
    let empty = Array2::zeros((0, 4));
    let tile = MontageTile::new(SliceId(1), &empty, "");
    assert!(matches!(montage(&[tile]), Err(Error::EmptyImage { rows: 0, columns: 4, .. })));
    let heads: [(usize, &ArrayRef2<f32>); 2] = [(3, &image), (4, &image)];
    let slice = heads_slice(&image, &heads, f64::NAN);
    assert!(matches!(heads_figure(&slice), Err(Error::InvalidNumber { index: 5, .. })));
    let slice = HeadsSlice { threshold: 1.5, ..heads_slice(&image, &heads, 0.5) };
    assert!(matches!(heads_figure(&slice), Err(Error::InvalidNumber { index: 5, .. })));
}
