//! A first walk over the elements of a DICOM file: the reader proper asks for as much memory as an
//! element says it is long, so that every length is checked against the file before.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::syntax;
use crate::Error;

/// The preamble and the mark.
const START: u64 = 132;
const UNDEFINED: u32 = u32::MAX;
/// The reader proper calls itself for each level.
const DEEPEST: usize = 32;
const ITEM: u32 = 0xFFFE_E000;
const ITEM_END: u32 = 0xFFFE_E00D;
const SEQUENCE_END: u32 = 0xFFFE_E0DD;
/// The group of the elements about the file itself.
const FILE_GROUP: u16 = 2;
const FILE_GROUP_LENGTH: u32 = 0x0002_0000;
const TRANSFER_SYNTAX: u32 = 0x0002_0010;
const PIXEL_DATA: u32 = 0x7FE0_0010;
const IMPLICIT_LITTLE: &str = "1.2.840.10008.1.2";
const EXPLICIT_BIG: &str = "1.2.840.10008.1.2.2";
/// Value representations with a length of 16 bits; every other, known or not, has 32 bits.
const SHORT: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"PN",
    b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
];

/// Where the pixels of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PixelData {
    pub(super) offset: u64,
    /// Bytes; `None` where they are packed in fragments.
    pub(super) length: Option<u64>,
    pub(super) big_endian: bool,
}

/// Checks the transfer syntax and the length of every element; where the pixels are, or `None`
/// without any.
pub(super) fn walk(path: &Path) -> Result<Option<PixelData>, Error> {
    let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let broken = |source: io::Error| match source.kind() {
        io::ErrorKind::InvalidData => Error::decode(path, "DICOM file", source),
        _ => Error::decode(path, "DICOM file", io::Error::new(source.kind(), "it is cut short")),
    };
    let mut walk = Walk::new(file).map_err(broken)?;
    let uid = walk.file_group().map_err(broken)?;
    syntax::check(path, &uid)?;
    walk.data_set(&uid).map_err(broken)
}

struct Walk {
    file: BufReader<File>,
    at: u64,
    length: u64,
    big_endian: bool,
    explicit: bool,
    /// Where each open sequence or item ends; the end of the file where that is not stated.
    open: Vec<(u64, bool)>,
}

struct Element {
    tag: u32,
    sequence: bool,
    length: u32,
}

