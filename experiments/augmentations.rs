//! Draws docs/images/augmentations.png: a phantom slice under each augmentation, its mask outlined.
//!
//! `cargo run -p qunet-experiments --bin augmentations -- docs/images/augmentations.png`

use anyhow::Context;
use image::{Rgb, RgbImage};
use ndarray::Array2;
use qunet_model::{Augmentation, Fill};
use qunet_stack::phantom::CtPhantom;
use qunet_stack::{Scaling, SliceId};

const SIDE: usize = 160;
const COLUMNS: usize = 5;
const GAP: usize = 6;
const OUTLINE: Rgb<u8> = Rgb([230, 159, 0]);

fn main() -> anyhow::Result<()> {
    qunet_examples::end_with_reader()?;
    let path = std::env::args().nth(1).context("say where the picture goes")?;
    let phantom = CtPhantom::default().generate()?;
    let middle = SliceId(phantom.stack.slices() / 2);
    let size = (SIDE, SIDE);
    let slice = phantom.stack.scaled_slice(middle, &Scaling::StackMinMax)?;
    let image = qunet_stack::resize_bilinear(&slice, size)?;
    let mask = qunet_stack::resize_nearest(&phantom.truth.mask(middle)?.mapv(u8::from), size)?;
    let mask = mask.mapv(|label| label > 0);
    let shown = settings();
    let cell = SIDE + GAP;
    let rows = shown.len().div_ceil(COLUMNS);
    let (width, height) = (COLUMNS * cell - GAP, rows * cell - GAP);
    let mut picture = RgbImage::from_pixel(width as u32, height as u32, Rgb([255; 3]));
    for (place, augmentation) in shown.iter().enumerate() {
        let (image, mask) = augmentation.preview(&image, &mask, 5)?;
        let at = (place / COLUMNS * cell, place % COLUMNS * cell);
        draw(&mut picture, at, &image, &mask);
    }
    picture.save(path)?;
    Ok(())
}

/// As it is, then in the order of the fields, last all defaults together.
fn settings() -> Vec<Augmentation> {
    let none = Augmentation::none();
    vec![
        none,
        Augmentation { rotation_degrees: 25.0, ..none },
        Augmentation { width_shift: 0.3, height_shift: 0.3, ..none },
        Augmentation { width_shift: 0.3, height_shift: 0.3, fill: Fill::Zero, ..none },
        Augmentation { width_shift: 0.3, height_shift: 0.3, fill: Fill::Reflect, ..none },
        Augmentation { shear_degrees: 25.0, ..none },
        Augmentation { zoom: 0.5, ..none },
        Augmentation { horizontal_flip: true, vertical_flip: true, ..none },
        Augmentation { brightness: 0.4, ..none },
        Augmentation { contrast: 0.9, ..none },
        Augmentation { gamma: 2.0, ..none },
        Augmentation { noise: 0.2, ..none },
        Augmentation { blur: 1.0, ..none },
        Augmentation::paper(),
        Augmentation::default(),
    ]
}

fn draw(picture: &mut RgbImage, at: (usize, usize), image: &Array2<f32>, mask: &Array2<bool>) {
    for ((row, column), &pixel) in image.indexed_iter() {
        let edge = mask[(row, column)]
            && [
                (row.wrapping_sub(1), column),
                (row + 1, column),
                (row, column.wrapping_sub(1)),
                (row, column + 1),
            ]
            .into_iter()
            .any(|near| !mask.get(near).copied().unwrap_or(false));
        let grey = (pixel.clamp(0.0, 1.0) * 255.0) as u8;
        let color = if edge { OUTLINE } else { Rgb([grey; 3]) };
        picture.put_pixel((at.1 + column) as u32, (at.0 + row) as u32, color);
    }
}
