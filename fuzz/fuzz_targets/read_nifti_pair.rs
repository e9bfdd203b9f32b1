//! Bytes as the two halves of a NIfTI-1 pair.
#![no_main]

libfuzzer_sys::fuzz_target!(|halves: (&[u8], &[u8])| {
    let Ok(folder) = tempfile::tempdir() else { return };
    let header = folder.path().join("pair.hdr");
    let voxels = folder.path().join("pair.img");
    if std::fs::write(&header, halves.0).is_ok() && std::fs::write(&voxels, halves.1).is_ok() {
        qunet_fuzz::readers::check(&header);
    }
});
