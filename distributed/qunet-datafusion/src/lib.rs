#![doc = include_str!("../README.md")]

mod codec;
mod error;
mod functions;
mod image;
mod roots;
mod scores;
mod session;
mod stacks;
mod store;

pub use codec::{StacksLogicalCodec, StacksPhysicalCodec};
pub use error::Error;
pub use functions::{scalar_functions, window_functions};
pub use image::image_type;
pub use roots::Roots;
pub use session::{FORMAT, register};
pub use stacks::{Errors, StacksExec, StacksFactory, StacksOptions, StacksTable, table_schema};
pub use store::Stores;
