/// What is wrong with a column or a value of a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableFault {
    /// A column that every table has is not there.
    #[error("column {column} is missing; write the table with write_csv or write_json")]
    MissingColumn {
        /// The column.
        column: &'static str,
    },
    /// A column that is none of a quality record.
    #[error("column {column:?} is not one of a quality record; remove it or correct its name")]
    UnknownColumn {
        /// Its name.
        column: String,
    },
    /// A column is there twice.
    #[error("column {column} is there twice; remove one")]
    RepeatedColumn {
        /// The column.
        column: &'static str,
    },
    /// A value that its column cannot hold.
    #[error("column {column} is {value:?}, but the rule is {rule}; correct the value")]
    Value {
        /// The column.
        column: &'static str,
        /// The value as it stands in the file.
        value: String,
        /// What it must be.
        rule: &'static str,
    },
}
