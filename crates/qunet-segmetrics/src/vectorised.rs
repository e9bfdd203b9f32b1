//! Inner loops as plain Rust that the compiler turns into vectors.

/// Compiles functions for AVX-512, for AVX2 and for the target's baseline, and picks at run time;
/// sums run in fixed lanes, so that every choice gives the same numbers.
macro_rules! vectorised {
    ($($function:item)*) => {$(
        #[multiversion::multiversion(targets(
            "x86_64+avx512f+avx512bw+avx512vl+avx512dq+avx512cd+avx2+fma+bmi1+bmi2+lzcnt+popcnt",
            "x86_64+avx2+fma+bmi1+bmi2+lzcnt+popcnt",
        ))]
        $function
    )*};
}

pub(crate) use vectorised;
