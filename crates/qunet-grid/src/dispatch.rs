//! Inner loops as plain Rust that the compiler turns into vectors.

/// Compiles functions for AVX-512, for AVX2 and for the target's baseline, and picks at run time.
///
/// Code inside sums integers exactly and floating-point numbers in fixed lanes, so that every choice
/// gives the same bits. On aarch64 the baseline has vector instructions already. The calling crate
/// has `multiversion` among its dependencies, whose attribute names it.
///
/// ```
/// qunet_grid::vectorised! {
///     fn total(values: &[u32]) -> u64 {
///         values.iter().map(|&value| u64::from(value)).sum()
///     }
/// }
/// assert_eq!(total(&[1, 2, 3]), 6);
/// ```
#[macro_export]
macro_rules! vectorised {
    ($($function:item)*) => {$(
        #[multiversion::multiversion(targets(
            "x86_64+avx512f+avx512bw+avx512vl+avx512dq+avx512cd+avx2+fma+bmi1+bmi2+lzcnt+popcnt",
            "x86_64+avx2+fma+bmi1+bmi2+lzcnt+popcnt",
        ))]
        $function
    )*};
}

/// As [`vectorised!`] without AVX-512, for loops whose loads straddle cache lines: there 32 bytes
/// at a time were measured faster than 64.
///
/// ```
/// qunet_grid::vectorised_narrowly! {
///     fn differences(values: &[i16], into: &mut [i16]) {
///         for (into, pair) in into.iter_mut().zip(values.windows(2)) {
///             *into = pair[1] - pair[0];
///         }
///     }
/// }
/// let mut into = [0; 2];
/// differences(&[1, 4, 9], &mut into);
/// assert_eq!(into, [3, 5]);
/// ```
#[macro_export]
macro_rules! vectorised_narrowly {
    ($($function:item)*) => {$(
        #[multiversion::multiversion(targets("x86_64+avx2+fma"))]
        $function
    )*};
}
