use std::fmt::{Debug, Display};

use arbitrary::{Arbitrary, Result, Unstructured};
use ndarray::{ArrayRef, Axis, Dimension};
use qunet_segmetrics::{
    BorderConnectivity, BoundaryOptions, ConfusionCounts, Connectivity, EmptyPolicy, ImageEdge,
    Objects, OverlapMetric, Quantile, SurfaceDistances, SurfaceElementDistances,
};

use crate::masks::{Mask, shape};

const POLICY: EmptyPolicy = EmptyPolicy::Undefined;

/// Counts the masks that the bytes stand for and panics where a law is broken.
pub fn check_overlap(bytes: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(bytes);
    let shape = shape(&mut input)?;
    let [prediction, truth, region] = [
        Mask::draw(&mut input, shape)?,
        Mask::draw(&mut input, shape)?,
        Mask::draw(&mut input, shape)?,
    ];
    let (prediction, truth, region) = (prediction.view(), truth.view(), region.view());
    let counts = agree(
        ConfusionCounts::from_masks_in(&prediction, &truth, &region),
        ConfusionCounts::from_masks_in(
            &prediction.to_owned(),
            &truth.to_owned(),
            &region.to_owned(),
        ),
    );
    let swapped = value_of(ConfusionCounts::from_masks_in(&truth, &prediction, &region));
    let (Some(counts), Some(swapped)) = (counts, swapped) else {
        panic!("masks of one shape were refused")
    };
    assert_eq!(counts.pixels(), region.iter().filter(|inside| **inside).count() as u64);
    let of = |metric: OverlapMetric| metric.of(&counts, POLICY);
    assert!(OverlapMetric::ALL.iter().all(|&m| of(m).is_none_or(|v| (0.0..=1.0).contains(&v))));
    assert_eq!(of(OverlapMetric::Precision), OverlapMetric::Recall.of(&swapped, POLICY));
    assert_eq!(of(OverlapMetric::Dice), OverlapMetric::Dice.of(&swapped, POLICY));
    if let (Some(jaccard), Some(dice)) = (of(OverlapMetric::Jaccard), of(OverlapMetric::Dice)) {
        assert!(jaccard <= dice && (dice - 2.0 * jaccard / (1.0 + jaccard)).abs() < 1e-12);
    }
    Ok(())
}

/// Measures the surfaces that the bytes stand for and panics where a law is broken.
pub fn check_boundary(bytes: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(bytes);
    let setting = Setting::arbitrary(&mut input)?;
    let shape = shape(&mut input)?;
    let prediction = Mask::draw(&mut input, shape)?;
    let truth = Mask::draw(&mut input, shape)?;
    let (prediction, truth) = (prediction.view(), truth.view());
    if setting.image && shape[0] > 0 {
        let (prediction, truth) = (prediction.index_axis(Axis(0), 0), truth.index_axis(Axis(0), 0));
        check(&prediction, &truth, &setting);
    } else {
        check(&prediction, &truth, &setting);
    }
    Ok(())
}

/// Finds the objects that the bytes stand for and panics where a law is broken.
pub fn check_components(bytes: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(bytes);
    let shape = shape(&mut input)?;
    let mask = Mask::draw(&mut input, shape)?;
    let mask = mask.view();
    let pixels = mask.iter().filter(|inside| **inside).count() as u64;
    let mut fewest = usize::MAX;
    // Each connects whatever the one before connects.
    for connectivity in
        [Connectivity::Faces, Connectivity::Slices, Connectivity::Edges, Connectivity::Full]
    {
        let found = value_of(Objects::from_mask(&mask, connectivity));
        let owned = value_of(Objects::from_mask(&mask.to_owned(), connectivity));
        let (Some(found), Some(owned)) = (found, owned) else { panic!("a volume was refused") };
        assert!(found.count() <= fewest);
        fewest = found.count();
        let labels = found.labels();
        assert_eq!(labels, owned.labels());
        assert_eq!(labels.mapv(|label| label > 0), mask);
        assert_eq!(found.sizes().iter().sum::<u64>(), pixels);
        assert!(found.sizes().iter().all(|&size| size > 0));
        assert_eq!(found.stats().len(), found.count());
        if connectivity == Connectivity::Faces {
            // Neighbours along an axis are one object.
            for axis in 0..3 {
                for line in labels.lanes(Axis(axis)) {
                    let pairs = line.iter().zip(line.iter().skip(1));
                    assert!(pairs.filter(|(a, b)| **a > 0 && **b > 0).all(|(a, b)| a == b));
                }
            }
        }
    }
    Ok(())
}

