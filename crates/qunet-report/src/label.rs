//! Places labels beside their points so that they cover neither points nor each other.
//!
//! The best arrangement of all labels at once is a hard problem, and the ten labels of a chart do not
//! need it: each label in its order takes the cheapest of 60 places around its point, given those placed
//! before. A place outside the chart costs more than covering labels, and that more than covering
//! points; a covered point costs about as much as the largest distance, because a thin line (see
//! [`rim`]) ties a distant label to its point.

use crate::surface::Point;

/// Half the width and half the height of a label.
pub(crate) type HalfSize = (i32, i32);

const DIRECTIONS: [(f64, f64); 12] = [
    (0.0, -1.0),
    (0.87, -0.5),
    (-0.87, -0.5),
    (1.0, 0.0),
    (-1.0, 0.0),
    (0.0, 1.0),
    (0.87, 0.5),
    (-0.87, 0.5),
    (0.5, -0.87),
    (-0.5, -0.87),
    (0.5, 0.87),
    (-0.5, 0.87),
];
const DISTANCES: [f64; 5] = [8.0, 24.0, 48.0, 80.0, 120.0];
/// Points are kept at this distance from a label's rim.
const CLEARANCE: i32 = 10;

/// The centres of the labels. Every point of `points` is an obstacle; the first ones own the labels.
pub(crate) fn place(points: &[Point], sizes: &[HalfSize], bounds: [Point; 2]) -> Vec<Point> {
    let mut placed: Vec<(Point, HalfSize)> = Vec::with_capacity(sizes.len());
    for (&owner, &size) in points.iter().zip(sizes) {
        let best = candidates(owner, size).min_by_key(|&(centre, distance)| {
            distance + cost(centre, size, points, &placed, bounds)
        });
        placed.push((best.map_or(owner, |(centre, _)| centre), size));
    }
    placed.into_iter().map(|(centre, _)| centre).collect()
}

/// Where the line from a label's centre to its point leaves the label.
pub(crate) fn rim(centre: Point, size: HalfSize, point: Point) -> Point {
    let (dx, dy) = (f64::from(point.0 - centre.0), f64::from(point.1 - centre.1));
    let share = |half: i32, delta: f64| f64::from(half) / delta.abs().max(1.0);
    let share = share(size.0, dx).min(share(size.1, dy)).min(1.0);
    let step = |start: i32, delta: f64| start + (delta * share).round() as i32;
    (step(centre.0, dx), step(centre.1, dy))
}

fn candidates(owner: Point, size: HalfSize) -> impl Iterator<Item = (Point, i64)> {
    DISTANCES.into_iter().flat_map(move |distance| {
        DIRECTIONS.into_iter().map(move |(dx, dy)| {
            let reach = |half: i32| f64::from(half + CLEARANCE) + distance;
            let x = owner.0 + (dx * reach(size.0)).round() as i32;
            let y = owner.1 + (dy * reach(size.1)).round() as i32;
            ((x, y), distance as i64)
        })
    })
}

fn cost(
    centre: Point,
    size: HalfSize,
    points: &[Point],
    placed: &[(Point, HalfSize)],
    [low, high]: [Point; 2],
) -> i64 {
    let near = |other: Point, room: HalfSize| {
        (centre.0 - other.0).abs() < size.0 + room.0 && (centre.1 - other.1).abs() < size.1 + room.1
    };
    let rim = (CLEARANCE, CLEARANCE);
    let covered = points.iter().filter(|&&point| near(point, rim)).count();
    let labels = placed.iter().filter(|&&(other, room)| near(other, room)).count();
    let outside = centre.0 - size.0 < low.0
        || centre.0 + size.0 > high.0
        || centre.1 - size.1 < low.1
        || centre.1 + size.1 > high.1;
    100 * covered as i64 + 1_000 * labels as i64 + 10_000 * i64::from(outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_a_cluster_do_not_overlap() {
        let points: Vec<Point> = (0..10).map(|i| (400 + i * 6, 300 + (i % 3) * 5)).collect();
        let sizes = vec![(16, 14); 10];
        let centres = place(&points, &sizes, [(0, 0), (800, 600)]);
        for (i, a) in centres.iter().enumerate() {
            for b in &centres[..i] {
                assert!((a.0 - b.0).abs() >= 32 || (a.1 - b.1).abs() >= 28, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn a_label_in_the_corner_stays_inside() {
        let centre = place(&[(2, 2)], &[(20, 10)], [(0, 0), (100, 100)])[0];
        assert!(centre.0 >= 20 && centre.1 >= 10);
    }
}
