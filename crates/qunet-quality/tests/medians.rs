//! Medians of every window by the definition: sort the window's pixels and take the upper middle.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
mod support;

use ndarray::{Array2, s};
use proptest::prelude::*;
use qunet_quality::{Border, Pixel, median_filter};
use support::checksum;

const BORDERS: [Border; 4] =
    [Border::Reflect101, Border::Reflect, Border::Replicate, Border::Constant(7.0)];

/// The index that stands for `index` in a side of `len` pixels, one step at a time.
fn source(border: Border, index: isize, len: isize) -> Option<isize> {
    let mut index = index;
    while !(0..len).contains(&index) {
        index = match border {
            _ if len == 1 && !matches!(border, Border::Constant(_)) => 0,
            Border::Reflect101 if index < 0 => -index,
            Border::Reflect101 => 2 * (len - 1) - index,
            Border::Reflect if index < 0 => -index - 1,
            Border::Reflect => 2 * len - 1 - index,
            Border::Replicate => index.clamp(0, len - 1),
            Border::Constant(_) => return None,
        };
    }
    Some(index)
}

fn by_definition<T: Pixel>(
    image: &Array2<T>,
    window: usize,
    border: Border,
    seven: T,
) -> Array2<T> {
    let (height, width) = image.dim();
    let reach = |at: usize| (0..window).map(move |i| (at + i) as isize - (window / 2) as isize);
    Array2::from_shape_fn((height, width), |(row, col)| {
        let mut pixels = Vec::new();
        for y in reach(row) {
            for x in reach(col) {
                let (y, x) =
                    (source(border, y, height as isize), source(border, x, width as isize));
                pixels.push(y.zip(x).map_or(seven, |(y, x)| image[[y as usize, x as usize]]));
            }
        }
        pixels.sort_by(|a, b| a.partial_cmp(b).unwrap());
        pixels[pixels.len() / 2]
    })
}

fn check<T: Pixel>(image: &Array2<T>, window: usize, seven: T) {
    for border in BORDERS {
        let expected = by_definition(image, window, border, seven);
        assert_eq!(median_filter(image, window, border).unwrap(), expected, "{window} {border:?}");
    }
}

