//! A first walk over the elements of a DICOM file: the reader proper asks for as much memory as an
//! element says it is long, so that every length is checked against the file before.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use super::content::Content;
use super::syntax;
use crate::Error;

/// The preamble and the mark.
const START: u64 = 132;
const MARK: &[u8] = b"DICM";
const UNDEFINED: u32 = u32::MAX;
/// The reader proper calls itself for each level.
const DEEPEST: usize = 32;
const ITEM: u32 = 0xFFFE_E000;
const ITEM_END: u32 = 0xFFFE_E00D;
const SEQUENCE_END: u32 = 0xFFFE_E0DD;
/// The group of the elements about the file itself.
const FILE_GROUP: u16 = 2;
const TRANSFER_SYNTAX: u32 = 0x0002_0010;
const PIXEL_DATA: u32 = 0x7FE0_0010;
const ROWS: u32 = 0x0028_0010;
const EXPLICIT_LITTLE: &str = "1.2.840.10008.1.2.1";
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
    /// Whether they are words of 16 bits, whatever a pixel has.
    pub(super) words: bool,
}

/// What lies where in a file whose lengths are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Walked {
    /// The transfer syntax; of a deflated file that of what is unpacked.
    pub(super) syntax: String,
    /// Where the data set begins, if it is deflated as a whole; all places are those in what it is
    /// unpacked.
    pub(super) deflated: Option<u64>,
    pub(super) pixels: PixelData,
    /// The elements that are read, in order, the pixels last.
    pub(super) elements: Vec<Range<u64>>,
}

/// Checks the transfer syntax and the length of every element; `None` of a file without pixels.
///
/// `wanted` tells the elements that are read. All others may be whatever they are: private ones of
/// unknown type, and what lies behind the pixels.
pub(super) fn walk(path: &Path, wanted: impl Fn(u32) -> bool) -> Result<Option<Walked>, Error> {
    let broken = |source: io::Error| match source.kind() {
        io::ErrorKind::InvalidData => Error::decode(path, "DICOM file", source),
        _ => Error::decode(path, "DICOM file", io::Error::new(source.kind(), "it is cut short")),
    };
    let length = Content::length(path, None)?;
    let mut walk = Walk::new(Content::open(path, None)?, length).map_err(broken)?;
    let mut uid = walk.file_group().map_err(broken)?;
    syntax::check(path, &uid)?;
    if uid == syntax::DEFLATED {
        walk.deflated = Some(walk.at);
        walk.length = Content::length(path, walk.deflated)?;
        walk.file = BufReader::new(Content::open(path, walk.deflated)?);
        EXPLICIT_LITTLE.clone_into(&mut uid);
    }
    walk.data_set(uid, wanted).map_err(broken)
}

struct Walk {
    file: BufReader<Content>,
    deflated: Option<u64>,
    at: u64,
    length: u64,
    big_endian: bool,
    explicit: bool,
    open: Vec<Open>,
}

/// A sequence or an item that is not over.
struct Open {
    /// Where it ends; the end of what holds it where that is not stated.
    end: u64,
    /// Whether its items are packed pixels.
    packed: bool,
    /// Whether types are stated behind it.
    explicit: bool,
}

struct Element {
    tag: u32,
    sequence: bool,
    /// Of unknown type: what it holds states no types (CP-246).
    unknown: bool,
    words: bool,
    length: u32,
}

impl Walk {
    /// Behind the preamble and the mark, where the file has them.
    fn new(file: Content, length: u64) -> io::Result<Self> {
        let mut file = BufReader::new(file);
        let mut start = Vec::new();
        file.by_ref().take(START).read_to_end(&mut start)?;
        let at = if start.ends_with(MARK) { START } else { 0 };
        file.seek(SeekFrom::Start(at))?;
        let (big_endian, explicit) = (false, true);
        let open = Vec::new();
        Ok(Self { file, deflated: None, at, length, big_endian, explicit, open })
    }

    /// The file's own elements, always explicit and little-endian: the transfer syntax of the rest.
    /// How long the group says it is does not matter.
    fn file_group(&mut self) -> io::Result<String> {
        let mut syntax = None;
        while self.at < self.length && self.peek::<2>()? == FILE_GROUP.to_le_bytes() {
            let element = self.header()?;
            self.check_fits(&element)?;
            if element.sequence || element.length == UNDEFINED {
                return Err(broken("its file group holds a sequence"));
            }
            match element.tag {
                TRANSFER_SYNTAX => syntax = Some(self.text(element.length)?),
                _ => self.skip(element.length)?,
            }
        }
        match syntax {
            Some(syntax) => Ok(syntax),
            None => self.guessed(),
        }
    }

    /// The syntax of a file that does not state it: by whether its first element has a type.
    fn guessed(&mut self) -> io::Result<String> {
        let [_, _, _, _, a, b] = self.peek::<6>()?;
        let explicit = SHORT.contains(&&[a, b]);
        Ok(if explicit { EXPLICIT_LITTLE } else { IMPLICIT_LITTLE }.to_owned())
    }

