//! What the directories of a TIFF file say that its decoder does not tell, and how the decoder is
//! kept from changing values.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::Error;
use crate::source::Purpose;

const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const DESCRIPTION: u16 = 270;
const WHITE_IS_ZERO: u64 = 0;
const BLACK_IS_ZERO: u8 = 1;
const PALETTE: u64 = 3;
/// A longer description is not one.
const LONGEST: u64 = 1 << 20;
/// Ways of packing that are not read, by number.
const UNREAD: [(u64, &str); 9] = [
    (6, "old JPEG"),
    (7, "JPEG"),
    (34_712, "JPEG 2000"),
    (34_887, "LERC"),
    (34_925, "LZMA"),
    (34_926, "zstd"),
    (50_000, "zstd"),
    (50_001, "WebP"),
    (50_002, "JPEG XL"),
];

/// What is read of all directories.
#[derive(Debug, Default)]
pub(super) struct Directories {
    /// How values are packed, of each page.
    packings: Vec<u64>,
    /// What the values of each page mean, where that is said and in how many bytes.
    meanings: Vec<Meaning>,
    /// The text with the first page.
    pub(super) description: Option<String>,
    big_endian: bool,
}

#[derive(Clone, Copy, Debug)]
struct Meaning {
    meaning: u64,
    place: u64,
    bytes: usize,
}

impl Directories {
    /// Reads as far as the file makes sense; what is wrong with it the decoder tells.
    pub(super) fn read(path: &Path, file: &File) -> Result<Self, Error> {
        let cannot_read = |source| Error::Read { path: path.to_owned(), source };
        let length = file.metadata().map_err(cannot_read)?.len();
        let mut found = Self::default();
        match Reader::new(file, length).and_then(|mut reader| found.fill(&mut reader)) {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(cannot_read(error)),
            _ => Ok(found),
        }
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> io::Result<()> {
        self.big_endian = reader.big_endian;
        let mut seen = HashSet::new();
        let mut next = reader.first()?;
        while next != 0 && seen.insert(next) {
            reader.go_to(next)?;
            let (entries, size) =
                if reader.big { (reader.number(8)?, 20) } else { (reader.number(2)?, 12) };
            let start = reader.at;
            for entry in 0..entries {
                let at = start + entry * size;
                reader.go_to(at)?;
                self.entry(reader, at)?;
            }
            reader.go_to(start.saturating_add(entries.saturating_mul(size)))?;
            next = reader.offset()?;
        }
        Ok(())
    }

    fn entry(&mut self, reader: &mut Reader<'_>, at: u64) -> io::Result<()> {
        let (tag, kind, count) = (reader.number(2)? as u16, reader.number(2)?, reader.offset()?);
        let place = at + if reader.big { 12 } else { 8 };
        // A value of 16 or 32 bits is in its entry.
        let bytes = if kind == 3 { 2 } else { 4 };
        match tag {
            COMPRESSION => self.packings.push(reader.number(bytes)?),
            PHOTOMETRIC => {
                let meaning = reader.number(bytes)?;
                self.meanings.push(Meaning { meaning, place, bytes });
            }
            DESCRIPTION if self.description.is_none() && count <= LONGEST => {
                let inside = if reader.big { 8 } else { 4 };
                let from = if count <= inside { place } else { reader.offset()? };
                let back = reader.at;
                reader.go_to(from)?;
                let mut text = Vec::new();
                reader.file.take(count).read_to_end(&mut text)?;
                self.description = Some(String::from_utf8_lossy(&text).into_owned());
                reader.go_to(back)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Refuses what the decoder would refuse in words of its own.
    pub(super) fn check(&self, path: &Path, purpose: Purpose) -> Result<(), Error> {
        let unsupported =
            |what, remedy| Err(Error::Unsupported { path: path.to_owned(), what, remedy });
        let unread = |packing: &u64| UNREAD.iter().find(|(number, _)| number == packing);
        if let Some((_, name)) = self.packings.iter().find_map(unread) {
            let what = format!("pages packed as {name}");
            return unsupported(what, "save it unpacked, or with deflate or LZW");
        }
        let palette = self.meanings.iter().any(|said| said.meaning == PALETTE);
        if palette && purpose == Purpose::Image {
            let what = "indices into a colour table, which are no grey values".to_owned();
            return unsupported(
                what,
                "save an image as grey; as a mask or label map the file is read, by its indices",
            );
        }
        Ok(())
    }

    /// Bytes by which the decoder takes values for grey that grow from black.
    pub(super) fn patches(&self) -> Vec<(u64, u8)> {
        let turned = |said: &&Meaning| matches!(said.meaning, WHITE_IS_ZERO | PALETTE);
        let patch = |&Meaning { place, bytes, .. }: &Meaning| {
            let last = bytes as u64 - 1;
            let lowest = if self.big_endian { last } else { 0 };
            let byte = move |at: u64| if at == lowest { BLACK_IS_ZERO } else { 0 };
            (0..=last).map(move |at| (place + at, byte(at)))
        };
        self.meanings.iter().filter(turned).flat_map(patch).collect()
    }
}

/// Numbers of a file in its byte order, and of the width of its offsets.
struct Reader<'a> {
    file: &'a File,
    at: u64,
    length: u64,
    big_endian: bool,
    /// BigTIFF, with offsets of 64 bits.
    big: bool,
}

impl<'a> Reader<'a> {
    fn new(file: &'a File, length: u64) -> io::Result<Self> {
        let mut reader = Self { file, at: 0, length, big_endian: false, big: false };
        reader.go_to(0)?;
        reader.big_endian = reader.number(2)? == u64::from(u16::from_le_bytes(*b"MM"));
        reader.big = reader.number(2)? == 43;
        Ok(reader)
    }

    /// Where the first directory is.
    fn first(&mut self) -> io::Result<u64> {
        self.go_to(if self.big { 8 } else { 4 })?;
        self.offset()
    }

    fn offset(&mut self) -> io::Result<u64> {
        self.number(if self.big { 8 } else { 4 })
    }

    fn number(&mut self, bytes: usize) -> io::Result<u64> {
        let mut number = [0; 8];
        self.file.read_exact(&mut number[..bytes])?;
        self.at += bytes as u64;
        Ok(if self.big_endian {
            number[..bytes].iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
        } else {
            u64::from_le_bytes(number)
        })
    }

    fn go_to(&mut self, at: u64) -> io::Result<()> {
        if at > self.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at = self.file.seek(SeekFrom::Start(at))?;
        Ok(())
    }
}

/// A file of which some bytes are read otherwise than they are.
#[derive(Debug)]
pub(super) struct Patched<R> {
    file: R,
    at: u64,
    /// Places and bytes, in order of place.
    patches: Vec<(u64, u8)>,
}

impl<R: Seek> Patched<R> {
    pub(super) fn new(file: R, mut patches: Vec<(u64, u8)>) -> Self {
        patches.sort_unstable();
        // The decoder begins with a step to the start.
        Self { file, at: u64::MAX, patches }
    }
}

impl<R: Read + Seek> Read for Patched<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.at == u64::MAX {
            self.at = self.file.seek(SeekFrom::Start(0))?;
        }
        let read = self.file.read(bytes)?;
        let end = self.at + read as u64;
        let first = self.patches.partition_point(|(place, _)| *place < self.at);
        for (place, byte) in self.patches[first..].iter().take_while(|(place, _)| *place < end) {
            bytes[(place - self.at) as usize] = *byte;
        }
        self.at = end;
        Ok(read)
    }
}

impl<R: Seek> Seek for Patched<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}
