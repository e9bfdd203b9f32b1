//! What the directories of a TIFF file say that its decoder does not tell, and how the decoder is
//! kept from changing values.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::description::Refusal;
use super::tiles::Tiles;
use crate::Error;
use crate::source::Purpose;

const KIND: u16 = 254;
const OLD_KIND: u16 = 255;
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const DESCRIPTION: u16 = 270;
const STRIPS: u16 = 273;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
const LZW: u64 = 5;
const LOWEST_BIT_FIRST: u64 = 2;
const WHITE_IS_ZERO: u64 = 0;
const BLACK_IS_ZERO: u32 = 1;
const PALETTE: u64 = 3;
/// Bits of the kind of a page, and an old kind.
const IS_REDUCED: u64 = 1;
const IS_TRANSPARENCY: u64 = 4;
const OLD_REDUCED: u64 = 2;
/// The numbers that are read.
const NUMBERS: [u16; 10] = [
    KIND,
    OLD_KIND,
    WIDTH,
    HEIGHT,
    COMPRESSION,
    PHOTOMETRIC,
    FILL_ORDER,
    STRIPS,
    TILE_WIDTH,
    TILE_HEIGHT,
];
/// The kind of a number of 32 bits.
const LONG: u16 = 4;
/// What is behind is cut off, which no OME description bears unnoticed.
const LONGEST: u64 = 1 << 26;
/// Of later pages only the start is of use, where tifffile names the shape of a series.
const LONGEST_OF_LATER: u64 = 256;
/// Ways of packing that are not read, by number.
const UNREAD: [(u64, &str); 11] = [
    (2, "CCITT fax"),
    (3, "CCITT fax of group 3"),
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
    pages: Vec<Page>,
    big_endian: bool,
}

/// What is read of the directory of a page.
#[derive(Debug, Default)]
struct Page {
    entries: Vec<Entry>,
    texts: Vec<String>,
}

/// A number of a directory.
#[derive(Clone, Copy, Debug)]
struct Entry {
    tag: u16,
    value: u64,
    /// Where its kind and its value are in the file.
    kind_at: u64,
    value_at: u64,
}

impl Page {
    fn number(&self, tag: u16) -> Option<u64> {
        self.entries.iter().rev().find(|entry| entry.tag == tag).map(|entry| entry.value)
    }

    fn is_reduced(&self) -> bool {
        let kind = self.number(KIND).unwrap_or_default();
        kind & IS_REDUCED != 0 || self.number(OLD_KIND) == Some(OLD_REDUCED)
    }

    fn is_transparency(&self) -> bool {
        self.number(KIND).unwrap_or_default() & IS_TRANSPARENCY != 0
    }

    fn size(&self) -> [u64; 2] {
        [HEIGHT, WIDTH].map(|tag| self.number(tag).unwrap_or_default())
    }

    /// The tiles of a page that is packed with LZW.
    fn tiles(&self) -> Option<Tiles> {
        let tiled = self.number(COMPRESSION) == Some(LZW) && self.number(STRIPS).is_none();
        let tile = [self.number(TILE_HEIGHT)?, self.number(TILE_WIDTH)?];
        Tiles::new(self.size(), tile).filter(|_| tiled)
    }

