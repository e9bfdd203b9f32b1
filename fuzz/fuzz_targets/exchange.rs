//! Masks in the codes of annotators' programs: COCO's run lengths and Label Studio's brushes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qunet_exchange::coco::{Rle, decode_text, encode_text};
use qunet_exchange::label_studio::decode_brush;

fuzz_target!(|data: &[u8]| {
    if let Ok(mask) = decode_brush(data, (5, 7)) {
        assert_eq!(mask.dim(), (5, 7));
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(rle) = decode_text(text)
        && let Ok(mask) = rle.decode((5, 7))
    {
        assert_eq!(Rle::encode(&mask).decode((5, 7)).unwrap(), mask);
        assert_eq!(decode_text(&encode_text(&rle)).unwrap(), rle);
    }
});
