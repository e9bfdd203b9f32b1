//! PNG files with a colour table: their indices, which are the labels of a mask.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use ndarray::Array2;
use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Transformations};

use crate::source::{Format, read_up_to};
use crate::{Error, SlicePixels};

/// The indices of a picture `(height, width)`; `None` of one without a colour table.
pub(super) fn read(path: &Path) -> Result<Option<SlicePixels>, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(cannot_read)?;
    if Format::of_file(path)? != Format::Picture
        || read_up_to(path, &mut file, 4)? != super::PNG_MARK
    {
        return Ok(None);
    }
    let broken = |problem: DecodingError| Error::decode(path, "PNG file", problem);
    let bytes = usize::try_from(super::most_memory(path)?).unwrap_or(usize::MAX);
    let file = BufReader::new(File::open(path).map_err(cannot_read)?);
    let mut decoder = Decoder::new_with_limits(file, Limits { bytes });
    decoder.set_transformations(Transformations::IDENTITY);
    let mut reader = decoder.read_info().map_err(broken)?;
    let (kind, depth) = reader.output_color_type();
    if kind != ColorType::Indexed {
        return Ok(None);
    }
    let shape = (reader.info().height as usize, reader.info().width as usize);
    let size = reader.output_buffer_size().filter(|&size| size <= bytes);
    let too_large = || Error::TooLarge { path: path.to_owned(), shape: [1, shape.0, shape.1] };
    let mut packed = vec![0; size.ok_or_else(too_large)?];
    let line = reader.next_frame(&mut packed).map_err(broken)?.line_size;
    let bits = match depth {
        BitDepth::One => 1,
        BitDepth::Two => 2,
        BitDepth::Four => 4,
        _ => 8,
    };
    let index = |(row, column): (usize, usize)| {
        let at = column * bits;
        // The first pixel has the highest bits of its byte.
        packed[row * line + at / 8] >> (8 - bits - at % 8) & (0xFF >> (8 - bits))
    };
    let indices = Array2::from_shape_fn(shape, index);
    Ok(Some(SlicePixels::U8(match greys(reader.info().palette.as_deref()) {
        Some(greys) => {
            indices.mapv_into(|index| greys.get(usize::from(index)).copied().unwrap_or(0))
        }
        None => indices,
    })))
}

/// The greys of a colour table that has nothing else and does not begin with the darkest: a grey
/// picture that was stored with a table, whose indices mean nothing.
fn greys(table: Option<&[u8]>) -> Option<Vec<u8>> {
    let colours = table?.chunks_exact(3);
    let greys: Option<Vec<u8>> =
        colours.map(|rgb| (rgb[0] == rgb[1] && rgb[1] == rgb[2]).then_some(rgb[0])).collect();
    greys.filter(|greys| greys.iter().min() != greys.first())
}