    /// What the decoder is to read otherwise than it is.
    fn changes(&self) -> impl Iterator<Item = (&Entry, u32)> {
        let pile = self.tiles().map(|tiles| tiles.pile());
        let change = move |entry: &Entry| match (entry.tag, entry.value, pile) {
            (PHOTOMETRIC, WHITE_IS_ZERO | PALETTE, _) => Some(BLACK_IS_ZERO),
            (HEIGHT, _, Some([height, _])) => Some(height),
            (WIDTH, _, Some([_, width])) => Some(width),
            _ => None,
        };
        self.entries.iter().filter_map(move |entry| Some((entry, change(entry)?)))
    }
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
            let longest = if self.pages.is_empty() { LONGEST } else { LONGEST_OF_LATER };
            let mut page = Page::default();
            let filled = page.fill(reader, entries, longest);
            self.pages.push(page);
            filled?;
            reader.go_to(start.saturating_add(entries.saturating_mul(size)))?;
            next = reader.offset()?;
        }
        Ok(())
    }

    /// Of so many pages those that are slices: smaller copies of others are left out, where not all
    /// are such.
    pub(super) fn slices(&self, pages: usize) -> Result<Vec<usize>, Refusal> {
        let is = |page: usize, kind: fn(&Page) -> bool| self.pages.get(page).is_some_and(kind);
        let transparency = |&page: &usize| is(page, Page::is_transparency);
        if let Some(page) = (0..pages).find(transparency)
            && !(0..pages).all(|page| transparency(&page))
        {
            let what = format!("a page (number {}) of the transparency of another", page + 1);
            return Err(Refusal { what, remedy: "save it without transparency" });
        }
        let (reduced, slices): (Vec<_>, Vec<_>) =
            (0..pages).partition(|&page| is(page, Page::is_reduced));
        let Some(&first) = slices.first() else { return Ok(reduced) };
        let size = |page: usize| self.pages.get(page).map(Page::size).unwrap_or_default();
        match reduced.iter().find(|&&page| size(page) == size(first)) {
            Some(page) => {
                let what = format!(
                    "a page (number {}) that is marked as a smaller copy (NewSubfileType 1) and is \
                     as large as the others",
                    page + 1
                );
                Err(Refusal { what, remedy: "save it without that mark, or without that page" })
            }
            None => Ok(slices),
        }
    }

    /// The texts of a page.
    pub(super) fn texts(&self, page: usize) -> impl Iterator<Item = &str> {
        self.pages.get(page).into_iter().flat_map(|page| &page.texts).map(String::as_str)
    }

    /// Refuses what the decoder would refuse in words of its own.
    pub(super) fn check(&self, path: &Path, purpose: Purpose) -> Result<(), Error> {
        let unsupported =
            |what, remedy| Err(Error::Unsupported { path: path.to_owned(), what, remedy });
        let numbers = |tag| self.pages.iter().filter_map(move |page| page.number(tag));
        let unread = |packing| UNREAD.iter().find(|(number, _)| *number == packing);
        if let Some((_, name)) = numbers(COMPRESSION).find_map(unread) {
            let what = format!("pages packed as {name}");
            return unsupported(what, "save it unpacked, or with deflate or LZW");
        }
        if numbers(FILL_ORDER).any(|order| order == LOWEST_BIT_FIRST) {
            let what = "bytes whose lowest bit comes first (FillOrder 2)".to_owned();
            return unsupported(
                what,
                "save it anew with the highest first, as tiffcp -f msb2lsb does",
            );
        }
        let palette = numbers(PHOTOMETRIC).any(|meaning| meaning == PALETTE);
        if palette && purpose == Purpose::Image {
            let what = "indices into a colour table, which are no grey values".to_owned();
            return unsupported(
                what,
                "save an image as grey; as a mask or label map the file is read, by its indices",
            );
        }
        Ok(())
    }

    /// The tiles of each page that the decoder takes for a pile of them.
    pub(super) fn tiles(&self) -> Vec<Option<Tiles>> {
        self.pages.iter().map(Page::tiles).collect()
    }

    /// Bytes by which the decoder takes values for grey that grow from black, and tiles that are
    /// packed with LZW for a pile.
    pub(super) fn patches(&self) -> Vec<(u64, u8)> {
        let changes = self.pages.iter().flat_map(Page::changes);
        changes.flat_map(|(entry, value)| self.patch(entry, value)).collect()
    }

    /// Bytes by which an entry holds another number.
    fn patch(&self, entry: &Entry, value: u32) -> impl Iterator<Item = (u64, u8)> {
        let (kind, value) = match self.big_endian {
            true => (LONG.to_be_bytes(), value.to_be_bytes()),
            false => (LONG.to_le_bytes(), value.to_le_bytes()),
        };
        (entry.kind_at..).zip(kind).chain((entry.value_at..).zip(value))
    }
}

impl Page {
    /// From the entries that the reader is at.
    fn fill(&mut self, reader: &mut Reader<'_>, entries: u64, longest: u64) -> io::Result<()> {
        let (start, size) = (reader.at, if reader.big { 20 } else { 12 });
        for entry in 0..entries {
            reader.go_to(start + entry * size)?;
            self.entry(reader, longest)?;
        }
        Ok(())
    }

    fn entry(&mut self, reader: &mut Reader<'_>, longest: u64) -> io::Result<()> {
        let tag = reader.number(2)? as u16;
        let (kind_at, kind, count) = (reader.at, reader.number(2)?, reader.offset()?);
        let value_at = reader.at;
        if NUMBERS.contains(&tag) {
            let bytes = match kind {
                1 => 1,
                3 => 2,
                16 if reader.big => 8,
                _ => 4,
            };
            let value = reader.number(bytes)?;
            self.entries.push(Entry { tag, value, kind_at, value_at });
        }
        if tag == DESCRIPTION {
            let inside = if reader.big { 8 } else { 4 };
            let from = if count <= inside { value_at } else { reader.offset()? };
            reader.go_to(from)?;
            let mut text = Vec::new();
            reader.file.take(count.min(longest)).read_to_end(&mut text)?;
            self.texts.push(String::from_utf8_lossy(&text).into_owned());
        }
        Ok(())
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
