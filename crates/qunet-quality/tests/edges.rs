//! Degenerate input: decided, and pinned here.
#![allow(clippy::unwrap_used)]

use ndarray::{Array2, Array3, array};
use qunet_quality::{
    Border, Error, LaplacianKernel, Metric, QualityParams, QualityRecord, blurriness,
    image_statistics, inverse_psnr, inverse_psnr_within, median_filter, roi_statistics, score_file,
    score_slice, score_volume, variance_of_laplacian, variance_of_laplacian_within, write_csv,
};
use qunet_stack::{Scaling, SliceId};

const KERNEL: LaplacianKernel = LaplacianKernel::FourNeighbour;

#[test]
fn one_pixel_is_a_constant_image() {
    let pixel = array![[9_u8]];
    assert_eq!(blurriness(&pixel, KERNEL, Border::Reflect101).unwrap(), f64::INFINITY);
    assert_eq!(inverse_psnr(&pixel, 3, Border::Replicate).unwrap(), Some(0.0));
    assert_eq!(image_statistics(&pixel).unwrap().cov(), Some(0.0));
}

#[test]
fn a_zero_border_makes_a_constant_image_sharp_at_its_edge() {
    // One pixel of 1 among zeros: L = -4 alone. Two: L = [-3, -3]. Three: [-3, -2, -3].
    let variance =
        |image: Array2<u8>| variance_of_laplacian(&image, KERNEL, Border::Constant(0.0)).unwrap();
    assert_eq!(variance(array![[1_u8]]), 0.0);
    assert_eq!(variance(array![[1_u8, 1]]), 0.0);
    assert_eq!(variance(array![[1_u8, 1, 1]]), 2.0 / 9.0);
}

#[test]
fn an_even_window_reaches_up_and_left_and_takes_the_upper_middle() {
    // Window 2 at (1, 1) holds 1, 2, 3, 4: the upper of the two middle ones is 3.
    let medians = median_filter(&array![[1_u8, 2], [3, 4]], 2, Border::Replicate).unwrap();
    assert_eq!(medians, array![[1, 2], [3, 3]]);
}

#[test]
fn a_window_may_exceed_the_image() {
    let medians = median_filter(&array![[1_u8, 2, 9]], 101, Border::Replicate).unwrap();
    // Each row of the window holds 51 ones at the left pixel, 50 ones and 50 nines at the middle.
    assert_eq!(medians, array![[1, 2, 9]]);
    // 1023 zeros outweigh one pixel.
    assert_eq!(median_filter(&array![[5_u8]], 1023, Border::Constant(0.0)).unwrap(), array![[0]]);
}

#[test]
fn windows_out_of_range_name_field_value_and_rule() {
    for window in [0, 1, 1024, usize::MAX] {
        let error = inverse_psnr(&array![[5_u8]], window, Border::Replicate).unwrap_err();
        let expected =
            format!("median_window is {window}, but the rule is 2 <= median_window <= 1023");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}

#[test]
fn the_full_range_of_i16_neither_wraps_nor_saturates() {
    // L = 4 * (neighbour - pixel) = +-4 * 65535 everywhere.
    let checker =
        Array2::from_shape_fn((8, 8), |(y, x)| if (x + y) % 2 == 0 { i16::MIN } else { i16::MAX });
    let variance = variance_of_laplacian(&checker, KERNEL, Border::Reflect101).unwrap();
    assert_eq!(variance, (4.0 * 65535.0_f64).powi(2));
    let all = image_statistics(&checker).unwrap();
    assert_eq!((all.mean, all.variance), (Some(-0.5), Some(32767.5_f64.powi(2))));
}

#[test]
fn images_without_a_positive_pixel_have_no_inverse_psnr_and_no_cov() {
    for image in [array![[0_i16, 0]], array![[-5, -1]], array![[-1000, 0]]] {
        assert_eq!(inverse_psnr(&image, 3, Border::Replicate).unwrap(), None);
        let all = image_statistics(&image).unwrap();
        assert_eq!((all.cov(), all.coefficient_of_variation()), (None, None));
    }
}

#[test]
fn an_empty_region_has_no_values() {
    let (image, none) = (array![[1_u8, 2]], array![[false, false]]);
    let inside = roi_statistics(&image, &none).unwrap();
    assert_eq!((inside.pixels, inside.mean, inside.max), (0, None, None));
    assert_eq!((inside.variance, inside.cov()), (None, None));
    let record = score_slice(SliceId(0), &image, Some(&none), &QualityParams::default()).unwrap();
    assert_eq!((record.roi_pixels, record.roi_mean, record.roi_cov), (0, None, None));
}

#[test]
fn images_without_pixels_are_refused() {
    for shape in [(0, 0), (0, 5), (5, 0)] {
        let image = Array2::<u8>::zeros(shape);
        let mask = Array2::from_elem(shape, true);
        assert!(matches!(
            variance_of_laplacian(&image, KERNEL, Border::Reflect101),
            Err(Error::EmptyImage { height, width }) if (height, width) == shape
        ));
        assert!(matches!(
            median_filter(&image, 3, Border::Constant(0.0)),
            Err(Error::EmptyImage { .. })
        ));
        assert!(matches!(image_statistics(&image), Err(Error::EmptyImage { .. })));
        assert!(matches!(roi_statistics(&image, &mask), Err(Error::EmptyImage { .. })));
    }
}

#[test]
fn non_finite_pixels_are_named() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let image = array![[0.0, 1.0], [2.0, 3.0], [bad, 5.0]];
        let error = inverse_psnr(&image, 3, Border::Replicate).unwrap_err();
        assert!(matches!(error, Error::NonFinite { row: 2, col: 0, .. }), "{error}");
        let everywhere = Array2::from_elem((3, 2), true);
        assert!(roi_statistics(&image, &everywhere).is_err());
    }
}

