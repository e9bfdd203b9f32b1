//! Numbers as a reader wants them.

/// Two significant digits as a power of ten: `3.2×10⁻⁴`.
pub(crate) fn scientific(value: f64) -> String {
    let text = format!("{value:.1e}");
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return text;
    };
    let mantissa = mantissa.trim_end_matches(".0");
    let power: String = exponent.chars().map(superscript).collect();
    match mantissa {
        "0" => "0".to_owned(),
        "1" => format!("10{power}"),
        "-1" => format!("−10{power}"),
        _ => format!("{}×10{power}", mantissa.replace('-', "−")),
    }
}

/// Fixed point where that is short, else a power of ten; three significant digits.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        f64::INFINITY => "∞".to_owned(),
        size if !(1e-3..1e5).contains(&size) => scientific(value),
        size => fixed(value, (2 - size.log10().floor() as i32).max(0) as usize),
    }
}

/// A round number without trailing zeros.
pub(crate) fn short_tick(value: f64) -> String {
    if (1e-3..1e5).contains(&value) { value.to_string() } else { scientific(value) }
}

/// So many decimals, with a true minus sign.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('-', "−")
}

/// "1 slice", "3 slices".
pub(crate) fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

fn superscript(c: char) -> char {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    match c.to_digit(10) {
        Some(digit) => DIGITS[digit as usize],
        None => '⁻',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(scientific(3.2e-4), "3.2×10⁻⁴");
        assert_eq!(scientific(1e6), "10⁶");
        assert_eq!(scientific(0.0), "0");
        assert_eq!(short(0.0123), "0.0123");
        assert_eq!(short(-1.5), "−1.50");
        assert_eq!(short(1234.6), "1235");
        assert_eq!(short(2e-5), "2×10⁻⁵");
        assert_eq!(short(f64::INFINITY), "∞");
        assert_eq!(count(1, "slice"), "1 slice");
    }
}
