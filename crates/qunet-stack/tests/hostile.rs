//! Files that are broken on purpose: a typed error that names the file, within bounded memory.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use qunet_stack::{Error, SliceStream, Stack};
use tempfile::TempDir;

/// What a whole run of these tests may take at once, golden files and decoders included.
#[cfg(target_os = "linux")]
const MOST_MIB: u64 = 400;

fn golden(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).join(name)
}

fn golden_bytes(name: &str) -> Vec<u8> {
    fs::read(golden(name)).unwrap()
}

fn written(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// The error of reading at once, which names the file; a stream ends in one too.
fn refused(name: &str, bytes: &[u8]) -> Error {
    let (_folder, path) = written(name, bytes);
    let error = Stack::open(&path).unwrap_err();
    let message = error.to_string();
    assert!(message.contains(name), "{message:?} does not name {name}");
    let streamed = SliceStream::open(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    assert!(streamed.is_err());
    check_memory();
    error
}

/// The most memory that this process ever held, where the system tells.
fn check_memory() {
    #[cfg(target_os = "linux")]
    {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(kib < MOST_MIB << 10, "{} MiB", kib >> 10);
    }
}

/// Where a pattern lies in a file, once.
fn place(bytes: &[u8], pattern: &[u8]) -> usize {
    let mut found = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(pattern));
    let first = found.next().unwrap();
    assert!(found.next().is_none(), "the pattern occurs twice");
    first
}

fn patched(name: &str, at: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = golden_bytes(name);
    bytes[at..at + value.len()].copy_from_slice(value);
    bytes
}

/// Every start of a file is refused, or is a stack where only trailing bytes are gone.
fn no_start_is_a_panic(name: &str) {
    let whole = golden_bytes(name);
    let file = Path::new(name).file_name().unwrap().to_str().unwrap();
    let (_folder, path) = written(file, &whole);
    let mut refused = 0;
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        match Stack::open(&path) {
            Err(error) => {
                assert!(error.to_string().contains(file), "{error} does not name {file}");
                refused += 1;
            }
            Ok(stack) => assert_eq!(stack.shape(), Stack::open(golden(name)).unwrap().shape()),
        }
    }
    assert!(refused > whole.len() / 2, "{name}: {refused} of {}", whole.len());
}

#[test]
fn no_truncated_file_of_any_format_passes_for_a_whole_one() {
    let names =
        ["dicom_explicit/1", "dicom_implicit/1", "dicom_big/1", "dicom_rle/1", "frames.dcm"];
    let packed = ["dicom_jpegls/1", "dicom_deflated/1"];
    let others =
        ["uint16_lzw.tif", "uint16_packbits_2.tif", "uint32.tif", "f64.npy", "fortran.npy"];
    let pictures = ["photo/s9.jpg", "png16/9.png", "behind_one_page.tif"];
    names
        .iter()
        .chain(&packed)
        .chain(&others)
        .chain(&pictures)
        .for_each(|name| no_start_is_a_panic(name));
    check_memory();
}

#[test]
fn dicom_elements_longer_than_the_file_are_refused() {
    // Rows (0028,0010) US of 2 bytes, and the pixels (7FE0,0010) OW of 40 bytes.
    let rows = place(&golden_bytes("dicom_explicit/1"), b"\x28\0\x10\0US\x02\0");
    let pixels = place(&golden_bytes("dicom_explicit/1"), b"\xE0\x7F\x10\0OW\0\0");
    for (at, length) in [(rows + 6, &b"\xFE\xFF"[..]), (pixels + 8, &b"\xFE\xFF\xFF\xFF"[..])] {
        let error = refused("a.dcm", &patched("dicom_explicit/1", at, length));
        assert!(matches!(error, Error::Decode { .. }), "{error}");
        assert!(error.to_string().contains("which is more than there are"), "{error}");
    }
    // No length at all, where neither a sequence nor packed pixels follow.
    refused("a.dcm", &patched("dicom_explicit/1", pixels + 8, &[0xFF; 4]));
}

#[test]
fn a_dicom_type_that_nobody_knows_hides_no_length() {
    // An unknown type has a length of 32 bits after two bytes to skip: four GiB here.
    let bytes = golden_bytes("dicom_explicit/1");
    let at = place(&bytes, b"\x28\0\x10\0US\x02\0");
    let hidden = [b"\x28\0\x10\0zz\0\0\xF0\xFF\xFF\xFF", &bytes[at + 10..]].concat();
    let error = refused("a.dcm", &[&bytes[..at], &hidden].concat());
    assert!(error.to_string().contains("4294967280 bytes long"), "{error}");
}

