//! The quality kernels on images of any shape, layout and type: no panic, no NaN, and the laws
//! of `check_kernels`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Bytes that are too few for an image are no case.
    let _ = qunet_fuzz::check_kernels(bytes);
});
