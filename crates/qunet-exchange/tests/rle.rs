//! Encoded masks: by hand, by law, and hostile ones.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, array};
use proptest::prelude::*;
use qunet_exchange::MaskProblem;
use qunet_exchange::coco::{Counts, Rle, Segmentation, decode_text, encode_text};
use qunet_exchange::label_studio::{decode_brush, encode_brush};

#[test]
fn coco_runs_go_down_the_columns_and_start_outside() {
    // Columns: 1 1 | 0 1 | 0 0, so no pixel outside, two inside, one outside, one inside, two outside.
    let mask = array![[true, false, false], [true, true, false]];
    let rle = Rle::encode(&mask);
    assert_eq!(rle.counts, [0, 2, 1, 1, 2]);
    assert_eq!(rle.area(), 3);
    assert_eq!(rle.decode((2, 3)).unwrap(), mask);
    let wrong = rle.decode((2, 4)).unwrap_err();
    assert_eq!(wrong, MaskProblem::Length { found: 6, expected: 8 });
}

#[test]
fn coco_text_by_hand() {
    // 6 is one group, '6'. 40 is 8 + 32 * 1: bits 01000 and more, then 00001: 'X' and '1'.
    assert_eq!(encode_text(&Rle { counts: vec![6, 40] }), "6X1");
    // The fourth run is written as its difference to the second: 3 - 5 = -2, 11110 in five bits, 'N'.
    let rle = Rle { counts: vec![1, 5, 2, 3] };
    assert_eq!(encode_text(&rle), "152N");
    assert_eq!(decode_text("152N").unwrap(), rle);
    assert_eq!(decode_text("1 "), Err(MaskProblem::Character { byte: b' ' }));
    assert_eq!(decode_text("X"), Err(MaskProblem::CutShort));
    assert_eq!(decode_text("N"), Err(MaskProblem::Run));
}

#[test]
fn a_brush_stream_by_hand() {
    // One pixel inside: 4 bytes of 255. 32 bits 4; 5 bits 7; 3 - 1, 4 - 1, 8 - 1, 16 - 1 in 4 bits
    // each; block: 1, size 00, length 4 - 1 in 3 bits, 255 in 8 bits:
    // 00..00100 | 00111 | 0010 0011 0111 1111 | 1 00 011 11111111
    let bits = "00000000000000000000000000000100".to_owned()
        + "00111"
        + "0010001101111111"
        + "10001111111111";
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks(8)
        .map(|byte| {
            u8::from_str_radix(&format!("{:0<8}", std::str::from_utf8(byte).unwrap()), 2).unwrap()
        })
        .collect();
    assert_eq!(encode_brush(&array![[true]]), bytes);
    assert_eq!(decode_brush(&bytes, (1, 1)).unwrap(), array![[true]]);
    let wrong = decode_brush(&bytes, (1, 2)).unwrap_err();
    assert_eq!(wrong, MaskProblem::Length { found: 1, expected: 2 });
    assert_eq!(decode_brush(&bytes[..6], (1, 1)), Err(MaskProblem::CutShort));
}

#[test]
fn polygons_join_and_nonsense_is_refused() {
    let polygons = |parts: &[&[f64]]| {
        let parts = parts.iter().map(|part| part.to_vec()).collect();
        Segmentation::Polygons(parts).mask((2, 4))
    };
    let (left, right) =
        ([0.0, 0.0, 1.0, 0.0, 1.0, 2.0, 0.0, 2.0], [3.0, 0.0, 4.0, 0.0, 4.0, 1.0, 3.0, 1.0]);
    let mask = polygons(&[&left, &right]).unwrap();
    assert_eq!(mask, array![[true, false, false, true], [true, false, false, false]]);
    for broken in [&[0.0; 4][..], &[0.0; 7], &[f64::NAN; 6], &[0.0, 0.0, 1e9, 0.0, 1.0, 1.0]] {
        assert_eq!(polygons(&[broken]), Err(MaskProblem::Polygon));
    }
}

fn masks() -> impl Strategy<Value = Array2<bool>> {
    (1_usize..24, 1_usize..24, 0.0..1.0_f64).prop_flat_map(|(height, width, share)| {
        proptest::collection::vec(proptest::bool::weighted(share), height * width)
            .prop_map(move |pixels| Array2::from_shape_vec((height, width), pixels).unwrap())
    })
}

proptest! {
    #[test]
    fn every_mask_survives_every_encoding(mask in masks()) {
        let rle = Rle::encode(&mask);
        prop_assert_eq!(rle.decode(mask.dim()).unwrap(), &mask);
        prop_assert_eq!(decode_text(&encode_text(&rle)).unwrap(), rle.clone());
        let runs = Segmentation::Runs { size: mask.dim(), counts: Counts::Text(encode_text(&rle)) };
        prop_assert_eq!(runs.mask(mask.dim()).unwrap(), &mask);
        prop_assert_eq!(rle.area(), mask.iter().filter(|inside| **inside).count() as u64);
        prop_assert_eq!(decode_brush(&encode_brush(&mask), mask.dim()).unwrap(), mask);
    }

    #[test]
    fn long_runs_survive_the_brush(before in 0_usize..70_000, inside in 1_usize..70_000) {
        let mut mask = Array2::from_elem((1, before + inside), false);
        mask.iter_mut().skip(before).for_each(|pixel| *pixel = true);
        prop_assert_eq!(decode_brush(&encode_brush(&mask), mask.dim()).unwrap(), mask);
    }

    #[test]
    fn hostile_bytes_are_errors_or_masks(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        text in "[0-~]{0,60}",
        runs in proptest::collection::vec(any::<u64>(), 0..20),
    ) {
        let _ = decode_brush(&bytes, (5, 7));
        let mut framed = 140_u32.to_be_bytes().to_vec();
        framed.extend(&bytes);
        let _ = decode_brush(&framed, (5, 7));
        let _ = decode_text(&text).map(|rle| rle.decode((5, 7)));
        let _ = Rle { counts: runs }.decode((5, 7));
    }
}
