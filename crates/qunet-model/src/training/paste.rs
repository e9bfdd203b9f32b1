use ndarray::{Array2, ArrayRef2, s};
use qunet_grid::{Connectivity, Objects};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, TchError, Tensor};

use super::set::TrainingSet;
use crate::error::{Error, While};
use crate::loss::IGNORE;
use crate::tensors::maps;

/// By how many pixels a lesion's rim reaches into its new surroundings.
const RIM: usize = 2;

/// The connected lesions of a training set, of whatever classes, ready to be pasted into other slices (after Ghiasi
/// 2021, copy-paste).
pub(super) struct Lesions(Vec<Lesion>);

/// One of them, in a window that reaches [`RIM`] pixels beyond it as far as its slice does.
struct Lesion {
    slice: i64,
    top: i64,
    left: i64,
    /// Which pixels are the lesion's, `(1, h, w)` of bool.
    inside: Tensor,
    /// The share of the donor, `(1, h, w)` in [0, 1]: 1 in the lesion and falling to 0 around it.
    share: Tensor,
}

impl Lesions {
    pub(super) fn of(set: &TrainingSet) -> Result<Self, Error> {
        let (device, mut lesions) = (set.labels().device(), Vec::new());
        for (slice, map) in maps(set.labels())?.into_iter().enumerate() {
            let ignored = f32::from(IGNORE);
            let mask = map.slice(s![0, .., ..]).mapv(|label| label > 0.0 && label != ignored);
            let objects = Objects::from_mask(&mask, Connectivity::Full);
            let objects = objects.map_err(qunet_stack::Error::from)?;
            let (count, labels) = (objects.count() as u32, objects.labels());
            for number in 1..=count {
                let lesion = Lesion::cut(slice, &labels.mapv(|label| label == number), device);
                lesions.extend(lesion.while_doing("cutting out lesions")?);
            }
        }
        Ok(Self(lesions))
    }

    /// Pastes a lesion into each slice of a batch with this probability, half of them where they
    /// were and half anywhere.
    ///
    /// Only pixels at which some intensity of the receiving slice is other than 0 change: 0 in all is outside of the
    /// region of interest. Priors stay as they are. What is drawn follows from `rng` alone.
    pub(super) fn paste(
        &self,
        probability: f64,
        set: &TrainingSet,
        (images, labels): (Tensor, Tensor),
        intensities: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<(Tensor, Tensor), Error> {
        if self.0.is_empty() {
            return Ok((images, labels));
        }
        let doing = "pasting a lesion";
        let size = (images.size()[2], images.size()[3]);
        for place in 0..images.size()[0] {
            if !rng.random_bool(probability) {
                continue;
            }
            let lesion = &self.0[rng.random_range(0..self.0.len())];
            let to = lesion.place(size, rng);
            let (donor, donor_labels) = set.gather(&[lesion.slice])?;
            let receiver = |batch: &Tensor| batch.f_narrow(0, place, 1);
            let target = receiver(&images).and_then(|image| {
                Ok((image.f_narrow(1, 0, intensities as i64)?, receiver(&labels)?))
            });
            let donor = donor.f_narrow(1, 0, intensities as i64).while_doing(doing)?;
            let donor = (donor, donor_labels);
            lesion.blend(&donor, &target.while_doing(doing)?, to).while_doing(doing)?;
        }
        Ok((images, labels))
    }
}

impl Lesion {
    /// The lesion of a mask; `None` for an empty one.
    fn cut(slice: usize, mask: &ArrayRef2<bool>, device: Device) -> Result<Option<Self>, TchError> {
        let (height, width) = mask.dim();
        let range = |places: Vec<usize>, end: usize| {
            let first = places.iter().min()?.saturating_sub(RIM);
            let last = (places.iter().max()? + RIM + 1).min(end);
            Some(first..last)
        };
        let places = || mask.indexed_iter().filter(|(_, lesion)| **lesion).map(|(place, _)| place);
        let rows = range(places().map(|(row, _)| row).collect(), height);
        let columns = range(places().map(|(_, column)| column).collect(), width);
        let (Some(rows), Some(columns)) = (rows, columns) else { return Ok(None) };
        let (top, left) = (rows.start as i64, columns.start as i64);
        let window: Array2<u8> = mask.slice(s![rows, columns]).mapv(u8::from);
        let (height, width) = window.dim();
        let pixels: Vec<u8> = window.iter().copied().collect();
        let inside = Tensor::f_from_slice(&pixels)?.f_reshape([1, height as i64, width as i64])?;
        let inside = inside.f_to_device(device)?;
        // One pixel wider, then averaged with the neighbours: the lesion itself is kept, and around
        // it the share falls.
        let wider =
            inside.f_to_kind(Kind::Float)?.f_max_pool2d([3, 3], [1, 1], [1, 1], [1, 1], false)?;
        let share = wider.f_avg_pool2d([3, 3], [1, 1], [1, 1], false, false, None)?;
        let inside = inside.f_to_kind(Kind::Bool)?;
        Ok(Some(Self { slice: slice as i64, top, left, inside, share }))
    }

