//! The bytes that the elements of a file lie in: those of the file or, behind its file group, what
//! they are when they are unpacked.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::DeflateDecoder;

use crate::Error;

/// The bytes of a file, in which one can go to any place.
#[derive(Debug)]
pub(super) enum Content {
    Stored(File),
    Deflated(Box<Deflated>),
}

impl Content {
    /// Of a file that is deflated from this place on, if from any.
    pub(super) fn open(path: &Path, deflated: Option<u64>) -> Result<Self, Error> {
        let cannot_read = |source| Error::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(cannot_read)?;
        Ok(match deflated {
            None => Self::Stored(file),
            Some(start) => {
                Self::Deflated(Box::new(Deflated::new(file, start).map_err(cannot_read)?))
            }
        })
    }

    /// How many bytes there are. Deflated ones are counted, which takes no memory, so that lengths
    /// can be checked against what there is.
    pub(super) fn length(path: &Path, deflated: Option<u64>) -> Result<u64, Error> {
        match Self::open(path, deflated)? {
            Self::Stored(file) => file.metadata().map(|data| data.len()),
            Self::Deflated(mut content) => {
                io::copy(&mut content, &mut io::sink()).map(|_| content.at)
            }
        }
        .map_err(|source| Error::reading(path, source))
    }
}

impl Read for Content {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(file) => file.read(bytes),
            Self::Deflated(content) => content.read(bytes),
        }
    }
}

impl Seek for Content {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Stored(file) => file.seek(to),
            Self::Deflated(content) => content.seek(to),
        }
    }
}

/// A deflated data set. Whoever goes back in it begins anew.
#[derive(Debug)]
pub(super) struct Deflated {
    unpacked: DeflateDecoder<File>,
    /// Where it begins, in the file and in what is unpacked.
    start: u64,
    at: u64,
}

impl Deflated {
    fn new(mut file: File, start: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(start))?;
        Ok(Self { unpacked: DeflateDecoder::new(file), start, at: start })
    }
}

impl Read for Deflated {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.unpacked.read(bytes)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Deflated {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(step) => self.at.checked_add_signed(step),
            // Nobody knows the end before all of it is unpacked.
            SeekFrom::End(_) => None,
        };
        let place = place.filter(|&place| place >= self.start);
        let place = place.ok_or(io::ErrorKind::InvalidInput)?;
        if place < self.at {
            *self = Self::new(self.unpacked.get_ref().try_clone()?, self.start)?;
        }
        let between = place - self.at;
        io::copy(&mut self.by_ref().take(between), &mut io::sink())?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;

    use super::*;

    #[test]
    #[allow(clippy::unwrap_used)]
    fn places_of_a_deflated_file_are_those_of_its_bytes() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"group").unwrap();
        let mut packed = DeflateEncoder::new(&mut file, Compression::default());
        packed.write_all(b"0123456789").unwrap();
        packed.finish().unwrap();
        let mut content = Content::open(file.path(), Some(5)).unwrap();
        assert_eq!(Content::length(file.path(), Some(5)).unwrap(), 15);
        let mut at = |place| {
            assert_eq!(content.seek(place).unwrap(), 5 + 3);
            let mut bytes = [0; 2];
            content.read_exact(&mut bytes).unwrap();
            assert_eq!(&bytes, b"34");
        };
        [SeekFrom::Start(8), SeekFrom::Current(-2), SeekFrom::Start(8)]
            .into_iter()
            .for_each(&mut at);
        assert!(content.seek(SeekFrom::Start(4)).is_err());
        assert!(content.seek(SeekFrom::End(0)).is_err());
    }
}
