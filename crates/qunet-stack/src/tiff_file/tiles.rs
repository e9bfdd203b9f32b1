//! Pages of tiles that are packed with LZW, which are read as one pile of tiles and laid out here.
//!
//! The decoder reads a tile row by row where its rows lie apart in the page. At the last row all bytes
//! of the tile may be taken in already though not all values are given out, and that it takes for a
//! file that ends too early. A tile in one piece it reads in one go, and right.

use ndarray::Array2;

use crate::SlicePixels;

/// How a page is cut into tiles, height before width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiles {
    page: [usize; 2],
    tile: [usize; 2],
    /// Tiles beside one another.
    across: usize,
    /// Height and width of all tiles on one another.
    pile: [u32; 2],
}

impl Tiles {
    /// `None` of sizes that the decoder is to refuse.
    pub(super) fn new(page: [u64; 2], tile: [u64; 2]) -> Option<Self> {
        if page.contains(&0) || tile.contains(&0) {
            return None;
        }
        let [down, across] = [page[0].div_ceil(tile[0]), page[1].div_ceil(tile[1])];
        let height = down.checked_mul(across)?.checked_mul(tile[0])?;
        let pile = [u32::try_from(height).ok()?, u32::try_from(tile[1]).ok()?];
        let whole = |[height, width]: [u64; 2]| {
            Some([usize::try_from(height).ok()?, usize::try_from(width).ok()?])
        };
        let across = usize::try_from(across).ok()?;
        Some(Self { page: whole(page)?, tile: whole(tile)?, across, pile })
    }

    pub(super) fn page(&self) -> [usize; 2] {
        self.page
    }

    pub(super) fn pile(&self) -> [u32; 2] {
        self.pile
    }

    /// The page, of the pile of its tiles.
    pub(super) fn lay_out(&self, pile: &SlicePixels) -> SlicePixels {
        match pile {
            SlicePixels::U8(pile) => SlicePixels::U8(self.page_of(pile)),
            SlicePixels::U16(pile) => SlicePixels::U16(self.page_of(pile)),
            SlicePixels::I16(pile) => SlicePixels::I16(self.page_of(pile)),
            SlicePixels::F32(pile) => SlicePixels::F32(self.page_of(pile)),
        }
    }

    fn page_of<T: Copy>(&self, pile: &Array2<T>) -> Array2<T> {
        let [height, width] = self.tile;
        Array2::from_shape_fn(self.page, |(row, column)| {
            let tile = row / height * self.across + column / width;
            pile[[tile * height + row % height, column % width]]
        })
    }
}
