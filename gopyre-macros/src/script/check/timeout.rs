//! `timeout = "200ms"`: a length of time, read when the crate is built.

use crate::report::Report;
use crate::script::source::check_suffix;
use std::time::Duration;
use syn::LitStr;

/// What a unit is in nanoseconds.
const UNITS: [(&str, u128); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60 * 1_000_000_000),
    ("h", 3_600 * 1_000_000_000),
];

/// Digits of a number that are read; more of them say nothing.
const DIGITS: usize = 18;

/// Reads the literal; `None` only if something was reported.
pub(super) fn timeout(literal: &LitStr, report: &mut Report) -> Option<Duration> {
    check_suffix(literal, report);
    match duration(&literal.value()) {
        Ok(limit) => Some(limit),
        Err((wrong, mend)) => {
            report.on(literal, wrong, mend);
            None
        }
    }
}

/// A number and its unit; the error is what is wrong, and the mend.
fn duration(text: &str) -> Result<Duration, (String, String)> {
    let found = match text.trim() {
        "" => "an empty string".to_owned(),
        _ => format!("`{text}`"),
    };
    let wrong = |what: &str| format!("expected a {what}, found {found}");
    let units = || UNITS.map(|(unit, _)| format!("`{unit}`")).join(", ");
    let general = || {
        let mend = format!(
            "write a number and its unit, as in \"200ms\", \"1.5s\" or \"2min\"; units are {}",
            units()
        );
        (wrong("length of time"), mend)
    };
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = whole.len() + fraction.len();
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') || digits > DIGITS {
        return Err(general());
    }
    let Some((_, nanoseconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let known = unit.trim().to_lowercase();
        return Err(match UNITS.iter().find(|(name, _)| *name == known) {
            Some((meant, _)) => (
                wrong("length of time"),
                format!("write \"{number}{meant}\""),
            ),
            None if unit.is_empty() => (
                wrong("length of time with its unit"),
                format!(
                    "write \"{number}ms\" or \"{number}s\"; units are {}",
                    units()
                ),
            ),
            None => general(),
        });
    };
    let number: u128 = format!("{whole}{fraction}")
        .parse()
        .map_err(|_| general())?;
    let total = number * nanoseconds / 10_u128.pow(fraction.len() as u32);
    if total == 0 {
        return Err((
            wrong("length of time that is not zero"),
            "remove the option where the script shall have no limit".to_owned(),
        ));
    }
    let seconds = u64::try_from(total / 1_000_000_000).map_err(|_| general())?;
    Ok(Duration::new(seconds, (total % 1_000_000_000) as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_unit_are_a_length_of_time() {
        let cases = [
            ("200ms", Duration::from_millis(200)),
            ("1.5s", Duration::from_millis(1500)),
            ("2min", Duration::from_secs(120)),
            ("1h", Duration::from_secs(3600)),
            ("0.25h", Duration::from_secs(900)),
            ("7us", Duration::from_micros(7)),
            ("1ns", Duration::from_nanos(1)),
            ("1.9ns", Duration::from_nanos(1)),
        ];
        for (text, expected) in cases {
            assert_eq!(duration(text).unwrap(), expected, "{text}");
        }
        assert!(
            duration("99999999999999999h").is_err(),
            "more than there is"
        );
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            " ",
            "ms",
            "5",
            "5 ms",
            "5MS",
            "-5ms",
            "+5ms",
            ".5s",
            "5.s",
            "1.5.2s",
            "1e3ms",
            "5m",
            "5 minutes",
            "1s500ms",
            "0s",
            "0.0ms",
            "0.5ns",
            "٣s",
            "1234567890123456789s",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_mend_says_what_to_write() {
        let mend = |text| duration(text).unwrap_err().1;
        assert_eq!(mend("5 MS"), "write \"5ms\"");
        assert!(mend("5").starts_with("write \"5ms\" or \"5s\""));
        assert!(mend("0s").starts_with("remove the option"));
        assert!(mend("soon").contains("units are `ns`, `us`, `ms`, `s`, `min`, `h`"));
    }
}
