//! Bytes as the two halves of a NIfTI-1 pair: 348 bytes of header, and the voxels.
#![no_main]

/// Bytes of a NIfTI-1 header.
const HEADER: usize = 348;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (header, voxels) = bytes.split_at(HEADER.min(bytes.len()));
    let Ok(folder) = tempfile::tempdir() else { return };
    let [first, second] = ["pair.hdr", "pair.img"].map(|name| folder.path().join(name));
    if std::fs::write(&first, header).is_ok() && std::fs::write(&second, voxels).is_ok() {
        qunet_fuzz::readers::check(&first);
    }
});