impl Walk {
    fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        let mut file = BufReader::new(file);
        file.seek_relative(START as i64)?;
        let (big_endian, explicit) = (false, true);
        Ok(Self { file, at: START, length, big_endian, explicit, open: Vec::new() })
    }

    /// The file's own elements, always explicit and little-endian: the transfer syntax of the rest.
    fn file_group(&mut self) -> io::Result<String> {
        let mut syntax = String::new();
        let mut end = None;
        while self.at < self.length && self.peek_group()? == FILE_GROUP {
            let element = self.header()?;
            self.close_ended(&element)?;
            if element.sequence || element.length == UNDEFINED {
                return Err(broken("its file group holds a sequence"));
            }
            match element.tag {
                TRANSFER_SYNTAX => syntax = self.text(element.length)?,
                FILE_GROUP_LENGTH if element.length == 4 => {
                    end = Some(u64::from(self.long()?) + self.at);
                }
                _ => self.skip(element.length)?,
            }
        }
        // The reader proper relies on that length.
        if end.is_some_and(|end| end != self.at) {
            return Err(broken("its file group is not as long as it says"));
        }
        Ok(syntax)
    }

    /// Everything after the file group.
    fn data_set(&mut self, syntax: &str) -> io::Result<Option<PixelData>> {
        self.explicit = syntax != IMPLICIT_LITTLE;
        self.big_endian = syntax == EXPLICIT_BIG;
        let mut pixels = None;
        while self.at < self.length {
            let element = self.header()?;
            self.close_ended(&element)?;
            match element.tag {
                PIXEL_DATA if self.open.is_empty() => {
                    let length = (element.length != UNDEFINED).then_some(element.length.into());
                    let (offset, big_endian) = (self.at, self.big_endian);
                    pixels = Some(PixelData { offset, length, big_endian });
                    self.value(&element)?;
                }
                ITEM_END | SEQUENCE_END => {
                    self.open.pop();
                }
                _ => self.value(&element)?,
            }
            while self.open.last().is_some_and(|&(end, _)| end <= self.at) {
                self.open.pop();
            }
        }
        Ok(pixels)
    }

    /// Nothing may reach beyond what holds it.
    fn close_ended(&self, element: &Element) -> io::Result<()> {
        let end = self.open.last().map_or(self.length, |&(end, _)| end);
        let beyond = |length: u32| self.at + u64::from(length) > end;
        if element.length != UNDEFINED && beyond(element.length) {
            let (group, number) = (element.tag >> 16, element.tag & 0xFFFF);
            let length = element.length;
            return Err(broken(&format!(
                "element ({group:04X},{number:04X}) says it is {length} bytes long, which is more than there are"
            )));
        }
        Ok(())
    }

    /// Goes over a value, or into it where it holds elements.
    fn value(&mut self, element: &Element) -> io::Result<()> {
        if !(element.sequence || element.tag == ITEM || element.length == UNDEFINED) {
            return self.skip(element.length);
        }
        let packed = element.tag == PIXEL_DATA;
        // The items of packed pixels are bytes.
        if element.tag == ITEM && self.open.last().is_some_and(|&(_, packed)| packed) {
            return self.skip(element.length);
        }
        if self.open.len() == DEEPEST {
            return Err(broken("its sequences are nested too deeply"));
        }
        let outer = self.open.last().map_or(self.length, |&(end, _)| end);
        let end = match element.length {
            UNDEFINED => outer,
            length => self.at + u64::from(length),
        };
        self.open.push((end, packed));
        Ok(())
    }

    fn header(&mut self) -> io::Result<Element> {
        let tag = (u32::from(self.number()?) << 16) | u32::from(self.number()?);
        if matches!(tag, ITEM | ITEM_END | SEQUENCE_END) || !self.explicit {
            let length = self.long()?;
            let sequence = tag >> 16 != 0xFFFE && self.starts_with_item(length)?;
            return Ok(Element { tag, sequence, length });
        }
        let kind: [u8; 2] = self.bytes()?;
        if SHORT.contains(&&kind) {
            let length = u32::from(self.number()?);
            return Ok(Element { tag, sequence: false, length });
        }
        self.bytes::<2>()?;
        let length = self.long()?;
        if &kind == b"UN" && length == UNDEFINED {
            return Err(broken("an element of unknown type has no stated length"));
        }
        Ok(Element { tag, sequence: &kind == b"SQ", length })
    }

    /// Where types are not stated a sequence shows by what it starts with.
    fn starts_with_item(&mut self, length: u32) -> io::Result<bool> {
        use io::BufRead;
        let start = self.file.fill_buf()?;
        Ok(length >= 8 && start.starts_with(&[0xFE, 0xFF, 0x00, 0xE0]))
    }

    fn peek_group(&mut self) -> io::Result<u16> {
        let group = self.number()?;
        self.file.seek_relative(-2)?;
        self.at -= 2;
        Ok(group)
    }

    fn text(&mut self, length: u32) -> io::Result<String> {
        let mut text = vec![0; usize::from(length.min(128) as u16)];
        self.file.read_exact(&mut text)?;
        self.at += text.len() as u64;
        self.skip(length - text.len() as u32)?;
        let text = String::from_utf8_lossy(&text);
        Ok(text.trim_end_matches(['\0', ' ']).to_owned())
    }

    fn skip(&mut self, length: u32) -> io::Result<()> {
        self.file.seek_relative(i64::from(length))?;
        self.at += u64::from(length);
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn number(&mut self) -> io::Result<u16> {
        let bytes = self.bytes()?;
        Ok(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn long(&mut self) -> io::Result<u32> {
        let bytes = self.bytes()?;
        Ok(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