fn image<T: std::fmt::Debug>(
    side: std::ops::Range<usize>,
    pixel: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Array2<T>> {
    (side.clone(), side).prop_flat_map(move |(height, width)| {
        prop::collection::vec(pixel.clone(), height * width)
            .prop_map(move |pixels| Array2::from_shape_vec((height, width), pixels).unwrap())
    })
}

/// Full-range pixels, and pixels with many ties.
fn few_or_many<T: Copy + std::fmt::Debug + 'static>(
    all: impl Strategy<Value = T> + Clone + 'static,
    few: Vec<T>,
) -> impl Strategy<Value = T> + Clone {
    let few = prop::sample::select(few);
    prop_oneof![all, few.clone(), few].boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn u8_medians(image in image(1..30, any::<u8>()), window in 2..=24_usize) {
        check(&image, window, 7);
    }

    #[test]
    fn u16_medians(
        image in image(1..30, few_or_many(any::<u16>(), vec![0, 7, 65_535])),
        window in 2..=24_usize,
    ) {
        check(&image, window, 7);
    }

    #[test]
    fn i16_medians(
        image in image(1..30, few_or_many(any::<i16>(), vec![-1, 0, i16::MIN])),
        window in 2..=24_usize,
    ) {
        check(&image, window, 7);
    }

    #[test]
    fn f32_medians(
        image in image(1..30, few_or_many(-1e30_f32..1e30, vec![-0.0, 0.0, -1.5, 1e-40])),
        window in 2..=24_usize,
    ) {
        check(&image, window, 7.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn large_windows(image in image(20..80, any::<u16>()), window in 25..=63_usize) {
        check(&image.mapv(|pixel| (pixel >> 8) as u8), window, 7);
        check(&image, window, 7);
        check(&image.mapv(|pixel| pixel as i16), window, 7);
        check(&image.mapv(|pixel| f32::from(pixel) - 9000.0), window, 7.0);
    }
}

/// Pixels without a pattern that a window could follow.
fn scattered(height: usize, width: usize) -> Array2<u16> {
    Array2::from_shape_fn((height, width), |(y, x)| {
        let place = y as u32 * 7919 + x as u32 * 104_729;
        place.wrapping_mul(2_654_435_761).rotate_left(11) as u16
    })
}

#[test]
fn every_small_window_on_an_image_of_several_tiles() {
    // Wider than the lanes of a network, taller than a band.
    let image = scattered(70, 300);
    let narrow = image.mapv(|pixel| (pixel >> 8) as u8);
    for window in 2..=20 {
        let border = Border::Replicate;
        let medians = median_filter(&narrow, window, border).unwrap();
        assert_eq!(medians, by_definition(&narrow, window, border, 7), "{window}");
        let medians = median_filter(&image, window, border).unwrap();
        assert_eq!(medians, by_definition(&image, window, border, 7), "{window}");
    }
}

#[test]
fn windows_larger_than_the_image() {
    for shape in [(1, 1), (1, 9), (9, 1), (5, 6)] {
        let image = scattered(shape.0, shape.1);
        for window in [101, 255, 256] {
            check(&image.mapv(|pixel| (pixel >> 8) as u8), window, 7);
            check(&image, window, 7);
        }
    }
    for border in BORDERS {
        let median = median_filter(&ndarray::array![[5_u8]], 1023, border).unwrap()[[0, 0]];
        assert_eq!(median, if border == Border::Constant(7.0) { 7 } else { 5 });
        let median = median_filter(&ndarray::array![[5.0_f32]], 1023, border).unwrap()[[0, 0]];
        assert_eq!(median, if border == Border::Constant(7.0) { 7.0 } else { 5.0 });
    }
}

#[test]
fn layout_does_not_matter() {
    let image = scattered(66, 90);
    let strided = image.slice(s![..;-2, 3..;3]);
    let narrow = image.mapv(|pixel| (pixel >> 8) as u8);
    let narrow = narrow.slice(s![..;-2, 3..;3]);
    for window in [2, 3, 4, 7, 12, 21] {
        let border = Border::Reflect;
        let expected = median_filter(&strided.to_owned(), window, border).unwrap();
        assert_eq!(median_filter(&strided, window, border).unwrap(), expected);
        assert_eq!(median_filter(&strided.t(), window, border).unwrap(), expected.t());
        let expected = median_filter(&narrow.to_owned(), window, border).unwrap();
        assert_eq!(median_filter(&narrow, window, border).unwrap(), expected);
        assert_eq!(median_filter(&narrow.t(), window, border).unwrap(), expected.t());
    }
}

/// Made by SciPy 1.17.1:
///
/// ```text
/// y, x = np.mgrid[:97, :113].astype(np.uint32)
/// v = (y * np.uint32(7919) + x * np.uint32(104729)) * np.uint32(2654435761)
/// image = ((v << np.uint32(11)) | (v >> np.uint32(21))).astype(np.uint16)
/// u8 = median_filter((image >> 8).astype(np.uint8), size, mode="mirror")
/// f32 = median_filter(image.astype(np.float32) / 8 - 4000, size, mode="mirror")
/// checksum = lambda m: sum(v * (i % 251 + 1) for i, v in enumerate(m.ravel())) % 2**32
/// print(size, checksum(u8), checksum((f32 + 4000) * 8))
/// ```
#[test]
fn medians_are_those_of_scipy() {
    let image = scattered(97, 113);
    let narrow = image.mapv(|pixel| (pixel >> 8) as u8);
    let float = image.mapv(|pixel| f32::from(pixel) / 8.0 - 4000.0);
    let pinned = [
        (2, 236_148_060, 499_805_800),
        (4, 193_843_926, 2_556_033_320),
        (7, 175_218_385, 2_079_488_997),
        (20, 175_616_273, 2_178_847_191),
        (21, 175_167_279, 2_067_389_315),
        (63, 175_206_504, 2_066_779_112),
    ];
    for (window, narrow_sum, float_sum) in pinned {
        let medians = median_filter(&narrow, window, Border::Reflect101).unwrap();
        assert_eq!(checksum(medians.iter().copied().map(u32::from)), narrow_sum, "{window}");
        let medians = median_filter(&float, window, Border::Reflect101).unwrap();
        let integers = medians.iter().map(|median| ((median + 4000.0) * 8.0) as u32);
        assert_eq!(checksum(integers), float_sum, "{window}");
    }
}
