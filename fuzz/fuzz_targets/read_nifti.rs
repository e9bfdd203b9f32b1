//! Bytes as a NIfTI file, plain or packed: read at once and as a stream, with the same outcome.
#![no_main]

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use qunet_stack::{SliceStream, Stack};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join("fuzzed");
    let content = if first % 2 == 0 { bytes.to_vec() } else { packed(bytes) };
    if std::fs::write(&path, content).is_ok() {
        check(&path);
    }
});

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn check(path: &Path) {
    let stack = Stack::open(path);
    let streamed = SliceStream::open(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match (stack, streamed) {
        (Ok(stack), Ok(slices)) => {
            assert_eq!(stack.slices(), slices.len());
            for (id, slice) in &slices {
                assert!(stack.slice(*id).is_ok_and(|whole| whole == slice.view()));
            }
        }
        (Err(stack), Err(slice)) => {
            assert!(!stack.to_string().contains('\n') && !slice.to_string().contains('\n'));
        }
        (stack, slices) => panic!("{:?} but {:?}", stack.err(), slices.err()),
    }
}