#[test]
fn a_dicom_file_group_of_another_length_is_read_by_its_elements() {
    let at = place(&golden_bytes("dicom_explicit/1"), b"\x02\0\0\0UL\x04\0") + 8;
    let expected = Stack::open(golden("dicom_explicit/1")).unwrap();
    for length in [0u32, 8, 0xFFFF_FFF0] {
        let bytes = patched("dicom_explicit/1", at, &length.to_le_bytes());
        let (_folder, path) = written("a.dcm", &bytes);
        assert_eq!(Stack::open(&path).unwrap().pixels(), expected.pixels());
        check_memory();
    }
}

#[test]
fn dicom_pixels_that_are_not_there_are_refused() {
    let at = place(&golden_bytes("dicom_explicit/1"), b"\x28\0\x10\0US\x02\0") + 8;
    let error = refused("a.dcm", &patched("dicom_explicit/1", at, &60_000u16.to_le_bytes()));
    // 60,000 rows of 5 columns of 2 bytes.
    assert!(matches!(error, Error::CutShort { expected: 600_000, found: 40, .. }), "{error}");
    let packed = golden_bytes("dicom_rle/1");
    let at = place(&packed, b"\x28\0\x10\0US\x02\0") + 8;
    refused("a.dcm", &patched("dicom_rle/1", at, &60_000u16.to_le_bytes()));
    let frames = place(&golden_bytes("frames.dcm"), b"\x28\0\x08\0IS\x02\x003 ") + 8;
    assert!(matches!(
        refused("a.dcm", &patched("frames.dcm", frames, b"99")),
        Error::CutShort { .. }
    ));
}

#[test]
fn a_jpeg_frame_of_another_size_is_refused() {
    // Rows and columns by the file; the JPEG image stays 16 x 20.
    for (element, length) in [(b"\x28\0\x10\0US\x02\0", 8u16), (b"\x28\0\x11\0US\x02\0", 40)] {
        let at = place(&golden_bytes("dicom_jpeg/1"), element) + 8;
        let error = refused("a.dcm", &patched("dicom_jpeg/1", at, &length.to_le_bytes()));
        assert!(error.to_string().contains("(16, 20, 2)"), "{error}");
    }
}

#[test]
fn a_jpeg_frame_of_12_bits_is_refused_with_its_remedy() {
    // A frame header as of the extended process with 12 bits in the place of the lossless one.
    let mut bytes = golden_bytes("dicom_jpeg/1");
    let at = place(&bytes, b"\xff\xc3");
    (bytes[at + 1], bytes[at + 4]) = (0xc1, 12);
    let error = refused("a.dcm", &bytes);
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("SamplePrecision(12)") && message.contains("gdcmconv --raw"));
}

#[test]
fn a_transfer_syntax_that_is_not_read_is_named_with_its_remedy() {
    // JPIP's number is as long as that of JPEG lossless.
    let at = place(&golden_bytes("dicom_jpeg/1"), b"1.2.840.10008.1.2.4.70");
    let error = refused("a.dcm", &patched("dicom_jpeg/1", at, b"1.2.840.10008.1.2.4.94"));
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
    let message = error.to_string();
    for words in ["JPIP Referenced", "1.2.840.10008.1.2.4.94", "gdcmconv --raw"] {
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn no_byte_of_a_packed_dicom_file_can_do_harm() {
    for name in ["dicom_jpegls/1", "dicom_jpegls_near/1", "dicom_deflated/1"] {
        let whole = golden_bytes(name);
        let (_folder, path) = written("a.dcm", &whole);
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&path, bytes).unwrap();
            if let Err(error) = Stack::open(&path) {
                assert!(error.to_string().contains("a.dcm"), "{error}");
            }
        }
    }
    check_memory();
}

/// What is unpacked is counted, and never held: 512 MiB of zeros where pixels should be.
#[test]
fn a_deflated_file_takes_no_more_memory_than_its_image() {
    let golden = golden_bytes("dicom_deflated/1");
    // A file group in explicit little-endian ends where the deflated data set begins.
    let group = place(&golden, b"\x02\0\0\0UL\x04\0");
    let length = u32::from_le_bytes(golden[group + 8..group + 12].try_into().unwrap());
    let start = group + 12 + length as usize;
    let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    // An element that nobody reads, then the file ends.
    packed.write_all(b"\x09\0\x01\x10UN\0\0\0\0\0\x20").unwrap();
    (0..512).for_each(|_| packed.write_all(&zeros).unwrap());
    let bomb = [&golden[..start], &packed.finish().unwrap()].concat();
    assert!(bomb.len() < 1 << 20);
    refused("a.dcm", &bomb);
}

