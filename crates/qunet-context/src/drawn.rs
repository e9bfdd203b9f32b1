//! The drawn slices of one stack, and what they say of the other slices.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ndarray::{Array2, ArrayRef2, ArrayRef3, Axis, Zip};
use qunet_grid::parallel::Work;
use qunet_grid::{MOST_CLASSES, axis_lengths};

use crate::object::{Object, moved};
use crate::slices::{classes_on, of_stack};
use crate::{Error, FAR, Neighbours, Result, signed_distance};

/// The drawn slices of one stack.
///
/// The signed distances of all classes are computed once, when it is made. Where a class is one
/// object on the slices on both sides of another (90 % of its pixels in one component), the object
/// is followed: its distances are moved along the straight line between the two centres to where
/// that line meets the slice. An oblique structure stays whole so, where slices are farther apart
/// than it is thick. Several objects stay where they are: nobody knows which of them is which.
///
/// Whatever is asked of a
/// drawn slice comes from the other drawn slices: its own mask never enters, so what is trained or
/// weighed on drawn slices holds for those that nobody drew. `without` leaves further drawn slices
/// out, those of a fold for one; numbers of undrawn slices in it change nothing.
///
/// # Example
///
/// ```
/// use ndarray::{Array3, s};
/// use qunet_context::Drawn;
///
/// // A bar of 5 pixels on slice 0 and one of 3 on slice 4; nobody drew the slices between.
/// let mut labels = Array3::zeros((5, 1, 9));
/// labels.slice_mut(s![0, 0, 2..7]).fill(1);
/// labels.slice_mut(s![4, 0, 3..6]).fill(1);
/// let drawn = Drawn::new(&labels, &[0, 4], 1, [5.0, 1.0, 1.0])?;
///
/// // Halfway: the middle pixel is 3 inside the one and 2 inside the other.
/// let prior = drawn.prior(2, 1, &[])?.expect("two slices are drawn");
/// assert_eq!((prior.interpolated[[0, 4]], prior.larger[[0, 4]], prior.distance), (2.5, 3.0, 2.0));
/// // Slice 0 is drawn: its own bar is not looked at, only that of slice 4.
/// let prior = drawn.prior(0, 1, &[])?.expect("another slice is drawn");
/// assert_eq!((prior.interpolated[[0, 4]], prior.distance), (2.0, 4.0));
/// assert_eq!(drawn.prior(0, 1, &[4])?, None);
/// # Ok::<(), qunet_context::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Drawn {
    slices: Vec<usize>,
    /// Number of slices of the stack.
    count: usize,
    classes: usize,
    /// Of each drawn slice and class that it shows, as numbers of both.
    shapes: BTreeMap<(usize, usize), Shape>,
    /// The signed distance of a class that a slice does not show.
    absent: Array2<f32>,
}

/// A class on a drawn slice.
#[derive(Clone, Debug)]
struct Shape {
    /// Its signed distance.
    distance: Array2<f32>,
    /// Where it lies; `None` where it is several objects.
    object: Option<Object>,
}

/// What the other drawn slices say of one class on a slice: signed distances in pixels, each cut
/// off at ±[`FAR`].
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// The two drawn neighbours' distances, interpolated linearly along z.
    pub interpolated: Array2<f32>,
    /// The larger of both.
    pub larger: Array2<f32>,
    /// That of the nearer neighbour; of the one before where both are as near.
    pub nearer: Array2<f32>,
    /// How many slices the nearer neighbour is away.
    pub distance: f64,
}

