//! What a table of stacks is read with.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::Error;

/// What becomes of a stack, or of a slice of it, that cannot be read. The query goes on with all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Errors {
    /// A row of its own, whose column `error` says what is wrong.
    #[default]
    Rows,
    /// No row: for a table beside one of [`Errors::Only`].
    Skip,
    /// These rows alone.
    Only,
}

/// What a table of stacks is read with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct StacksOptions {
    /// What becomes of what cannot be read.
    pub errors: Errors,
    /// The folder of the regions of interest: each stack has one there under its own name.
    pub roi: Option<String>,
}

impl StacksOptions {
    /// Options of SQL: `errors` (`rows`, `skip` or `only`) and `roi` (a folder).
    ///
    /// # Errors
    /// [`Error::Option`] for an option that there is not, or a value that it cannot have.
    pub fn from_sql(options: &HashMap<String, String>) -> Result<Self, Error> {
        let mut read = Self::default();
        for (name, value) in options {
            let problem = |rule| Error::Option { option: name.clone(), value: value.clone(), rule };
            // The SQL parser writes `format.` before names without a dot.
            match name.trim_start_matches("format.").trim_start_matches("stacks.") {
                "errors" => {
                    let rule = "name one of rows, skip, only";
                    read.errors =
                        serde_json::from_value(value.as_str().into()).map_err(|_| problem(rule))?;
                }
                "roi" => read.roi = Some(value.clone()),
                _ => return Err(problem("there is no such option; there are errors and roi")),
            }
        }
        Ok(read)
    }
}