    /// Where its window comes to lie: where it was, or anywhere within the slice.
    fn place(&self, (height, width): (i64, i64), rng: &mut ChaCha8Rng) -> (i64, i64) {
        let size = self.inside.size();
        if rng.random_bool(0.5) {
            return (self.top, self.left);
        }
        (rng.random_range(0..=height - size[1]), rng.random_range(0..=width - size[2]))
    }

    /// Changes images and labels `(1, C, H, W)` of the receiver in place.
    fn blend(
        &self,
        donor: &(Tensor, Tensor),
        receiver: &(Tensor, Tensor),
        (top, left): (i64, i64),
    ) -> Result<(), TchError> {
        let size = self.inside.size();
        let window = |map: &Tensor, top: i64, left: i64| {
            map.f_narrow(2, top, size[1])?.f_narrow(3, left, size[2])
        };
        let [from, from_labels] =
            [window(&donor.0, self.top, self.left)?, window(&donor.1, self.top, self.left)?];
        let [mut to, mut to_labels] =
            [window(&receiver.0, top, left)?, window(&receiver.1, top, left)?];
        let region = to.f_ne(0.0)?.f_any_dim(1, true)?;
        let share = self.share.f_mul(&region.f_to_kind(Kind::Float)?)?;
        let labels = from_labels.f_where_self(&self.inside.f_logical_and(&region)?, &to_labels)?;
        to.f_copy_(&to.f_lerp_tensor(&from, &share)?)?;
        to_labels.f_copy_(&labels)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, array};
    use rand::SeedableRng;

    use super::*;

    fn plane(tensor: &Tensor, slice: usize, channel: usize) -> Array2<f32> {
        let map = &maps(&tensor.to_kind(Kind::Float)).unwrap()[slice];
        map.slice(s![channel, .., ..]).to_owned()
    }

    /// A slice of 0.25 with a lesion of 1 at three pixels, and one of 0.5 whose left half is 0; a prior behind both.
    fn set() -> TrainingSet {
        let mut lesion = Array2::from_elem((8, 8), 0_u8);
        for place in [(3, 4), (3, 5), (4, 5)] {
            lesion[place] = 1;
        }
        let bright = Array3::from_shape_fn((2, 8, 8), |(channel, row, column)| match channel {
            0 if lesion[(row, column)] == 1 => 1.0,
            0 => 0.25,
            _ => -1.0,
        });
        let half =
            Array3::from_shape_fn((2, 8, 8), |(channel, _, column)| match (channel, column) {
                (0, ..4) => 0.0,
                (0, _) => 0.5,
                _ => -0.75,
            });
        let slices = [(bright, lesion), (half, Array2::zeros((8, 8)))];
        TrainingSet::from_labels(slices, 1, (8, 8), Device::Cpu).unwrap()
    }

