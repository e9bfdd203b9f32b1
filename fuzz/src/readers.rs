//! Bytes as a file: read at once and as a stream, with the same outcome.

use std::path::Path;

use qunet_stack::{SliceStream, Stack};

/// Writes the bytes under the name into a folder and reads the file.
pub fn check_file(name: &str, bytes: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join(name);
    if std::fs::write(&path, bytes).is_ok() {
        check(&path);
    }
}

/// Reads a stack both ways.
pub fn check(path: &Path) {
    let stack = Stack::open(path);
    let streamed = SliceStream::open(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match (stack, streamed) {
        (Ok(stack), Ok(slices)) => {
            assert_eq!(stack.slices(), slices.len());
            for (id, slice) in &slices {
                assert!(stack.slice(*id).is_ok_and(|whole| whole == slice.view()));
            }
        }
        (Err(_), Err(_)) => {}
        (stack, slices) => panic!("{:?} but {:?}", stack.err(), slices.err()),
    }
}
