use ndarray::{Array2, s};
use qunet_quality::{Artefacts, Pixel, artefacts};

/// Letters and digits of 5 x 7 pixels, one row of the letter in five bits.
const GLYPHS: [[u8; 7]; 5] = [
    [0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11], // A
    [0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e], // 5
    [0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e], // 1
    [0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11], // N
    [0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f], // 2
];

/// Draws five glyphs with strokes of `scale` pixels.
fn write<T: Pixel>(image: &mut Array2<T>, (top, left): (usize, usize), scale: usize, ink: T) {
    for (index, glyph) in GLYPHS.iter().enumerate() {
        for (y, x) in ndarray::indices((7, 5)) {
            if glyph[y] >> (4 - x) & 1 == 1 {
                let (row, col) = (top + y * scale, left + (index * 7 + x) * scale);
                image.slice_mut(s![row..row + scale, col..col + scale]).fill(ink);
            }
        }
    }
}

/// A body of grey noise with two bright bones in air, as in a CT slice.
fn body() -> Array2<i16> {
    Array2::from_shape_fn((160, 200), |(y, x)| {
        let within = |cy: f64, cx: f64, height: f64, width: f64| {
            ((y as f64 - cy) / height).powi(2) + ((x as f64 - cx) / width).powi(2) < 1.0
        };
        let noise = ((x * 7919 + y * 104_729) % 61) as i16 - 30;
        match () {
            () if within(120.0, 100.0, 14.0, 18.0) || within(80.0, 30.0, 9.0, 5.0) => 900 + noise,
            () if within(80.0, 100.0, 60.0, 85.0) => 40 + noise,
            () => -1000,
        }
    })
}

#[test]
fn text_in_the_margin_is_found_at_several_sizes() {
    for scale in 1..=3 {
        let mut image = body();
        write(&mut image, (2, 3), scale, 3000);
        let found = artefacts(&image, None).unwrap();
        let [line] = &found.text_lines[..] else { panic!("{found:?}") };
        assert_eq!((line.top, line.bottom, line.glyphs), (2, 2 + 7 * scale, 5), "scale {scale}");
        assert_eq!((line.left, line.right), (3, 3 + 33 * scale));
        assert!(found.has_text());
    }
}

#[test]
fn two_lines_are_two() {
    let mut image = body();
    write(&mut image, (2, 3), 1, 3000);
    write(&mut image, (12, 3), 1, 3000);
    let found = artefacts(&image, None).unwrap();
    assert_eq!(found.text_lines.iter().map(|line| line.top).collect::<Vec<_>>(), [2, 12]);
}

#[test]
fn slices_without_text_have_none() {
    let plain = body();
    assert_eq!(artefacts(&plain, None).unwrap().text_lines, []);
    let noise = Array2::from_shape_fn((64, 64), |(y, x)| ((x * 7919 + y * 104_729) % 256) as u8);
    assert_eq!(artefacts(&noise, None).unwrap().text_lines, []);
    let stripes = Array2::from_shape_fn((64, 64), |(_, x)| (x % 2 * 255) as u8);
    assert_eq!(artefacts(&stripes, None).unwrap().text_lines, []);
}

#[test]
fn what_lies_in_the_region_is_anatomy() {
    let mut image = body();
    write(&mut image, (2, 3), 1, 3000);
    let found = |rows: std::ops::Range<usize>| -> Artefacts {
        let roi = Array2::from_shape_fn(image.dim(), |(y, _)| rows.contains(&y));
        artefacts(&image, Some(&roi)).unwrap()
    };
    assert!(!found(0..20).has_text());
    assert!(found(20..150).has_text());
}

#[test]
fn known_limits_hold() {
    // Dim, dark on bright, upon bright tissue, bold: documented as missed.
    let mut dim = body();
    write(&mut dim, (2, 3), 1, 500);
    let mut dark = Array2::from_elem((40, 60), 200_u8);
    write(&mut dark, (2, 3), 1, 0);
    let mut on_tissue = Array2::from_elem((40, 60), 200_u8);
    on_tissue[[39, 59]] = 0;
    write(&mut on_tissue, (2, 3), 1, 255);
    assert!(!artefacts(&dim, None).unwrap().has_text());
    assert!(!artefacts(&dark, None).unwrap().has_text());
    assert!(!artefacts(&on_tissue, None).unwrap().has_text());
    let mut bold = Array2::from_elem((80, 300), 0_u8);
    write(&mut bold, (2, 3), 6, 255);
    assert!(!artefacts(&bold, None).unwrap().has_text());
}
