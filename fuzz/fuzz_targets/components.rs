//! Connected components of masks of any shape and layout: no panic, and the laws of
//! `check_components`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Bytes that are too few for a mask are no case.
    let _ = qunet_fuzz::check_components(bytes);
});
