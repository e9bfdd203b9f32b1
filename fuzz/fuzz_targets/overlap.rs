//! Counts of masks of any shape and layout, in a region: no panic, and the laws of `check_overlap`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Bytes that are too few for masks are no case.
    let _ = qunet_fuzz::check_overlap(bytes);
});
