use multiversion::multiversion;

use super::program::Step;
use crate::Pixel;

/// One value of many windows, where it fills as few cache lines as it can.
#[repr(align(64))]
pub(super) struct Plane<T, const SIZE: usize>(pub(super) [T; SIZE]);

/// Runs the steps of a network on `N` lanes, in the widest instructions of the processor.
///
/// Steps write to the spare planes, which then change places with the planes that they name.
#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512dq+avx512cd+avx2+fma+bmi2",
    "x86_64+avx2+fma+bmi2"
))]
pub(super) fn run<T: Pixel, const N: usize, const SIZE: usize>(
    steps: &[Step],
    planes: &mut [Box<Plane<T, SIZE>>],
    spare: &mut [Box<Plane<T, SIZE>>; 2],
) {
    let [low, high] = spare;
    for step in steps {
        let a = planes[step.a.plane].0[step.a.ahead..].first_chunk::<N>();
        let b = planes[step.b.plane].0[step.b.ahead..].first_chunk::<N>();
        let (Some(a), Some(b)) = (a, b) else { continue };
        match (step.low, step.high) {
            (Some(_), Some(_)) => both(a, b, &mut low.0[..N], &mut high.0[..N]),
            (Some(_), None) => lower(a, b, &mut low.0[..N]),
            _ => higher(a, b, &mut high.0[..N]),
        }
        if let Some(plane) = step.low {
            std::mem::swap(&mut planes[plane], low);
        }
        if let Some(plane) = step.high {
            std::mem::swap(&mut planes[plane], high);
        }
    }
}

#[inline(always)]
fn both<T: Pixel, const N: usize>(a: &[T; N], b: &[T; N], low: &mut [T], high: &mut [T]) {
    let outputs = low.iter_mut().zip(high);
    for ((low, high), (&a, &b)) in outputs.zip(a.iter().zip(b)) {
        *low = if b < a { b } else { a };
        *high = if b < a { a } else { b };
    }
}

#[inline(always)]
fn lower<T: Pixel, const N: usize>(a: &[T; N], b: &[T; N], low: &mut [T]) {
    for (low, (&a, &b)) in low.iter_mut().zip(a.iter().zip(b)) {
        *low = if b < a { b } else { a };
    }
}

#[inline(always)]
fn higher<T: Pixel, const N: usize>(a: &[T; N], b: &[T; N], high: &mut [T]) {
    for (high, (&a, &b)) in high.iter_mut().zip(a.iter().zip(b)) {
        *high = if b < a { a } else { b };
    }
}
