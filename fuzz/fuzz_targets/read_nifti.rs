//! Bytes as a NIfTI file, plain or packed: read at once and as a stream, with the same outcome.
#![no_main]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let content = if first % 2 == 0 { bytes.to_vec() } else { packed(bytes) };
    qunet_fuzz::readers::check_file("fuzzed", &content);
});

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}
