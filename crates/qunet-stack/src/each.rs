//! One expression for four pixel types.

/// Runs the same expression on whichever array the value holds.
macro_rules! each {
    ($value:expr, $kind:ident, $array:ident => $body:expr) => {
        match $value {
            $kind::U8($array) => $body,
            $kind::U16($array) => $body,
            $kind::I16($array) => $body,
            $kind::F32($array) => $body,
        }
    };
}

pub(crate) use each;
