//! Text as the description of a TIFF file of one page, behind which lie two more planes: read, or
//! refused, at once as in a stream.
#![no_main]

/// Width, height, bits, packing and meaning of a page, its text, where its values lie, and how many
/// they are, in order of their tags; 4 x 3 values of 8 bits.
const TAGS: [(u16, u16); 9] =
    [(256, 4), (257, 3), (258, 8), (259, 1), (262, 1), (270, 0), (273, 0), (278, 3), (279, 12)];
const PLANES: usize = 3;

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let directory = 8u32;
    let values = directory + 2 + 12 * TAGS.len() as u32 + 4;
    let description = values + PLANES as u32 * 12;
    let mut file = b"II*\0".to_vec();
    file.extend(directory.to_le_bytes());
    file.extend((TAGS.len() as u16).to_le_bytes());
    for (tag, value) in TAGS {
        let (kind, count, value) = match tag {
            // Four bytes and less would lie in the entry itself.
            270 => (2u16, text.len().max(5) as u32, description),
            273 => (4, 1, values),
            _ => (4, 1, u32::from(value)),
        };
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    file.extend((0..12 * PLANES).map(|value| value as u8));
    file.extend(text);
    file.extend([0; 5]);
    qunet_fuzz::readers::check_file("pages.tif", &file);
});