/// The first directory of a small-endian TIFF file: where it is, and its number of entries.
fn directory(bytes: &[u8]) -> (usize, usize) {
    let at = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    (at, u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()).into())
}

/// Sets the value of a tag of the first directory.
fn with_tag(name: &str, tag: u16, value: u32) -> Vec<u8> {
    let mut bytes = golden_bytes(name);
    let (at, entries) = directory(&bytes);
    let entry = (0..entries).map(|entry| at + 2 + 12 * entry);
    let entry = entry.into_iter().find(|&entry| bytes[entry..].starts_with(&tag.to_le_bytes()));
    let entry = entry.unwrap();
    // One value of 32 bits.
    bytes[entry + 2..entry + 8].copy_from_slice(&[4, 0, 1, 0, 0, 0]);
    bytes[entry + 8..entry + 12].copy_from_slice(&value.to_le_bytes());
    bytes
}

#[test]
fn tiff_values_are_those_that_are_stored_whatever_they_mean() {
    const PHOTOMETRIC: u16 = 262;
    let expected = Stack::open(golden("uint8.tif")).unwrap();
    for (meaning, is_image) in [(0, true), (1, true), (3, false)] {
        let (_folder, path) = written("a.tif", &with_tag("uint8.tif", PHOTOMETRIC, meaning));
        let labels = Stack::open_labels(&path).unwrap();
        assert_eq!(labels.slice(0.into()).unwrap(), expected.slice(0.into()).unwrap());
        assert_eq!(Stack::open(&path).is_ok(), is_image);
    }
}

/// What is cut short says so, whatever its reader calls it, and everything names a remedy.
#[test]
fn messages_about_broken_files_need_no_knowledge_of_their_readers() {
    let cut = |name: &str, length: usize| golden_bytes(name)[..length].to_vec();
    let nifti = golden_bytes("scaled.nii");
    for (name, bytes) in [
        ("a.tif", cut("uint16_lzw.tif", 200)),
        ("a.png", cut("png8/9.png", 60)),
        ("a.nii", nifti[..300].to_vec()),
        ("a.nii.gz", cut("uint8.nii.gz", 60)),
        ("a.dcm", cut("dicom_explicit/1", 137)),
        ("a.npy", cut("f64.npy", 150)),
    ] {
        let message = refused(name, &bytes).to_string();
        assert!(message.contains("again"), "{message}");
        for raw in ["fill whole buffer", "unexpected end of file", "expected value"] {
            assert!(!message.contains(raw), "{message}");
        }
    }
    let mut marked = nifti;
    marked[344..348].copy_from_slice(b"xx\0\0");
    let message = refused("a.nii", &marked).to_string();
    assert!(message.contains("neither mark, n+1 nor ni1 (one of Analyze"), "{message}");
    let message = refused("a.npy", &patched("f64.npy", 12, b"@@@@")).to_string();
    assert!(
        message.contains("is not a readable .npy file") && message.contains("anew"),
        "{message}"
    );
}

#[test]
fn tiff_pages_that_lead_back_to_the_first_are_refused() {
    let mut bytes = golden_bytes("uint8.tif");
    let (at, entries) = directory(&bytes);
    let next = at + 2 + 12 * entries;
    bytes[next..next + 4].copy_from_slice(&u32::try_from(at).unwrap().to_le_bytes());
    assert!(matches!(refused("a.tif", &bytes), Error::Decode { format: "TIFF file", .. }));
}

#[test]
fn tiff_pages_of_a_size_that_cannot_lie_in_the_file_are_refused() {
    const WIDTH: u16 = 256;
    const STRIP: u16 = 273;
    for width in [0, 1 << 20, u32::MAX] {
        refused("a.tif", &with_tag("uint8.tif", WIDTH, width));
    }
    // The pixels begin past the end of the file.
    for place in [1 << 20, u32::MAX] {
        refused("a.tif", &with_tag("uint8.tif", STRIP, place));
    }
}

#[test]
fn tiff_pages_of_another_type_are_refused_in_both_ways_of_reading() {
    // Tag 339 (SampleFormat), one u16: the first of three pages of floats says 2, integers.
    let mut bytes = golden_bytes("float32_zlib_3.tif");
    let (at, _) = directory(&bytes);
    let tag = at + place(&bytes[at..at + 256], b"\x53\x01\x03\0\x01\0\0\0\x03\0");
    bytes[tag + 8] = 2;
    // Prediction of floats does not go with integers.
    let tag = at + place(&bytes[at..at + 256], b"\x3D\x01\x03\0\x01\0\0\0\x03\0");
    bytes[tag + 8] = 1;
    let error = refused("a.tif", &bytes);
    let is_uneven = matches!(
        error,
        Error::UnevenSlices { found: (4, 5, "float32"), expected: (4, 5, "int32"), .. }
    );
    assert!(is_uneven, "{error}");
}

