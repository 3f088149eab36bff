//! Values whose `Serialize` fails, panics, or does not do as it says.

use super::repr;
use gopyre::{Error, Object, exec};
use serde::Serialize;
use serde::ser::{Error as _, SerializeMap, SerializeSeq, SerializeTuple, Serializer};
use serde_json::json;
use std::collections::BTreeMap;

/// The error of a value that does not go in, and proof that the interpreter still works.
fn refused(value: impl Serialize) -> Error {
    let error = exec::<()>("None", value).unwrap_err();
    assert_eq!(exec::<i64>("6 * 7", ()).unwrap(), 42);
    error
}

/// Announces a length that is not its own.
struct Liar {
    announced: usize,
    given: usize,
}

impl Serialize for Liar {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut seq = s.serialize_seq(Some(self.announced))?;
        (0..self.given).try_for_each(|n| seq.serialize_element(&n))?;
        seq.end()
    }
}

struct LyingTuple(Liar);

impl Serialize for LyingTuple {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut tuple = s.serialize_tuple(self.0.announced)?;
        (0..self.0.given).try_for_each(|n| tuple.serialize_element(&n))?;
        tuple.end()
    }
}

#[test]
fn a_wrong_announcement_of_length_does_no_harm() {
    for (announced, given) in [
        (0, 3),
        (3, 3),
        (2, 3),
        (5, 3),
        (1 << 25, 3),
        (usize::MAX, 3),
        (4, 0),
    ] {
        let expected: Vec<_> = (0..given).map(|n| n.to_string()).collect();
        assert_eq!(
            repr(Liar { announced, given }),
            format!("[{}]", expected.join(", "))
        );
        let length: (String, usize) = exec(
            "(type(input).__name__, len(input))",
            LyingTuple(Liar { announced, given }),
        )
        .unwrap();
        assert_eq!(length, ("tuple".to_owned(), given));
    }
}

#[test]
fn a_failing_serialize_keeps_its_text_and_names_the_place() {
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("no such thing"))
        }
    }
    #[derive(Serialize)]
    struct Deep {
        root_map: BTreeMap<&'static str, Vec<Fails>>,
    }
    let error = refused(Deep {
        root_map: BTreeMap::from([("a key", vec![Fails])]),
    });
    assert_eq!(
        error.to_string(),
        r#"at root_map["a key"][0]: no such thing"#
    );
    let Error::Convert(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!(error.path(), r#"root_map["a key"][0]"#);

    #[derive(Serialize)]
    enum Tag {
        Two(u8, Fails),
    }
    assert_eq!(
        refused(Tag::Two(1, Fails)).to_string(),
        "at Two[1]: no such thing"
    );
}

#[test]
fn a_key_that_cannot_be_hashed_is_an_error() {
    let error = refused(BTreeMap::from([(vec![1], 1)]));
    assert_eq!(
        error.to_string(),
        "expected a key that Python can hash, found list of 1"
    );
    struct NoKey;
    impl Serialize for NoKey {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            let mut map = s.serialize_map(None)?;
            map.serialize_value(&1)?;
            map.end()
        }
    }
    assert!(refused(NoKey).to_string().contains("without its key"));
}

/// A list in a list in a list.
struct Nested(usize);

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            0 => s.serialize_unit(),
            depth => s.collect_seq([Nested(depth - 1)]),
        }
    }
}

/// A newtype in a newtype in a newtype, which Python would never see.
struct Wrappers(usize);

impl Serialize for Wrappers {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            0 => s.serialize_unit(),
            depth => s.serialize_newtype_struct("Wrappers", &Wrappers(depth - 1)),
        }
    }
}

#[test]
fn depth_ends_in_an_error_and_not_in_a_crash() {
    let depth = "n = 0\nwhile input is not None:\n    input = input[0]\n    n += 1\nn";
    assert_eq!(exec::<usize>(depth, Nested(128)).unwrap(), 128);
    for value in [Nested(129), Nested(100_000)] {
        let error = refused(value).to_string();
        assert!(error.contains("expected at most 128 levels"), "{error}");
    }
    let print = gopyre::import("builtins").unwrap().attr("print").unwrap();
    for error in [
        refused(Wrappers(1_000_000)),
        print.call(Wrappers(1_000_000)).unwrap_err(),
        print.call((Wrappers(1_000_000),)).unwrap_err(),
    ] {
        let error = error.to_string();
        assert!(error.contains("at most 128 levels"), "{error}");
    }
}

#[test]
fn a_panic_in_serialize_leaves_everything_usable() {
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("on purpose")
        }
    }
    let tracked: Object = exec("class Tracked: pass\nTracked()", ()).unwrap();
    let count = || exec::<i64>("import sys; sys.getrefcount(input[0])", [&tracked]).unwrap();
    let before = count();
    for _ in 0..10 {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            exec::<()>(
                "None",
                (
                    vec![tracked.clone(), tracked.clone()],
                    json!({ "a": [1] }),
                    Panics,
                ),
            )
        }));
        assert!(outcome.is_err());
    }
    assert_eq!(count(), before);
}
