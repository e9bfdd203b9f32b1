//! Metrics of scaled intensities, measured on the stored pixels, beside those of scaled copies.
#![allow(clippy::unwrap_used)]

use approx::assert_relative_eq;
use ndarray::{Array3, s};
use qunet_quality::{Border, Metric, QualityParams, QualityRecord, score_slice, score_stack};
use qunet_stack::{Geometry, Pixels, Scaling, Stack};

const SHAPE: (usize, usize, usize) = (6, 24, 31);

/// A texture, but for a slice of the lowest and one of the highest value, in each stored type.
fn every_type() -> [Stack; 4] {
    let mut data = Array3::from_shape_fn(SHAPE, |(z, y, x)| {
        40 + ((x * x + 3 * y * z + 7 * (x ^ y)) % 151) as u8
    });
    data.slice_mut(s![2, .., ..]).fill(3);
    data.slice_mut(s![4, .., ..]).fill(230);
    let types = [
        Pixels::U8(data.clone()),
        Pixels::U16(data.mapv(|value| 257 * u16::from(value))),
        Pixels::I16(data.mapv(|value| 8 * i16::from(value) - 1000)),
        Pixels::F32(data.mapv(|value| f32::from(value) / 3.0 - 20.0)),
    ];
    let region = Array3::from_shape_fn(SHAPE, |(z, y, x)| (x + y + z) % 3 == 0 && z > 0);
    types.map(|pixels| {
        let stack = Stack::new("textured", pixels, Geometry::default()).unwrap();
        stack.with_roi_mask(region.clone()).unwrap()
    })
}

fn of_scaled_copies(
    stack: &Stack,
    scaling: &Scaling,
    params: &QualityParams,
) -> Vec<QualityRecord> {
    let score = |id| {
        let copy = stack.scaled_slice(id, scaling).unwrap();
        score_slice(id, &copy, stack.roi(id).unwrap().as_deref(), params).unwrap()
    };
    stack.ids().map(score).collect()
}

fn values(record: &QualityRecord) -> [Option<f64>; 4] {
    let variance = Some(record.variance_of_laplacian);
    [variance, record.inverse_psnr, record.roi_mean, record.roi_cov]
}

#[test]
fn pixels_give_what_a_scaled_copy_gives() {
    let windows = [
        // Between pixels of all types, of some, of none; beyond all pixels of some.
        (100.0, 120.0),
        (-600.0, 1500.0),
        (100.0, 121.0),
        (20_000.0, 10_000.0),
        (-40_000.0, 100.0),
        (0.0, 1e6),
    ];
    let windows = windows.map(|(centre, width)| Scaling::Window { centre, width });
    let scalings = [Scaling::None, Scaling::StackMinMax, Scaling::SliceMinMax];
    for stack in every_type() {
        for scaling in scalings.iter().chain(&windows) {
            // The copy has 32 bits, coarse for pixels that fill a small part of the window.
            let wide = matches!(scaling, Scaling::Window { width, .. } if *width > 1e5);
            let max_relative = if wide { 1e-3 } else { 1e-5 };
            let records = score_stack(&stack, scaling, &QualityParams::default()).unwrap();
            let copies = of_scaled_copies(&stack, scaling, &QualityParams::default());
            for (record, copy) in records.iter().zip(&copies) {
                assert_eq!((record.id, record.roi_pixels), (copy.id, copy.roi_pixels));
                for (ours, theirs) in values(record).into_iter().zip(values(copy)) {
                    let context = format!("{scaling:?} {record:?} {copy:?}");
                    assert_eq!(ours.is_some(), theirs.is_some(), "{context}");
                    let (ours, theirs) = (ours.unwrap_or(0.0), theirs.unwrap_or(0.0));
                    assert_relative_eq!(ours, theirs, max_relative = max_relative, epsilon = 1e-12);
                }
            }
        }
    }
}

#[test]
fn the_lowest_and_the_highest_constant_are_0_and_1() {
    for stack in every_type() {
        let records =
            score_stack(&stack, &Scaling::StackMinMax, &QualityParams::default()).unwrap();
        assert_eq!(values(&records[2]), [Some(0.0), None, Some(0.0), None]);
        assert_eq!(values(&records[4]), [Some(0.0), Some(0.0), Some(1.0), Some(0.0)]);
        let records =
            score_stack(&stack, &Scaling::SliceMinMax, &QualityParams::default()).unwrap();
        assert_eq!(values(&records[4]), [Some(0.0), None, Some(0.0), None]);
    }
}

#[test]
fn constant_borders_and_further_metrics_see_intensities() {
    let default = QualityParams::default;
    let settings = [
        QualityParams { laplacian_border: Border::Constant(0.5), ..default() },
        QualityParams { median_border: Border::Constant(1.0), ..default() },
        QualityParams { further: [Metric::Percentile50, Metric::Tenengrad].into(), ..default() },
    ];
    for stack in every_type() {
        for params in &settings {
            for scaling in [Scaling::StackMinMax, Scaling::SliceMinMax, Scaling::lung_window()] {
                let records = score_stack(&stack, &scaling, params).unwrap();
                assert_eq!(records, of_scaled_copies(&stack, &scaling, params));
            }
        }
    }
}
