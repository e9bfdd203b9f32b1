use qunet_segmetrics::ConfusionMatrix;

use crate::{Cell, Error, Table};

/// The confusion matrix as a table: a row for each true class, a column for each predicted one,
/// pixels with their share of the row.
///
/// # Errors
/// [`Error::LengthMismatch`] where there is not one name for each class, the background first.
///
/// # Example
/// ```
/// use qunet_report::confusion_table;
/// use qunet_segmetrics::ConfusionMatrix;
///
/// let matrix = ConfusionMatrix::from_rows(vec![vec![90, 10], vec![1, 3]])?;
/// assert_eq!(confusion_table(&matrix, &["background", "lesion"])?.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn confusion_table(matrix: &ConfusionMatrix, names: &[&str]) -> Result<Table, Error> {
    let (expected, found) = (matrix.classes(), names.len());
    if expected != found {
        return Err(Error::LengthMismatch { what: "names of classes", expected, found });
    }
    let columns = names.iter().map(|name| format!("Predicted {name}"));
    let columns = ["Truth".to_owned()].into_iter().chain(columns);
    let mut table =
        Table::new("Pixels by true and predicted class, and their share of the row", columns);
    for (actual, name) in names.iter().enumerate() {
        let counts: Vec<u64> =
            (0..expected).map(|predicted| matrix.count(actual, predicted)).collect();
        let sum = counts.iter().sum::<u64>().max(1) as f64;
        let cell = |&count: &u64| {
            Cell::from(format!("{count} ({:.1}\u{a0}%)", 100.0 * count as f64 / sum))
        };
        table = table.row([Cell::from(*name)].into_iter().chain(counts.iter().map(cell)));
    }
    Ok(table)
}
