//! The colours: Okabe and Ito's set, which people with any colour vision can tell apart, and
//! viridis for probabilities.

use plotters::style::RGBColor;
use qunet_grid::palette;

/// Text and axes. The page's dark mode replaces these four by their hexadecimal value.
pub(crate) const INK: RGBColor = RGBColor(0x1F, 0x29, 0x33);
pub(crate) const MUTED: RGBColor = RGBColor(0x52, 0x60, 0x6D);
pub(crate) const GRID: RGBColor = RGBColor(0xE1, 0xE5, 0xE9);
pub(crate) const PAPER: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);

pub(crate) const ORANGE: RGBColor = colour(palette::ORANGE);
pub(crate) const SKY: RGBColor = colour(palette::SKY);
pub(crate) const GREEN: RGBColor = colour(palette::GREEN);
pub(crate) const YELLOW: RGBColor = colour(palette::YELLOW);
pub(crate) const BLUE: RGBColor = colour(palette::BLUE);
pub(crate) const VERMILLION: RGBColor = colour(palette::VERMILLION);
pub(crate) const PURPLE: RGBColor = colour(palette::PURPLE);
pub(crate) const GREY: RGBColor = RGBColor(0x8A, 0x94, 0x9E);

/// Viridis at nine equal steps.
const VIRIDIS: [[u8; 3]; 9] = [
    [0x44, 0x01, 0x54],
    [0x47, 0x2D, 0x7B],
    [0x3B, 0x52, 0x8B],
    [0x2C, 0x72, 0x8E],
    [0x21, 0x91, 0x8C],
    [0x28, 0xAE, 0x80],
    [0x5E, 0xC9, 0x62],
    [0xAD, 0xDC, 0x30],
    [0xFD, 0xE7, 0x25],
];

/// The colour of a probability in [0, 1]: dark violet = 0, yellow = 1, equal steps look equal.
pub(crate) fn viridis(probability: f32) -> [u8; 3] {
    let steps = VIRIDIS.len() - 1;
    let position = probability.clamp(0.0, 1.0) * steps as f32;
    let lower = (position as usize).min(steps - 1);
    blend(VIRIDIS[lower], VIRIDIS[lower + 1], position - lower as f32)
}

/// `share` of `over` on top of `under`.
pub(crate) fn blend(under: [u8; 3], over: [u8; 3], share: f32) -> [u8; 3] {
    std::array::from_fn(|i| {
        let (under, over) = (f32::from(under[i]), f32::from(over[i]));
        (under + (over - under) * share).round() as u8
    })
}

const fn colour([red, green, blue]: [u8; 3]) -> RGBColor {
    RGBColor(red, green, blue)
}

/// The three channels of a colour.
pub(crate) fn channels(colour: RGBColor) -> [u8; 3] {
    [colour.0, colour.1, colour.2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viridis_meets_its_ends_and_anchors() {
        assert_eq!(viridis(0.0), [0x44, 0x01, 0x54]);
        assert_eq!(viridis(0.5), [0x21, 0x91, 0x8C]);
        assert_eq!(viridis(1.0), [0xFD, 0xE7, 0x25]);
    }

    #[test]
    fn viridis_grows_lighter() {
        let light = |p| viridis(p).map(u32::from).iter().sum::<u32>();
        let steps: Vec<u32> = (0..=8).map(|i| light(i as f32 / 8.0)).collect();
        assert!(steps.is_sorted());
    }
}
