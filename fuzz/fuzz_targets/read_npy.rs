//! Bytes as a NumPy array.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| qunet_fuzz::readers::check_file("array.npy", bytes));
