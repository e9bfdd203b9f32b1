//! Types whose values over parts of an image or of a data set add up field by field.

/// Implements `Add`, `AddAssign` and `Sum` for a type as the sum of these fields, all it has.
macro_rules! sum_of_fields {
    ($sum:ty { $($field:ident),+ $(,)? }) => {
        impl std::ops::Add for $sum {
            type Output = Self;

            fn add(self, other: Self) -> Self {
                Self { $($field: self.$field + other.$field),+ }
            }
        }

        impl std::ops::AddAssign for $sum {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }

        impl std::iter::Sum for $sum {
            fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
                parts.fold(Self::default(), std::ops::Add::add)
            }
        }
    };
}

pub(crate) use sum_of_fields;
