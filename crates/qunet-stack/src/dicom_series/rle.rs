//! RLE Lossless (PS3.5 annex G): the bytes of a value apart, each run-length encoded.

/// Bytes of the header: how many segments there are, and where up to fifteen of them start.
const HEADER: usize = 64;

/// One frame of values of `size` bytes in this machine's order, `length` bytes in all. `None` where the
/// fragment holds another number of segments or too few bytes.
pub(super) fn decode(fragment: &[u8], size: usize, length: usize) -> Option<Vec<u8>> {
    let (header, _) = fragment.split_first_chunk::<HEADER>()?;
    let mut words = header.chunks_exact(4).map(|word| word.iter().rev());
    let mut next =
        || words.next().map(|word| word.fold(0, |number, &byte| number << 8 | usize::from(byte)));
    if next()? != size {
        return None;
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).ok()?;
    bytes.resize(length, 0);
    // The first segment holds the highest bytes.
    for segment in 0..size {
        let place = if cfg!(target_endian = "big") { segment } else { size - 1 - segment };
        let segment = fragment.get(next()?..)?;
        let values = bytes.iter_mut().skip(place).step_by(size);
        unpack(segment, values)?;
    }
    Some(bytes)
}

/// Fills all values from one segment.
fn unpack<'a>(segment: &[u8], values: impl Iterator<Item = &'a mut u8>) -> Option<()> {
    let mut segment = segment.iter().copied();
    let (mut left, mut repeated) = (0u32, None);
    for value in values {
        while left == 0 {
            (left, repeated) = match segment.next()? as i8 {
                i8::MIN => (0, None),
                run @ ..0 => (1 + u32::from(run.unsigned_abs()), Some(segment.next()?)),
                literal => (1 + u32::from(literal.unsigned_abs()), None),
            };
        }
        left -= 1;
        *value = match repeated {
            Some(byte) => byte,
            None => segment.next()?,
        };
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Segments after a header that names them.
    fn fragment(segments: &[&[u8]]) -> Vec<u8> {
        let mut header = vec![segments.len() as u32];
        let mut at = HEADER as u32;
        for segment in segments {
            header.push(at);
            at += segment.len() as u32;
        }
        header.resize(HEADER / 4, 0);
        let header = header.iter().flat_map(|word| word.to_le_bytes());
        header.chain(segments.concat()).collect()
    }

    #[test]
    fn runs_and_literals_are_unpacked_high_bytes_first() {
        // Three times 1, then 2; 7, 8 and twice 9. -128 says nothing.
        let packed = fragment(&[&[0xFE, 1, 0x80, 0, 2], &[1, 7, 8, 0xFF, 9]]);
        let frame = decode(&packed, 2, 8).unwrap();
        let values = frame.chunks(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]]));
        assert!(values.eq([0x0107, 0x0108, 0x0109, 0x0209]));
    }

    #[test]
    fn what_is_missing_is_no_frame() {
        let packed = fragment(&[&[0xFE, 1, 0, 2], &[1, 7, 8, 0xFF, 9]]);
        assert!(decode(&packed, 2, 8).is_some());
        assert_eq!(decode(&packed, 2, 10), None);
        assert_eq!(decode(&packed, 1, 4), None);
        assert_eq!(decode(&packed[..HEADER - 1], 2, 8), None);
        (HEADER..packed.len()).for_each(|end| assert_eq!(decode(&packed[..end], 2, 8), None));
        let mut beyond = packed;
        beyond[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(decode(&beyond, 2, 8), None);
    }
}
