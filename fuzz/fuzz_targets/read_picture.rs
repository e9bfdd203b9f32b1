//! Bytes as a PNG or JPEG picture.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| qunet_fuzz::readers::check_file("slice.png", bytes));