/// Everything about a case but the masks.
struct Setting {
    /// The first slice alone.
    image: bool,
    options: BoundaryOptions,
    spacing: [f64; 3],
    percent: f64,
    tolerance: f64,
}

impl<'a> Arbitrary<'a> for Setting {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self {
            image: bool::arbitrary(input)?,
            options: BoundaryOptions {
                connectivity: *input
                    .choose(&[BorderConnectivity::Faces, BorderConnectivity::Full])?,
                image_edge: *input.choose(&[ImageEdge::Background, ImageEdge::Foreground])?,
                quantile: *input.choose(&[Quantile::Linear, Quantile::Lower, Quantile::Higher])?,
            },
            spacing: [length(input)?, length(input)?, length(input)?],
            percent: length(input)?,
            tolerance: length(input)?,
        })
    }
}

/// A usual number most of the time, and then any at all.
fn length(input: &mut Unstructured<'_>) -> Result<f64> {
    Ok(match input.int_in_range(0..=9)? {
        0 => f64::arbitrary(input)?,
        1 => 1.0,
        _ => f64::from(u16::arbitrary(input)?) / 256.0,
    })
}

fn check<D: Dimension>(
    prediction: &ArrayRef<bool, D>,
    truth: &ArrayRef<bool, D>,
    setting: &Setting,
) {
    let spacing = &setting.spacing[3 - prediction.ndim()..];
    let options = setting.options;
    let found = agree(
        SurfaceDistances::between(prediction, truth, spacing, options),
        SurfaceDistances::between(&prediction.to_owned(), &truth.to_owned(), spacing, options),
    );
    if let Some(found) = &found {
        check_distances(found, setting);
        let swapped = value_of(SurfaceDistances::between(truth, prediction, spacing, options));
        let swapped = swapped.and_then(|swapped| swapped.hausdorff());
        assert_eq!(swapped, found.hausdorff());
    }
    let elements = agree(
        SurfaceElementDistances::between(prediction, truth, spacing),
        SurfaceElementDistances::between(&prediction.to_owned(), &truth.to_owned(), spacing),
    );
    if let Some(elements) = elements {
        sensible(elements.hausdorff());
        sensible(elements.masd());
        sensible(value_of(elements.robust_hausdorff(setting.percent)).flatten());
        share(value_of(elements.surface_dice(setting.tolerance, POLICY)).flatten());
    }
}

fn check_distances(found: &SurfaceDistances, setting: &Setting) {
    let hausdorff = found.hausdorff();
    let pooled = value_of(found.hausdorff_pooled(setting.percent)).flatten();
    let directed = value_of(found.hausdorff_max_directed(setting.percent)).flatten();
    for distance in [hausdorff, pooled, directed, found.assd(), found.masd()] {
        sensible(distance);
        assert!(distance.is_none() || distance <= hausdorff.map(|largest| largest * (1.0 + 1e-12)));
    }
    share(value_of(found.surface_dice(setting.tolerance, POLICY)).flatten());
}

fn sensible(distance: Option<f64>) {
    assert!(
        distance.is_none_or(|distance| distance.is_finite() && distance >= 0.0),
        "{distance:?}"
    );
}

fn share(value: Option<f64>) {
    assert!(value.is_none_or(|value| (0.0..=1.0).contains(&value)), "{value:?}");
}

/// Two outcomes that must be the same value, which is returned, or the same error.
fn agree<R: Debug + PartialEq>(
    view: qunet_segmetrics::Result<R>,
    owned: qunet_segmetrics::Result<R>,
) -> Option<R> {
    let (view, owned) = (value_of(view), value_of(owned));
    assert_eq!(view, owned);
    view
}

/// The value, or none of an error, which must be one line.
fn value_of<R, E: Display>(outcome: std::result::Result<R, E>) -> Option<R> {
    outcome.inspect_err(|why| assert!(!why.to_string().contains('\n'), "{why}")).ok()
}
