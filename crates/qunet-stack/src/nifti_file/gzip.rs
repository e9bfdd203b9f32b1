//! Packed files, and what some programs leave behind their end.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// The first byte of a member.
const MAGIC: u8 = 0x1f;

/// The members of a gzip file, one after the other. What follows the last one and is none, as
/// padding of tapes and archives, is not read, as gzip(1) does it.
#[derive(Debug)]
pub(super) struct Members<R> {
    /// The member at hand; none behind the last one.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(file: R) -> Self {
        Self { member: Some(GzDecoder::new(file)) }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        while let Some(member) = &mut self.member {
            let read = member.read(bytes)?;
            if read > 0 {
                return Ok(read);
            }
            let Some(mut file) = self.member.take().map(GzDecoder::into_inner) else { break };
            if file.fill_buf()?.first() == Some(&MAGIC) {
                self.member = Some(GzDecoder::new(file));
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn member(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        Members::new(bytes).read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn members_are_read_to_the_last_and_padding_is_not() {
        let two = [member("one "), member(""), member("two")].concat();
        assert_eq!(unpacked(&two).unwrap(), "one two");
        for padding in [&[0; 700][..], b"text", b"\0"] {
            assert_eq!(unpacked(&[&two, padding].concat()).unwrap(), "one two");
        }
    }

    #[test]
    fn a_member_that_is_cut_short_is_an_error() {
        let two = [member("one"), member("two")].concat();
        for length in [two.len() - 1, two.len() - 9, member("one").len() + 5] {
            assert!(unpacked(&two[..length]).is_err(), "{length}");
        }
    }
}