fn npy(header: &str, values: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), values].concat()
}

#[test]
fn numpy_headers_that_promise_too_much_are_refused() {
    for order in ["False", "True"] {
        let header = |shape: &str| {
            format!("{{'descr': '<u2', 'fortran_order': {order}, 'shape': {shape}, }}\n")
        };
        for shape in ["(1000000, 1000000, 1000000)", "(3, 4, 18446744073709551615)", "(3, 4, 5)"] {
            refused("a.npy", &npy(&header(shape), &[0; 100]));
        }
        for shape in ["(4,)", "(1, 2, 3, 4)", "()", "(0, 4, 5)", "(3, 0, 5)"] {
            refused("a.npy", &npy(&header(shape), &[0; 100]));
        }
    }
}

#[test]
fn numpy_headers_that_are_none_are_refused() {
    let complex = "{'descr': '<c8', 'fortran_order': False, 'shape': (1, 1, 1), }\n";
    assert!(matches!(refused("a.npy", &npy(complex, &[0; 8])), Error::VoxelType { .. }));
    let object = "{'descr': '|O', 'fortran_order': False, 'shape': (1, 1, 1), }\n";
    let fields = "{'descr': [('a', '<u2')], 'fortran_order': False, 'shape': (1, 1, 1), }\n";
    let nested = format!("{{'descr': {}", "{".repeat(64));
    for header in [object, fields, "", "{", "{}", "[[[[", &"(".repeat(60_000), &nested] {
        refused("a.npy", &npy(header, &[0; 8]));
    }
}

#[test]
fn a_numpy_header_of_four_gib_is_refused() {
    for version in [b"\x01\0", b"\x02\0", b"\x03\0"] {
        refused("a.npy", &[&b"\x93NUMPY"[..], version, &[0xFF; 4], b"{'descr'"].concat());
    }
}

#[cfg(unix)]
#[test]
fn what_never_ends_is_not_read() {
    use qunet_stack::LabelMap;
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.png");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let image = Stack::open(golden("uint8.tif")).unwrap();
    for path in [Path::new("/dev/zero"), &pipe] {
        assert!(Stack::open(path).unwrap_err().to_string().contains("a device, a pipe"));
        assert!(SliceStream::open(path).is_err() && LabelMap::open_binary(path, &image).is_err());
    }
    // In a folder it is left out.
    assert!(matches!(Stack::open(folder.path()), Err(Error::EmptyFolder { .. })));
}

/// A header of NIfTI-1 with three axes of u8 voxels, and its four bytes of no extension.
fn nifti_header([width, height, slices]: [i16; 3]) -> Vec<u8> {
    let mut bytes = vec![0; 352];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(0, &348i32.to_le_bytes());
    for (axis, length) in [3, width, height, slices].into_iter().enumerate() {
        put(40 + 2 * axis, &length.to_le_bytes());
    }
    put(70, &2i16.to_le_bytes());
    put(72, &8i16.to_le_bytes());
    [80, 84, 88].into_iter().for_each(|at| put(at, &1f32.to_le_bytes()));
    put(108, &352f32.to_le_bytes());
    put(344, b"n+1\0");
    bytes
}

/// The header and this many zeros, packed: a thousandth of them.
fn bomb(shape: [i16; 3], zeros: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&nifti_header(shape)).unwrap();
    let block = vec![0; 1 << 20];
    (0..zeros >> 20).for_each(|_| encoder.write_all(&block).unwrap());
    encoder.write_all(&block[..zeros % (1 << 20)]).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_packed_file_that_goes_on_and_on_takes_no_more_memory() {
    // Half a GiB after the four voxels of the header is read over, for the checksum at its end.
    let (_folder, path) = written("bomb.nii.gz", &bomb([2, 2, 1], 1 << 29));
    assert_eq!(Stack::open(&path).unwrap().shape(), [1, 2, 2]);
    check_memory();
    // Half a GiB of voxels, a slice at a time.
    fs::write(&path, bomb([1024, 1024, 512], 1 << 29)).unwrap();
    assert_eq!(SliceStream::open(&path).unwrap().range().unwrap(), (0.0, 0.0));
    check_memory();
}

#[test]
fn a_small_packed_file_that_promises_much_is_refused() {
    let error = refused("bomb.nii.gz", &bomb([32_767, 32_767, 32_767], 4 << 20));
    assert!(matches!(error, Error::CutShort { expected: 35_181_150_961_663, .. }), "{error}");
}
