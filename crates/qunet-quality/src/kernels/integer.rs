//! Loops over integer pixels. All sums are exact, so their order is the compiler's choice.

use super::{Kernels, Region, Weights, for_each_block, vectorised, windows};
use crate::moments::{ExactMoments, Moments};

/// Columns whose sums fit the accumulators: 1024 squares of a u8 response stay below 2^32
/// (2040^2 * 1024), 1024 responses of 16-bit pixels below 2^31 (8 * 65535 * 1024).
const BLOCK: usize = 1024;

/// Moments and maximum of the pixels of a region.
#[derive(Debug, Default)]
pub struct IntegerRegion<T> {
    moments: ExactMoments,
    max: Option<T>,
}

/// Implements [`Kernels`] for a pixel type.
///
/// `$narrow` holds a response or a difference, `$wide` its square and `$sum` the squares of a block.
macro_rules! integer_kernels {
    ($module:ident, $pixel:ty, $narrow:ty, $wide:ty, $sum:ty) => {
        mod $module {
            use super::*;

            /// The response to three pixels of each of three lines.
            #[inline(always)]
            fn response<W: Weights>(up: [$pixel; 3], here: [$pixel; 3], down: [$pixel; 3]) -> $narrow {
                let pair = |a: $pixel, b: $pixel| <$narrow>::from(a) + <$narrow>::from(b);
                let (edge, corner) = (<$narrow>::from(W::EDGE), <$narrow>::from(W::CORNER));
                let edges = pair(up[1], down[1]) + pair(here[0], here[2]);
                let corners = pair(up[0], up[2]) + pair(down[0], down[2]);
                edge * edges + corner * corners - 4 * (edge + corner) * <$narrow>::from(here[1])
            }

            #[inline(always)]
            fn square(value: $narrow) -> $sum {
                (<$wide>::from(value) * <$wide>::from(value)) as $sum
            }

            /// Sum of the squares of pixels or of differences between two; they fit 32 bits.
            #[derive(Default)]
            struct SmallSquares {
                low: u32,
                high: u32,
            }

            impl SmallSquares {
                #[inline(always)]
                fn add(&mut self, value: $narrow) {
                    if size_of::<$pixel>() == 1 {
                        self.low += square(value) as u32;
                    } else {
                        // Two sums of 16 bits each cost less than one of 64.
                        let value = i32::from(value) as u32;
                        let square = value.wrapping_mul(value);
                        self.low += square & 0xffff;
                        self.high += square >> 16;
                    }
                }

                #[inline(always)]
                fn total(self) -> u64 {
                    u64::from(self.low) + (u64::from(self.high) << 16)
                }
            }

            vectorised! {
                pub(super) fn squares<W: Weights>(up: &[$pixel], here: &[$pixel], down: &[$pixel]) -> $sum {
                    let count = here.len() - 2;
                    let [a, b, c] = windows(up, count);
                    let [d, e, f] = windows(here, count);
                    let [g, h, i] = windows(down, count);
                    let mut squares: $sum = 0;
                    for k in 0..count {
                        let response = response::<W>([a[k], b[k], c[k]], [d[k], e[k], f[k]], [g[k], h[k], i[k]]);
                        squares += square(response);
                    }
                    squares
                }

                pub(super) fn squares_of_two<W: Weights>(
                    up: &[$pixel],
                    here: &[$pixel],
                    next: &[$pixel],
                    down: &[$pixel],
                ) -> $sum {
                    let count = here.len() - 2;
                    let [a, b, c] = windows(up, count);
                    let [d, e, f] = windows(here, count);
                    let [g, h, i] = windows(next, count);
                    let [j, k, l] = windows(down, count);
                    let mut squares: $sum = 0;
                    for n in 0..count {
                        let (here, next) = ([d[n], e[n], f[n]], [g[n], h[n], i[n]]);
                        let upper = response::<W>([a[n], b[n], c[n]], here, next);
                        let lower = response::<W>(here, next, [j[n], k[n], l[n]]);
                        squares += square(upper) + square(lower);
                    }
                    squares
                }

                pub(super) fn sums_inside<W: Weights>(
                    up: &[$pixel],
                    here: &[$pixel],
                    down: &[$pixel],
                    inside: &[bool],
                ) -> (i32, $sum) {
                    let count = here.len() - 2;
                    let [a, b, c] = windows(up, count);
                    let [d, e, f] = windows(here, count);
                    let [g, h, i] = windows(down, count);
                    let inside = &inside[..count];
                    let (mut sum, mut squares) = (0_i32, 0);
                    for k in 0..count {
                        let response = response::<W>([a[k], b[k], c[k]], [d[k], e[k], f[k]], [g[k], h[k], i[k]]);
                        let value = if inside[k] { response } else { 0 };
                        sum += i32::from(value);
                        squares += square(value);
                    }
                    (sum, squares)
                }

                pub(super) fn differences(minuend: &[$pixel], subtrahend: &[$pixel]) -> (i32, u64, $pixel) {
                    let (mut sum, mut squares) = (0_i32, SmallSquares::default());
                    let mut max = <$pixel>::MIN;
                    for (&a, &b) in minuend.iter().zip(subtrahend) {
                        let difference = <$narrow>::from(a) - <$narrow>::from(b);
                        sum += i32::from(difference);
                        squares.add(difference);
                        max = max.max(a);
                    }
                    (sum, squares.total(), max)
                }

                pub(super) fn region(pixels: &[$pixel], inside: &[bool]) -> (u32, i32, u64, $pixel) {
                    let (mut count, mut sum, mut squares) = (0_u32, 0_i32, SmallSquares::default());
                    let mut max = <$pixel>::MIN;
                    for (&pixel, &inside) in pixels.iter().zip(inside) {
                        let value = if inside { <$narrow>::from(pixel) } else { 0 };
                        count += u32::from(inside);
                        sum += i32::from(value);
                        squares.add(value);
                        max = max.max(if inside { pixel } else { <$pixel>::MIN });
                    }
                    (count, sum, squares.total(), max)
                }
            }
        }

        impl Region<$pixel> for IntegerRegion<$pixel> {
            fn add_row(&mut self, pixels: &[$pixel], inside: &[bool]) {
                let mut max = self.max.unwrap_or(<$pixel>::MIN);
                let before = self.moments.count();
                for (pixels, inside) in pixels.chunks(BLOCK).zip(inside.chunks(BLOCK)) {
                    let (count, sum, squares, largest) = $module::region(pixels, inside);
                    self.moments.add(u64::from(count), i64::from(sum), squares);
                    max = max.max(largest);
                }
                if self.moments.count() > before {
                    self.max = Some(max);
                }
            }

            fn moments(&self) -> &impl Moments {
                &self.moments
            }

            fn max(&self) -> Option<$pixel> {
                self.max
            }
        }

        impl Kernels for $pixel {
            type Tally = ExactMoments;
            type Wide = i32;
            type Region = IntegerRegion<$pixel>;

            fn square_responses<W: Weights>(tally: &mut ExactMoments, lines: [&[Self]; 3]) {
                for_each_block(lines, BLOCK, |_, [up, here, down]| {
                    tally.add(0, 0, u64::from($module::squares::<W>(up, here, down)));
                });
            }

            fn square_responses_of_two<W: Weights>(
                tally: &mut ExactMoments,
                lines: [&[Self]; 4],
            ) {
                for_each_block(lines, BLOCK / 2, |_, [up, here, next, down]| {
                    let squares = $module::squares_of_two::<W>(up, here, next, down);
                    tally.add(0, 0, u64::from(squares));
                });
            }

            fn tally_responses<W: Weights>(tally: &mut ExactMoments, lines: [&[Self]; 3], inside: &[bool]) {
                for_each_block(lines, BLOCK, |start, [up, here, down]| {
                    let (sum, squares) = $module::sums_inside::<W>(up, here, down, &inside[start..]);
                    tally.add(0, i64::from(sum), u64::from(squares));
                });
            }

            fn tally_differences(
                tally: &mut ExactMoments,
                minuend: &[Self],
                subtrahend: &[Self],
                mut largest: Self,
            ) -> Self {
                for (a, b) in minuend.chunks(BLOCK).zip(subtrahend.chunks(BLOCK)) {
                    let (sum, squares, max) = $module::differences(a, b);
                    tally.add(0, i64::from(sum), squares);
                    largest = largest.max(max);
                }
                largest
            }
        }
    };
}

integer_kernels!(of_u8, u8, i16, i32, u32);
integer_kernels!(of_u16, u16, i32, i64, u64);
integer_kernels!(of_i16, i16, i32, i64, u64);