impl Drawn {
    /// The slices `slices` of a label map `(N, H, W)`: 0 is background, 1 to `classes` are classes.
    ///
    /// Pixels with the label [`IGNORE`](qunet_grid::IGNORE) count as background: a distance needs
    /// an inside and an outside, and an annotator who leaves pixels out has marked no lesion there.
    /// The numbers may come in any order. Other slices of the label map are not looked at.
    /// `spacing` is that of the axes, in mm; slices lie at equal distances, so that only the ratio
    /// of row and column bears on the result. Four bytes a pixel are held for each class that a
    /// drawn slice shows.
    ///
    /// # Errors
    /// [`Error::Grid`] for a spacing that is no length; [`Error::Classes`] for no classes or too
    /// many; [`Error::NamedTwice`] and [`Error::PastTheEnd`] for the numbers; [`Error::Label`]
    /// where a drawn slice has a label beyond the classes.
    pub fn new(
        labels: &ArrayRef3<u8>,
        slices: &[usize],
        classes: usize,
        spacing: [f64; 3],
    ) -> Result<Self> {
        let [_, height, width] = axis_lengths(&spacing, 3)?;
        if !(1..=MOST_CLASSES).contains(&classes) {
            return Err(Error::Classes { classes });
        }
        let (count, rows, columns) = labels.dim();
        let slices = of_stack(slices, count)?;
        let mut shown = Vec::new();
        for &slice in &slices {
            let on_slice = classes_within(&labels.index_axis(Axis(0), slice), slice, classes)?;
            shown.extend(on_slice.into_iter().map(|class| (slice, class)));
        }
        let work = Work::on(shown.len() * rows * columns);
        let shapes = work.map(shown.len(), |i| {
            let (slice, class) = shown[i];
            let mask = labels.index_axis(Axis(0), slice).mapv(|label| label == class);
            let distance = signed_distance(&mask, [height, width])?;
            Ok(((slice, usize::from(class)), Shape { distance, object: Object::of(&mask)? }))
        });
        let shapes = shapes.into_iter().collect::<Result<_>>()?;
        let absent = Array2::from_elem((rows, columns), -FAR);
        Ok(Self { slices, count, classes, shapes, absent })
    }

    /// The numbers of the drawn slices, ascending.
    #[must_use]
    pub fn slices(&self) -> &[usize] {
        &self.slices
    }

    /// The number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The drawn slices next to `slice`, which is itself left out as are those in `without`; `None`
    /// where no other is drawn.
    ///
    /// ```
    /// use ndarray::Array3;
    /// use qunet_context::{Drawn, Neighbours};
    ///
    /// let drawn = Drawn::new(&Array3::zeros((12, 2, 2)), &[1, 5, 9], 1, [3.0, 1.0, 1.0])?;
    /// let around = Neighbours { before: 1, after: 5, share: 0.25, distance: 1.0 };
    /// assert_eq!(drawn.neighbours(2, &[]), Some(around));
    /// // Of a drawn slice, and with one left out besides: 5 lies halfway from 1 to 9.
    /// let around = Neighbours { before: 1, after: 9, share: 0.5, distance: 4.0 };
    /// assert_eq!(drawn.neighbours(5, &[]), Some(around));
    /// let around = Neighbours { before: 9, after: 9, share: 0.0, distance: 4.0 };
    /// assert_eq!(drawn.neighbours(5, &[1]), Some(around));
    /// assert_eq!(drawn.neighbours(5, &[1, 9]), None);
    /// # Ok::<(), qunet_context::Error>(())
    /// ```
    #[must_use]
    pub fn neighbours(&self, slice: usize, without: &[usize]) -> Option<Neighbours> {
        let kept = self.slices.iter().copied().filter(|drawn| !without.contains(drawn));
        Neighbours::among(kept, slice)
    }

    /// How many slices the nearest drawn slice is away, as [`neighbours`](Self::neighbours) has it.
    #[must_use]
    pub fn nearest_distance(&self, slice: usize, without: &[usize]) -> Option<f64> {
        self.neighbours(slice, without).map(|around| around.distance)
    }

    /// What the drawn slices next to `slice` say of `class` on it; `None` where no other is drawn.
    ///
    /// With a and b the signed distances on the slices before and after it, moved with their object
    /// where the class is one on both, and t the share of the way:
    ///
    /// ```text
    /// interpolated = (1 - t) min(max(a, -FAR), FAR) + t min(max(b, -FAR), FAR)
    /// ```
    ///
    /// # Errors
    /// [`Error::PastTheEnd`] for a slice and [`Error::Class`] for a class that the stack does not
    /// have.
    pub fn prior(&self, slice: usize, class: usize, without: &[usize]) -> Result<Option<Prior>> {
        self.check(slice, class)?;
        let prior = |around: Neighbours| {
            let sides = self.sides(slice, around, class);
            let [before, after] = sides.map(|side| side.mapv(|it| it.clamp(-FAR, FAR)));
            Prior {
                interpolated: around.interpolate(&before, &after),
                larger: Zip::from(&before).and(&after).map_collect(|a, b| a.max(*b)),
                nearer: if around.nearer() == around.before { before } else { after },
                distance: around.distance,
            }
        };
        Ok(self.neighbours(slice, without).map(prior))
    }

