//! Bytes as a COCO dataset.
#![no_main]

use qunet_exchange::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    qunet_fuzz::annotations::check(Format::Coco, "masks.json", bytes);
});
