//! Bytes as the NRRD segmentation of an annotator; the first says whether the voxels that follow the
//! header are packed before they are read.
#![no_main]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use qunet_exchange::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&packed, file)) = bytes.split_first() else { return };
    let header = file.windows(2).position(|pair| pair == b"\n\n").map(|at| at + 2);
    let (header, voxels) = file.split_at(header.unwrap_or(file.len()));
    let mut file = header.to_vec();
    if packed % 2 == 1 {
        let mut packer = GzEncoder::new(&mut file, Compression::fast());
        packer.write_all(voxels).and_then(|()| packer.finish()).unwrap();
    } else {
        file.extend(voxels);
    }
    qunet_fuzz::annotations::check(Format::SegNrrd, "masks.seg.nrrd", &file);
});