    /// The signed distance of `class` on `slice`, interpolated from the drawn slices next to it as
    /// [`prior`](Self::prior) does, but cut off nowhere; `None` where no other is drawn.
    ///
    /// # Errors
    /// [`Error::PastTheEnd`] for a slice and [`Error::Class`] for a class that the stack does not
    /// have.
    pub fn interpolated_distance(
        &self,
        slice: usize,
        class: usize,
        without: &[usize],
    ) -> Result<Option<Array2<f32>>> {
        self.check(slice, class)?;
        let between = |around: Neighbours| {
            let [before, after] = self.sides(slice, around, class);
            around.interpolate(&before, &after)
        };
        Ok(self.neighbours(slice, without).map(between))
    }

    /// The labels of `slice` by interpolation between the drawn slices next to it: the class with
    /// the largest [interpolated distance](Self::interpolated_distance) where that is positive, the
    /// lowest such class, else background. `None` where no other slice is drawn.
    ///
    /// ```
    /// use ndarray::{Array3, array, s};
    /// use qunet_context::Drawn;
    ///
    /// let mut labels = Array3::zeros((3, 1, 7));
    /// labels.slice_mut(s![0, 0, ..]).assign(&array![0, 1, 1, 1, 0, 0, 0]);
    /// labels.slice_mut(s![2, 0, ..]).assign(&array![0, 0, 0, 1, 1, 1, 0]);
    /// let drawn = Drawn::new(&labels, &[0, 2], 1, [1.0; 3])?;
    /// // One bar on both: each is moved by half of the two pixels between them.
    /// assert_eq!(drawn.interpolated_labels(1, &[])?, Some(array![[0, 0, 1, 1, 1, 0, 0]]));
    /// # Ok::<(), qunet_context::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::PastTheEnd`] for a slice that the stack does not have.
    pub fn interpolated_labels(
        &self,
        slice: usize,
        without: &[usize],
    ) -> Result<Option<Array2<u8>>> {
        self.check(slice, 1)?;
        Ok(self.neighbours(slice, without).map(|around| self.labels_between(slice, around)))
    }

    fn labels_between(&self, slice: usize, around: Neighbours) -> Array2<u8> {
        let mut largest = Array2::<f32>::zeros(self.absent.dim());
        let mut labels = Array2::zeros(self.absent.dim());
        let is_shown = |class: &u8| {
            let on = |slice| self.shapes.contains_key(&(slice, usize::from(*class)));
            on(around.before) || on(around.after)
        };
        for class in (1..=self.classes as u8).filter(is_shown) {
            let [before, after] = self.sides(slice, around, usize::from(class));
            let distance = around.interpolate(&before, &after);
            Zip::from(&mut labels).and(&mut largest).and(&distance).for_each(
                |label, largest, &distance| {
                    if distance > *largest {
                        (*label, *largest) = (class, distance);
                    }
                },
            );
        }
        labels
    }

    /// The signed distances of a class on the drawn slices before and after a slice, each moved with
    /// its object to where that is on the slice.
    fn sides(
        &self,
        slice: usize,
        Neighbours { before, after, .. }: Neighbours,
        class: usize,
    ) -> [Cow<'_, Array2<f32>>; 2] {
        let shape = |drawn| self.shapes.get(&(drawn, class));
        let object = |drawn| shape(drawn)?.object;
        let side = |own: usize, other: usize| {
            let Some(Shape { distance, .. }) = shape(own) else {
                return Cow::Borrowed(&self.absent);
            };
            let both = object(own).zip(object(other)).filter(|_| own != other);
            let way =
                both.map(|(from, to)| from.towards(&to, slice.abs_diff(own), other.abs_diff(own)));
            match way {
                None | Some([0, 0]) => Cow::Borrowed(distance),
                Some(parts) => Cow::Owned(moved(distance, parts)),
            }
        };
        [side(before, after), side(after, before)]
    }

    fn check(&self, slice: usize, class: usize) -> Result<()> {
        if slice >= self.count {
            return Err(Error::PastTheEnd { slice, count: self.count });
        }
        if !(1..=self.classes).contains(&class) {
            return Err(Error::Class { class, classes: self.classes });
        }
        Ok(())
    }
}

/// The classes that a drawn slice shows, all of them at most `classes`.
fn classes_within(plane: &ArrayRef2<u8>, slice: usize, classes: usize) -> Result<Vec<u8>> {
    let shown = classes_on(plane);
    let beyond = |label: u8| usize::from(label) > classes;
    if let Some(&label) = shown.last().filter(|label| beyond(**label))
        && let Some(((row, column), _)) = plane.indexed_iter().find(|(_, it)| **it == label)
    {
        return Err(Error::Label { slice, pixel: [row, column], label, classes });
    }
    Ok(shown)
}