    /// Everything after the file group, up to the end of the pixels.
    fn data_set(
        &mut self,
        syntax: String,
        wanted: impl Fn(u32) -> bool,
    ) -> io::Result<Option<Walked>> {
        self.explicit = syntax != IMPLICIT_LITTLE;
        self.big_endian = syntax == EXPLICIT_BIG;
        let mut elements = Vec::new();
        let (mut pixels, mut picture) = (None, false);
        // Where the element begins that holds all that is open.
        let mut start = (self.at, false);
        while self.at < self.length {
            let (at, outer) = (self.at, self.open.is_empty());
            let element = self.header()?;
            self.check_fits(&element)?;
            if outer {
                start = (at, element.tag == PIXEL_DATA || wanted(element.tag));
            }
            if outer && element.tag == PIXEL_DATA {
                let length = (element.length != UNDEFINED).then_some(element.length.into());
                let (offset, big_endian, words) = (self.at, self.big_endian, element.words);
                pixels = Some(PixelData { offset, length, big_endian, words });
            }
            picture |= outer && element.tag == ROWS;
            match element.tag {
                ITEM_END | SEQUENCE_END => self.close(),
                _ => self.value(&element)?,
            }
            while self.open.last().is_some_and(|open| open.end <= self.at) {
                self.close();
            }
            if self.open.is_empty() {
                if start.1 {
                    elements.push(start.0..self.at);
                }
                // What follows is padding.
                if pixels.is_some() {
                    break;
                }
            }
        }
        if !self.open.is_empty() && pixels.is_some() {
            elements.push(start.0..self.at);
        }
        if picture && pixels.is_none() {
            return Err(broken("it has rows and no PixelData"));
        }
        let deflated = self.deflated;
        Ok(pixels.map(|pixels| Walked { syntax, deflated, pixels, elements }))
    }

    fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.explicit = open.explicit;
        }
    }

    /// Nothing may reach beyond what holds it.
    fn check_fits(&self, element: &Element) -> io::Result<()> {
        let end = self.open.last().map_or(self.length, |open| open.end);
        let beyond = |length: u32| self.at + u64::from(length) > end;
        if element.length != UNDEFINED && beyond(element.length) {
            let (name, length) = (name(element.tag), element.length);
            return Err(broken(&format!(
                "element {name} says it is {length} bytes long, which is more than there are"
            )));
        }
        Ok(())
    }

    /// Goes over a value, or into it where it holds elements.
    fn value(&mut self, element: &Element) -> io::Result<()> {
        if !(element.sequence || element.tag == ITEM || element.length == UNDEFINED) {
            return self.skip(element.length);
        }
        let holds = element.sequence || element.unknown || element.tag == ITEM;
        if !holds && element.tag != PIXEL_DATA {
            return Err(broken(&format!("element {} states no length", name(element.tag))));
        }
        let packed = element.tag == PIXEL_DATA;
        // The items of packed pixels are bytes.
        if element.tag == ITEM && self.open.last().is_some_and(|open| open.packed) {
            return self.skip(element.length);
        }
        if self.open.len() == DEEPEST {
            return Err(broken("its sequences are nested too deeply"));
        }
        let outer = self.open.last().map_or(self.length, |open| open.end);
        let end = match element.length {
            UNDEFINED => outer,
            length => self.at + u64::from(length),
        };
        self.open.push(Open { end, packed, explicit: self.explicit });
        self.explicit &= !element.unknown;
        Ok(())
    }

    fn header(&mut self) -> io::Result<Element> {
        let tag = (u32::from(self.number()?) << 16) | u32::from(self.number()?);
        if matches!(tag, ITEM | ITEM_END | SEQUENCE_END) || !self.explicit {
            let length = self.long()?;
            let sequence = tag >> 16 != 0xFFFE && self.starts_with_item(length)?;
            return Ok(Element { tag, sequence, unknown: false, words: false, length });
        }
        let kind: [u8; 2] = self.bytes()?;
        if SHORT.contains(&&kind) {
            let length = u32::from(self.number()?);
            return Ok(Element { tag, sequence: false, unknown: false, words: false, length });
        }
        self.bytes::<2>()?;
        let length = self.long()?;
        let unknown = &kind == b"UN" && length == UNDEFINED;
        let words = &kind == b"OW";
        Ok(Element { tag, sequence: &kind == b"SQ", unknown, words, length })
    }

    /// Where types are not stated a sequence shows by what it starts with.
    fn starts_with_item(&mut self, length: u32) -> io::Result<bool> {
        use io::BufRead;
        let start = self.file.fill_buf()?;
        let empty = length == UNDEFINED && start.starts_with(&[0xFE, 0xFF, 0xDD, 0xE0]);
        Ok(empty || (length >= 8 && start.starts_with(&[0xFE, 0xFF, 0x00, 0xE0])))
    }

    fn peek<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        self.file.seek_relative(-(N as i64))?;
        Ok(bytes)
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

/// As DICOM writes a tag.
fn name(tag: u32) -> String {
    format!("({:04X},{:04X})", tag >> 16, tag & 0xFFFF)
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
