use std::fmt::Debug;

use arbitrary::{Arbitrary, Result, Unstructured};
use ndarray::{Array2, ArrayRef2};
use qunet_quality::{
    Border, LARGEST_MEDIAN_WINDOW, Pixel, QualityParams, image_statistics, inverse_psnr,
    inverse_psnr_within, median_filter, roi_statistics, score_slice, variance_of_laplacian,
    variance_of_laplacian_within,
};
use qunet_stack::SliceId;

use crate::{Picture, Setting};

/// Runs every kernel on the image that the bytes stand for and panics where a law is broken.
pub fn check_kernels(bytes: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(bytes);
    let setting = Setting::arbitrary(&mut input)?;
    match setting.dtype {
        0 => check::<u8>(&mut input, &setting, u8::arbitrary),
        1 => check::<u16>(&mut input, &setting, u16::arbitrary),
        2 => check::<i16>(&mut input, &setting, i16::arbitrary),
        _ => check::<f32>(&mut input, &setting, f32_pixel),
    }
}

/// Moderate values most of the time, and then anything, NaN and infinity included.
fn f32_pixel(input: &mut Unstructured<'_>) -> Result<f32> {
    let bits = u16::arbitrary(input)?;
    if bits < u16::MAX {
        return Ok((f32::from(bits) - 30_000.0) / 16.0);
    }
    f32::arbitrary(input)
}

fn check<'a, T: Pixel>(
    input: &mut Unstructured<'a>,
    setting: &Setting,
    pixel: fn(&mut Unstructured<'a>) -> Result<T>,
) -> Result<()> {
    let image = Picture::draw(input, setting.shape, pixel)?;
    let mask = Picture::draw(input, setting.shape, bool::arbitrary)?;
    let (image, mask) = (image.view(), mask.view());
    let owned = image.to_owned();
    let params = &setting.params;

    let (kernel, border) = (params.laplacian_kernel, params.laplacian_border);
    let variance = both(&image, &owned, |image| variance_of_laplacian(image, kernel, border));
    assert!(variance.is_none_or(|variance| variance.is_finite() && variance >= 0.0));

    both(&image, &owned, image_statistics);
    let inside = agree(roi_statistics(&image, &mask), roi_statistics(&owned, &mask.to_owned()));
    if let Some(inside) = inside {
        assert_eq!(inside.pixels, mask.iter().filter(|inside| **inside).count() as u64);
        assert!(inside.variance.is_none_or(|variance| variance >= 0.0));
        no_nan(&[inside.mean, inside.variance, inside.max, inside.cov()]);
    }

    let roi = mask.to_owned();
    let within = agree(
        variance_of_laplacian_within(&image, &mask, kernel, border),
        variance_of_laplacian_within(&owned, &roi, kernel, border),
    );
    assert!(within.flatten().is_none_or(|variance| variance.is_finite() && variance >= 0.0));

    // A large window on a large image costs seconds and shows nothing that a small one does not.
    if (101..=LARGEST_MEDIAN_WINDOW).contains(&params.median_window) {
        return Ok(());
    }
    let contrast = check_median(&image, &owned, params);
    let (window, border) = (params.median_window, params.median_border);
    let within = agree(
        inverse_psnr_within(&image, &mask, window, border),
        inverse_psnr_within(&owned, &roi, window, border),
    );
    assert!(within.flatten().is_none_or(|value| value.is_finite() && value >= 0.0));
    let whole = both(&image, &owned, |image| score_slice(SliceId(7), image, None, params));
    // What is scored in parts can be scored as a whole.
    assert_eq!(whole.is_some(), variance.is_some() && contrast.is_some());
    if let Some(record) = whole {
        no_nan(&[Some(record.blurriness()), record.roi_mean, record.roi_cov]);
        assert_eq!(Some(record.variance_of_laplacian), variance);
        assert_eq!(Some(record.inverse_psnr), contrast);
    }
    agree(
        score_slice(SliceId(7), &image, Some(&mask), params),
        score_slice(SliceId(7), &owned, Some(&mask.to_owned()), params),
    );
    Ok(())
}

/// The inverse PSNR, where the settings and the image allow one.
fn check_median<T: Pixel>(
    view: &ArrayRef2<T>,
    owned: &Array2<T>,
    params: &QualityParams,
) -> Option<Option<f64>> {
    let (window, border) = (params.median_window, params.median_border);
    let medians = both(view, owned, |image| median_filter(image, window, border));
    if let Some(medians) = medians {
        assert_eq!(medians.dim(), view.dim());
        check_range(owned, &medians, border);
    }
    let contrast = both(view, owned, |image| inverse_psnr(image, window, border));
    assert!(contrast.flatten().is_none_or(|value| value.is_finite() && value >= 0.0));
    contrast
}

/// Each median lies between the smallest and the largest pixel, the border's among them.
fn check_range<T: Pixel>(image: &Array2<T>, medians: &Array2<T>, border: Border) {
    let mut values: Vec<f64> = image.iter().map(|&pixel| pixel.into()).collect();
    if let Border::Constant(value) = border {
        values.push(value);
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!(medians.iter().all(|&median| (low..=high).contains(&median.into())));
}

/// What a kernel says of a view and of an owned copy of it.
fn both<T: Pixel, R: Debug + PartialEq>(
    view: &ArrayRef2<T>,
    owned: &ArrayRef2<T>,
    kernel: impl Fn(&ArrayRef2<T>) -> qunet_quality::Result<R>,
) -> Option<R> {
    agree(kernel(view), kernel(owned))
}

/// Two outcomes that must be the same value, which is returned, or the same error in one line.
fn agree<R: Debug + PartialEq>(
    view: qunet_quality::Result<R>,
    owned: qunet_quality::Result<R>,
) -> Option<R> {
    match (view, owned) {
        (Ok(view), Ok(owned)) => {
            assert_eq!(view, owned);
            Some(view)
        }
        (view, owned) => {
            let messages = [view, owned].map(|outcome| outcome.err().map(|e| e.to_string()));
            assert_eq!(messages[0], messages[1]);
            assert!(messages.iter().flatten().all(|message| !message.contains('\n')));
            None
        }
    }
}

fn no_nan(values: &[Option<f64>]) {
    assert!(values.iter().flatten().all(|value| !value.is_nan()), "{values:?}");
}
