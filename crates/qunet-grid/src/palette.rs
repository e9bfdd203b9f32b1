//! Colours that people with any colour vision can tell apart: the set of M. Okabe and K. Ito
//! (2008), 8 bits each of red, green and blue.

/// Orange, the first class.
pub const ORANGE: [u8; 3] = [0xE6, 0x9F, 0x00];
/// Sky blue, the second class.
pub const SKY: [u8; 3] = [0x56, 0xB4, 0xE9];
/// Bluish green, the third class.
pub const GREEN: [u8; 3] = [0x00, 0x9E, 0x73];
/// Yellow, the fourth class.
pub const YELLOW: [u8; 3] = [0xF0, 0xE4, 0x42];
/// Blue, the fifth class.
pub const BLUE: [u8; 3] = [0x00, 0x72, 0xB2];
/// Vermillion, the sixth class.
pub const VERMILLION: [u8; 3] = [0xD5, 0x5E, 0x00];
/// Reddish purple, the seventh class.
pub const PURPLE: [u8; 3] = [0xCC, 0x79, 0xA7];

/// The colours of classes in the order of their labels from 1.
pub const CLASSES: [[u8; 3]; 7] = [ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE];

/// The colour of the class with this index from 0; an eighth class has the colour of the first.
///
/// ```
/// use qunet_grid::palette;
///
/// assert_eq!(palette::class(0), palette::ORANGE);
/// assert_eq!(palette::class(7), palette::ORANGE);
/// ```
#[must_use]
pub fn class(index: usize) -> [u8; 3] {
    CLASSES[index % CLASSES.len()]
}
