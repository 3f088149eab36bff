//! Enums without fields.

use crate::{caught, gives, holds};
use gopyre::py_export;

#[py_export]
mod enums {
    /// A color.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
    pub enum Color {
        /// Like blood.
        Red,
        Green = 5,
        Blue,
    }
    impl Color {
        pub fn is_warm(self) -> bool {
            self == Color::Red
        }
        pub fn mixed(&self, other: Color) -> Vec<Color> {
            vec![*self, other]
        }
    }
    pub fn next(color: Color) -> Option<Color> {
        match color {
            Color::Red => Some(Color::Green),
            Color::Green => Some(Color::Blue),
            Color::Blue => None,
        }
    }
    pub const FAVOURITE: Color = Color::Blue;

    pub enum Plain {
        Only,
    }
}

#[test]
fn variants_are_instances_of_the_class() {
    let setup = "from enums import *\n";
    holds(&format!(
        "{setup}isinstance(Color.Red, Color) and Color.Red is Color.Red"
    ));
    holds(&format!(
        "{setup}Color.Red == Color.Red != Color.Green and Color.Red != 0"
    ));
    holds(&format!(
        "{setup}hash(Color.Red) == hash(Color.Red) and len({{Color.Red, Color.Blue, next(Color.Red), Color.Green}}) == 3"
    ));
    holds(&format!(
        "{setup}repr(Color.Green) == 'Color.Green' and int(Color.Blue) == 6"
    ));
    holds(&format!(
        "{setup}(Color.Green.name, Color.Green.value) == ('Green', 5)"
    ));
    holds(&format!(
        "{setup}Color.Red < Color.Green and FAVOURITE == Color.Blue"
    ));
    holds(&format!(
        "{setup}Plain.Only == Plain.Only and Plain.Only != Color.Red and int(Plain.Only) == 0"
    ));
    assert!(caught(setup, "Color()").starts_with("TypeError: "));
    assert!(caught(setup, "Color.Purple").starts_with("AttributeError: "));
}

#[test]
fn variants_are_arguments_and_results() {
    let setup = "from enums import *\n";
    holds(&format!(
        "{setup}next(Color.Red) == Color.Green and next(Color.Blue) is None"
    ));
    holds(&format!(
        "{setup}Color.Red.is_warm() and Color.Red.mixed(FAVOURITE) == [Color.Red, Color.Blue]"
    ));
    assert!(caught(setup, "next(5)").starts_with("TypeError: "));
}

#[test]
fn a_match_statement_tells_them_apart() {
    if !gives::<bool>("import sys; sys.version_info >= (3, 10)") {
        return;
    }
    holds(
        "from enums import *\n\
         def word(color):\n    \
             match color:\n        \
                 case Color.Red: return 'r'\n        \
                 case Color.Green: return 'g'\n        \
                 case _: return '?'\n\
         [word(c) for c in (Color.Red, next(Color.Red), Color.Blue)] == ['r', 'g', '?']",
    );
}
