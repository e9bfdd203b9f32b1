//! Data sets that show the same patients.

use std::collections::{BTreeMap, BTreeSet};

use super::mean;
use crate::line::Line;

/// Groups of data sets that are judged on a patient in common: subjects by themselves and in one campaign, two volumes of
/// one patient. What such data sets tell is told once.
pub(super) struct Groups<'a> {
    /// The number of the group of each data set.
    of_set: BTreeMap<&'a str, usize>,
}

impl<'a> Groups<'a> {
    pub(super) fn of(lines: &'a [Line]) -> Self {
        let mut groups: Vec<(BTreeSet<&str>, BTreeSet<&str>)> = Vec::new();
        for line in lines {
            let set = line.data.as_str();
            let mut patients: BTreeSet<&str> = line.patients.iter().map(String::as_str).collect();
            let mut sets = BTreeSet::from([set]);
            // Older records name no patients; then a data set is its own.
            if patients.is_empty() {
                patients.insert(set);
            }
            groups.retain(|group| {
                let apart = group.0.is_disjoint(&patients) && !group.1.contains(set);
                if !apart {
                    patients.extend(&group.0);
                    sets.extend(&group.1);
                }
                apart
            });
            groups.push((patients, sets));
        }
        let numbered = groups.iter().enumerate();
        let of_set =
            numbered.flat_map(|(number, (_, sets))| sets.iter().map(move |set| (*set, number)));
        Self { of_set: of_set.collect() }
    }

    /// The number of the group of a data set; `None` for one without lines.
    pub(super) fn number(&self, set: &str) -> Option<usize> {
        self.of_set.get(set).copied()
    }

    /// How many groups these data sets are of.
    pub(super) fn count(&self, sets: impl IntoIterator<Item = &'a str>) -> usize {
        sets.into_iter().filter_map(|set| self.number(set)).collect::<BTreeSet<_>>().len()
    }

    /// The mean of the defined values of each group.
    pub(super) fn means(
        &self,
        of_sets: impl IntoIterator<Item = (&'a str, Option<f64>)>,
    ) -> Vec<Option<f64>> {
        let mut groups: BTreeMap<Option<usize>, Vec<Option<f64>>> = BTreeMap::new();
        for (set, value) in of_sets {
            groups.entry(self.number(set)).or_default().push(value);
        }
        groups.into_values().map(mean).collect()
    }

    /// The mean over the groups.
    pub(super) fn mean(
        &self,
        of_sets: impl IntoIterator<Item = (&'a str, Option<f64>)>,
    ) -> Option<f64> {
        mean(self.means(of_sets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::tests::line;

    #[test]
    fn what_shows_a_patient_in_common_is_one_group() {
        let of = |data: &str, patients: &[&str]| Line {
            patients: patients.iter().map(|&it| it.to_owned()).collect(),
            ..line(data, "even", 0.2, 0, 0.5, 10)
        };
        // One and two meet in the third set, which comes last.
        let lines = [of("one", &["1"]), of("two", &["2"]), of("both", &["1", "2"]), of("old", &[])];
        let groups = Groups::of(&lines);
        assert_eq!(groups.count(["one", "two", "both"]), 1);
        assert_eq!(groups.count(["one", "old"]), 2);
        let values = [("one", Some(0.2)), ("two", Some(0.4)), ("both", None), ("old", Some(0.9))];
        assert!(groups.mean(values).is_some_and(|mean| (mean - 0.6).abs() < 1e-12));
    }
}
