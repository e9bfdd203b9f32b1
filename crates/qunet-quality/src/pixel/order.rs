use crate::kernels::vectorised;

/// Pixels as unsigned integers in the same order, for the median filters.
pub trait Ordered: Sized {
    /// Bits of a key.
    const BITS: u32;
    /// The key of this pixel; keys compare as the pixels do, except that equal zeros of different
    /// sign have neighbouring keys.
    fn key(self) -> u32;
    /// The pixel of a key.
    fn from_key(key: u32) -> Self;

    /// What comparators compare: the pixel itself, or an integer where that is faster.
    type Lane: Copy + Default + PartialOrd;
    /// The lane of this pixel, in the order of the keys.
    fn lane(self) -> Self::Lane;
    /// The pixels of lanes, in `buffer` where they are not the lanes themselves.
    fn pixels<'a>(lanes: &'a [Self::Lane], buffer: &'a mut Vec<Self>) -> &'a [Self];
    /// Writes the lanes of `pixels`.
    fn lanes(pixels: &[Self], lanes: &mut [Self::Lane]);
}

/// Lanes that are the pixels.
macro_rules! pixels_are_lanes {
    () => {
        type Lane = Self;
        #[inline]
        fn lane(self) -> Self {
            self
        }
        fn pixels<'a>(lanes: &'a [Self], _: &'a mut Vec<Self>) -> &'a [Self] {
            lanes
        }
        fn lanes(pixels: &[Self], lanes: &mut [Self]) {
            lanes.copy_from_slice(pixels);
        }
    };
}

macro_rules! unsigned_pixel {
    ($($pixel:ty),*) => {$(
        impl Ordered for $pixel {
            pixels_are_lanes!();
            const BITS: u32 = Self::BITS;
            #[inline]
            fn key(self) -> u32 {
                self.into()
            }
            #[inline]
            fn from_key(key: u32) -> Self {
                key as Self
            }
        }
    )*};
}

unsigned_pixel!(u8, u16);

impl Ordered for i16 {
    pixels_are_lanes!();
    const BITS: u32 = 16;
    #[inline]
    fn key(self) -> u32 {
        (self as u16 ^ SIGN_16).into()
    }
    #[inline]
    fn from_key(key: u32) -> Self {
        (key as u16 ^ SIGN_16) as Self
    }
}

impl Ordered for f32 {
    const BITS: u32 = 32;
    #[inline]
    fn key(self) -> u32 {
        // Negative numbers are stored as sign and size, so their order is backwards.
        let bits = self.to_bits();
        if bits & SIGN_32 == 0 { bits | SIGN_32 } else { !bits }
    }
    #[inline]
    fn from_key(key: u32) -> Self {
        Self::from_bits(if key & SIGN_32 == 0 { !key } else { key & !SIGN_32 })
    }

    // Integers are compared on twice as many ports as floats.
    type Lane = i32;
    #[inline]
    fn lane(self) -> i32 {
        flip(self.to_bits() as i32)
    }
    fn pixels<'a>(lanes: &'a [i32], buffer: &'a mut Vec<Self>) -> &'a [Self] {
        buffer.resize(lanes.len(), 0.0);
        from_lanes(lanes, buffer);
        buffer
    }
    fn lanes(pixels: &[Self], lanes: &mut [i32]) {
        to_lanes(pixels, lanes);
    }
}

vectorised! {
    fn to_lanes(pixels: &[f32], lanes: &mut [i32]) {
        for (lane, pixel) in lanes.iter_mut().zip(pixels) {
            *lane = flip(pixel.to_bits() as i32);
        }
    }

    fn from_lanes(lanes: &[i32], pixels: &mut [f32]) {
        for (pixel, &lane) in pixels.iter_mut().zip(lanes) {
            *pixel = f32::from_bits(flip(lane) as u32);
        }
    }
}

/// Turns the order of negative floats, which are stored as sign and size, into that of integers,
/// and back.
#[inline(always)]
fn flip(bits: i32) -> i32 {
    bits ^ ((bits >> 31) as u32 >> 1) as i32
}

const SIGN_16: u16 = 1 << 15;
const SIGN_32: u32 = 1 << 31;

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Ordered + Copy + PartialEq + std::fmt::Debug>(ascending: &[T]) {
        for pair in ascending.windows(2) {
            assert!(pair[0].key() < pair[1].key(), "{pair:?}");
            assert!(pair[0].lane() < pair[1].lane(), "{pair:?}");
        }
        for &pixel in ascending {
            assert_eq!(T::from_key(pixel.key()), pixel);
            assert!(u64::from(pixel.key()) < 1 << T::BITS);
        }
        let mut lanes = vec![T::Lane::default(); ascending.len()];
        T::lanes(ascending, &mut lanes);
        assert_eq!(T::pixels(&lanes, &mut Vec::new()), ascending);
    }

    #[test]
    fn keys_keep_the_order_and_come_back() {
        check(&[0_u8, 1, 127, 128, 255]);
        check(&[0_u16, 1, 32_767, 32_768, 65_535]);
        check(&[i16::MIN, -2, -1, 0, 1, i16::MAX]);
        check(&[f32::MIN, -1.5, -1e-40, -0.0, 0.0, f32::MIN_POSITIVE, 2.0, f32::MAX]);
    }
}
