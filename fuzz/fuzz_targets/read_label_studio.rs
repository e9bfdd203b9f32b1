//! Bytes as an export of Label Studio.
#![no_main]

use qunet_exchange::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    qunet_fuzz::annotations::check(Format::LabelStudio, "masks.json", bytes);
});
