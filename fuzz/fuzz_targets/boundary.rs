//! Surface distances of masks of any shape, layout and spacing: no panic, no NaN, and the laws of
//! `check_boundary`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Bytes that are too few for masks are no case.
    let _ = qunet_fuzz::check_boundary(bytes);
});
