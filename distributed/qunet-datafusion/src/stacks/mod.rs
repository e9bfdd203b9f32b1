//! Stacks of a folder or an object store as a table: `place` and `objects` say where they lie, `table` plans which of them are
//! read by whom, `piece` lists that, `exec` reads what is listed, `rows` makes rows of one stack.

mod exec;
mod objects;
mod options;
mod piece;
mod place;
mod rows;
mod table;

pub(crate) use self::exec::Scan;
pub use self::exec::StacksExec;
pub use self::options::{Errors, StacksOptions};
pub use self::rows::table_schema;
pub use self::table::{StacksFactory, StacksTable};
