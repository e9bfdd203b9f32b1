//! Bytes as a table of quality records: what can be read is written and read again unchanged.
#![no_main]

use qunet_quality::{read_csv, read_json, write_csv, write_json};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(folder) = tempfile::tempdir() else { return };
    let (path, again) = (folder.path().join("table"), folder.path().join("again"));
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    if let Ok(records) = read_csv(&path) {
        assert!(write_csv(&again, &records).is_ok());
        assert!(read_csv(&again).is_ok_and(|read| read == records));
    }
    if let Ok(records) = read_json(&path) {
        assert!(write_json(&again, &records).is_ok());
        assert!(read_json(&again).is_ok_and(|read| read == records));
    }
});