    #[test]
    fn a_lesion_is_blended_in_by_hand() {
        let set = set();
        let Lesions(lesions) = Lesions::of(&set).unwrap();
        let [lesion] = &lesions[..] else { panic!("{} lesions", lesions.len()) };
        assert_eq!((lesion.slice, lesion.top, lesion.left), (0, 1, 2));
        assert_eq!(lesion.inside.size(), [1, 6, 6]);
        let (donor, donor_labels) = set.gather(&[0]).unwrap();
        let (images, labels) = set.gather(&[1]).unwrap();
        let receiver = (images.narrow(1, 0, 1), labels.shallow_clone());
        lesion.blend(&(donor.narrow(1, 0, 1), donor_labels), &receiver, (1, 2)).unwrap();
        let (image, found) = (plane(&images, 0, 0), plane(&labels, 0, 0));
        // The lesion is there, nothing is where the receiver is 0, and nothing is more than two pixels away.
        assert_eq!([image[(3, 4)], image[(3, 5)], image[(4, 5)]], [1.0; 3]);
        assert!(image.slice(s![.., ..4]).iter().all(|&pixel| pixel == 0.0));
        assert!(image.slice(s![7.., 4..]).iter().all(|&pixel| pixel == 0.5));
        // At (2, 6) the lesion made one pixel wider is, of 3 x 3: two of row 1 none, so rows 2 and
        // 3, columns 5 and 6.
        let share = 4.0 / 9.0;
        assert!((image[(2, 6)] - (0.5 + share * (0.25 - 0.5))).abs() < 1e-6, "{image}");
        assert_eq!(found.sum(), 3.0);
        assert_eq!([found[(3, 4)], found[(3, 5)], found[(4, 5)]], [1.0; 3]);
        assert!(plane(&images, 0, 1).iter().all(|&prior| prior == -0.75));
        // The set itself is as it was.
        assert_eq!(plane(&set.gather(&[1]).unwrap().0, 0, 0)[(3, 4)], 0.5);
    }

    #[test]
    fn pasting_follows_the_seed_and_stays_within_the_region() {
        let set = set();
        let lesions = Lesions::of(&set).unwrap();
        let run = |seed: u64, probability: f64| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let batch = set.gather(&[1, 1, 1, 1]).unwrap();
            let (images, labels) = lesions.paste(probability, &set, batch, 1, &mut rng).unwrap();
            (images, labels.sum(Kind::Int64).int64_value(&[]))
        };
        let mut totals = Vec::new();
        for seed in 0..20 {
            let (images, total) = run(seed, 1.0);
            assert_eq!(run(seed, 1.0).0, images);
            for slice in 0..4 {
                let outside = plane(&images, slice, 0);
                assert!(outside.slice(s![.., ..4]).iter().all(|&pixel| pixel == 0.0));
                assert!(plane(&images, slice, 1).iter().all(|&prior| prior == -0.75));
            }
            totals.push(total);
            assert_eq!(run(seed, 0.0).1, 0);
        }
        // Half of the lesions stay where they were, with three pixels; some of the others lie outside in part.
        assert!(totals.iter().all(|&total| total <= 12) && totals.iter().sum::<i64>() >= 120);
        assert!(totals.iter().any(|&total| total < 12), "{totals:?}");
    }

    #[test]
    fn a_set_without_lesions_has_nothing_to_paste() {
        let labels = array![[0_u8, 255], [0, 0]];
        let slices = [(Array3::from_elem((1, 2, 2), 0.5), labels)];
        let set = TrainingSet::from_labels(slices, 1, (2, 2), Device::Cpu).unwrap();
        let lesions = Lesions::of(&set).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let batch = set.gather(&[0]).unwrap();
        let (images, _) = lesions.paste(1.0, &set, batch, 1, &mut rng).unwrap();
        assert_eq!(images, set.gather(&[0]).unwrap().0);
    }
}
