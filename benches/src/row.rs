//! A row of the table.

use crate::measure::{Missing, Ratio, Work, compare};
use std::fmt;

/// A piece of work, who else does it, and how we want to stand beside them.
pub struct Row {
    /// The number, as the table of goals has it.
    pub id: u32,
    /// What is done.
    pub work: &'static str,
    /// Who else does it.
    pub peer: &'static str,
    /// What the ratio, ours to theirs, should be.
    pub goal: Goal,
    /// What a reader must know to judge the number.
    pub note: &'static str,
    /// For rows that take minutes, and run only where somebody names them: that name.
    pub only: Option<&'static str>,
    /// How it is measured.
    pub measure: Measure,
}

/// What a ratio should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// So much or less.
    AtMost(f64),
    /// So much or more.
    AtLeast(f64),
}

/// How a row is measured.
pub enum Measure {
    /// Two sides in turn.
    Sides(fn() -> Result<(Work, Work), Missing>),
    /// In a way of its own.
    Whole(fn() -> Result<Ratio, Missing>),
}

impl Row {
    /// A row of two sides.
    pub fn sides(
        id: u32,
        work: &'static str,
        (peer, goal): (&'static str, f64),
        sides: fn() -> Result<(Work, Work), Missing>,
    ) -> Row {
        let measure = Measure::Sides(sides);
        Row {
            id,
            work,
            peer,
            goal: Goal::AtMost(goal),
            note: "",
            only: None,
            measure,
        }
    }

    /// A row that is measured in a way of its own.
    pub fn whole(
        id: u32,
        work: &'static str,
        (peer, goal): (&'static str, Goal),
        measure: fn() -> Result<Ratio, Missing>,
    ) -> Row {
        let measure = Measure::Whole(measure);
        Row {
            id,
            work,
            peer,
            goal,
            note: "",
            only: None,
            measure,
        }
    }

    /// Says what a reader must know.
    pub fn note(self, note: &'static str) -> Row {
        Row { note, ..self }
    }

    /// Leaves the row to those who ask for it.
    pub fn slow(self, only: &'static str) -> Row {
        Row {
            only: Some(only),
            ..self
        }
    }

    /// Whether the row is to run: a filter names rows by their number, or by a part of their text; several
    /// are all of these.
    pub fn is_wanted(&self, filters: &[&str]) -> bool {
        match filters {
            [] => self.only.is_none(),
            filters => filters.iter().any(|filter| self.is_named(filter)),
        }
    }

    fn is_named(&self, filter: &str) -> bool {
        match filter.parse::<u32>() {
            // A row's limit and its growth have its number, but are no part of it.
            Ok(number) => {
                self.id == number && !matches!(self.only, Some("growth" | "limit" | "startup"))
            }
            Err(_) => {
                let only = self.only.unwrap_or_default();
                let text = format!("{} {} {only}", self.work, self.peer).to_lowercase();
                text.contains(&filter.to_lowercase())
            }
        }
    }

    /// Measures the row.
    pub fn run(self) -> Result<Ratio, Missing> {
        match self.measure {
            Measure::Sides(sides) => {
                let (ours, theirs) = sides()?;
                Ok(compare(ours, theirs))
            }
            Measure::Whole(measure) => measure(),
        }
    }
}

impl Goal {
    /// Whether a ratio, rounded as it is printed, is one that is wanted.
    pub fn is_met(self, ratio: f64) -> bool {
        let digits = if ratio < 0.0995 { 1000.0 } else { 100.0 };
        let ratio = (ratio * digits).round() / digits;
        match self {
            Goal::AtMost(goal) => ratio <= goal,
            Goal::AtLeast(goal) => ratio >= goal,
        }
    }

    /// The number alone.
    pub fn number(self) -> f64 {
        match self {
            Goal::AtMost(goal) | Goal::AtLeast(goal) => goal,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::AtMost(goal) => write!(f, "<= {goal}"),
            Goal::AtLeast(goal) => write!(f, ">= {goal}"),
        }
    }
}

/// A peer's side that needs PyO3, where this program was built with it.
macro_rules! pyo3 {
    ($work:expr) => {{
        #[cfg(feature = "pyo3")]
        let work: Result<$crate::measure::Work, $crate::measure::Missing> = Ok($work);
        #[cfg(not(feature = "pyo3"))]
        let work: Result<$crate::measure::Work, $crate::measure::Missing> =
            Err($crate::python::no_pyo3());
        work
    }};
}
