//! Bytes as a TIFF file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| qunet_fuzz::readers::check_file("pages.tif", bytes));