#[test]
fn masks_of_another_shape_are_refused() {
    let (image, mask) = (Array2::<u8>::zeros((2, 3)), Array2::from_elem((3, 2), true));
    let error = roi_statistics(&image, &mask).unwrap_err();
    assert!(error.to_string().starts_with("the image is [2, 3] but the mask is [3, 2]"));
    let (volume, masks) = (Array3::<u8>::zeros((1, 2, 3)), Array3::from_elem((2, 2, 3), true));
    let outcome = score_volume(&volume, Some(&masks), &QualityParams::default());
    assert!(matches!(outcome, Err(Error::ShapeMismatch { .. })));
}

#[test]
fn the_error_of_the_first_failing_slice_is_reported() {
    let volume =
        Array3::from_shape_fn((50, 3, 3), |(z, _, _)| if z % 7 == 6 { f32::NAN } else { 1.0 });
    let message = score_volume(&volume, None, &QualityParams::default()).unwrap_err().to_string();
    assert!(message.starts_with("slice 6: pixel at row 0, column 0 is NaN"), "{message}");
}

#[test]
fn settings_are_checked_before_any_slice_is_read() {
    let params = QualityParams { median_window: 0, ..QualityParams::paper() };
    // Where a slice or the file were read first, the error would be another one.
    let empty = Array3::<u8>::zeros((1, 0, 0));
    let missing = score_file("missing.nii", None, &Scaling::StackMinMax, &params);
    for outcome in [score_volume(&empty, None, &params), missing] {
        assert!(matches!(outcome, Err(Error::Parameter { field: "median_window", .. })));
    }
}

#[test]
fn no_slices_give_no_records() {
    let volume = Array3::<u8>::zeros((0, 4, 4));
    assert!(score_volume(&volume, None, &QualityParams::default()).unwrap().is_empty());
}

#[test]
fn settings_survive_json_and_unknown_fields_are_refused() {
    let params = QualityParams { median_window: 20, ..QualityParams::default() };
    let json = serde_json::to_string(&params).unwrap();
    assert_eq!(serde_json::from_str::<QualityParams>(&json).unwrap(), params);
    assert_eq!(serde_json::from_str::<QualityParams>("{}").unwrap(), QualityParams::paper());
    assert!(serde_json::from_str::<QualityParams>(r#"{"window": 3}"#).is_err());
}

fn record(inverse_psnr: Option<f64>, variance_of_laplacian: f64) -> QualityRecord {
    let record = QualityRecord::new(SliceId(12), variance_of_laplacian);
    QualityRecord { inverse_psnr, roi_pixels: 3, roi_mean: Some(0.1 + 0.2), ..record }
}

#[test]
fn the_table_keeps_every_digit_and_replaces_the_old_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quality.csv");
    std::fs::write(&path, "old").unwrap();
    write_csv(&path, &[record(None, 0.0), record(Some(1e-7), 0.25)]).unwrap();
    let expected = "\
slice,variance_of_laplacian,blurriness,inverse_psnr,roi_pixels,roi_mean,roi_cov
12,0.0,inf,,3,0.30000000000000004,
12,0.25,4.0,1e-7,3,0.30000000000000004,
";
    assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    write_csv(&path, &[]).unwrap();
    let header = expected.lines().next().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap().trim_end(), header);
}

#[test]
fn a_missing_folder_is_named() {
    let path = std::path::Path::new("no-such-folder/quality.csv");
    let message = write_csv(path, &[]).unwrap_err().to_string();
    assert!(message.starts_with("cannot write no-such-folder/quality.csv"), "{message}");
}

#[test]
fn records_survive_json() {
    let record = record(None, 0.0);
    let json = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<QualityRecord>(&json).unwrap(), record);
}

#[test]
fn an_empty_region_has_no_laplacian_and_no_inverse_psnr() {
    let (image, none) = (array![[1_u8, 2], [3, 4]], Array2::from_elem((2, 2), false));
    let variance = variance_of_laplacian_within(&image, &none, KERNEL, Border::Reflect101);
    assert_eq!(variance.unwrap(), None);
    assert_eq!(inverse_psnr_within(&image, &none, 3, Border::Replicate).unwrap(), None);
}

#[test]
fn a_nan_counts_only_inside_the_region() {
    let image = array![[1.0_f32, 2.0, f32::NAN], [3.0, 4.0, 5.0]];
    let mut roi = image.mapv(|pixel| !pixel.is_nan());
    let measure = |roi: &Array2<bool>| {
        variance_of_laplacian_within(&image, roi, KERNEL, Border::Reflect101)
            .and(inverse_psnr_within(&image, roi, 3, Border::Replicate))
    };
    assert!(measure(&roi).is_ok());
    roi[[0, 2]] = true;
    assert!(matches!(measure(&roi), Err(Error::NonFinite { row: 0, col: 2, .. })));
}

#[test]
fn further_metrics_are_measured_where_they_are_asked_for() {
    let params = QualityParams {
        further: [Metric::Percentile50, Metric::Snr].into(),
        ..QualityParams::default()
    };
    let record = score_slice(SliceId(0), &array![[3_u8, 9, 4]], None, &params).unwrap();
    let further: Vec<_> = record.further.into_iter().collect();
    assert_eq!(further, [(Metric::Snr, None), (Metric::Percentile50, Some(4.0))]);
}
