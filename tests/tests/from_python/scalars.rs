//! Numbers, bools, text, bytes, nothing.

use crate::{fails, read, refusal};
use gopyre::{Value, exec};
use serde::Deserialize;
use serde_bytes::ByteBuf;
use serde_json::json;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

#[test]
fn ints_of_every_width_are_exact_up_to_their_limits() {
    assert_eq!(
        read::<(i8, i8, u8)>("(-128, 127, 255)"),
        (i8::MIN, i8::MAX, u8::MAX)
    );
    assert_eq!(
        read::<(i16, i16, u16)>("(-32768, 32767, 65535)"),
        (i16::MIN, i16::MAX, u16::MAX)
    );
    assert_eq!(
        read::<(i32, i32, u32)>("(-2**31, 2**31 - 1, 2**32 - 1)"),
        (i32::MIN, i32::MAX, u32::MAX)
    );
    assert_eq!(
        read::<(i64, i64, u64)>("(-2**63, 2**63 - 1, 2**64 - 1)"),
        (i64::MIN, i64::MAX, u64::MAX)
    );
    assert_eq!(
        read::<(i128, i128, u128)>("(-2**127, 2**127 - 1, 2**128 - 1)"),
        (i128::MIN, i128::MAX, u128::MAX)
    );
    assert_eq!(
        read::<(i128, i128, u128)>("(-2**64 - 5, -1, 2**100)"),
        (-(1 << 64) - 5, -1, 1 << 100)
    );
    assert_eq!(read::<usize>("2**63"), 1 << 63);
}

#[test]
fn ints_out_of_range_name_the_type_and_the_value() {
    assert_eq!(
        refusal::<i8>("300"),
        "expected i8, found int 300 (out of range)"
    );
    assert_eq!(
        refusal::<i8>("-129"),
        "expected i8, found int -129 (out of range)"
    );
    assert_eq!(
        refusal::<u8>("-1"),
        "expected u8, found int -1 (out of range)"
    );
    assert_eq!(
        refusal::<u8>("256"),
        "expected u8, found int 256 (out of range)"
    );
    assert_eq!(
        refusal::<i16>("32768"),
        "expected i16, found int 32768 (out of range)"
    );
    assert_eq!(
        refusal::<u16>("65536"),
        "expected u16, found int 65536 (out of range)"
    );
    assert_eq!(
        refusal::<i32>("-2147483649"),
        "expected i32, found int -2147483649 (out of range)"
    );
    assert_eq!(
        refusal::<u32>("4294967296"),
        "expected u32, found int 4294967296 (out of range)"
    );
    assert_eq!(
        refusal::<i64>("2**64"),
        "expected i64, found int 18446744073709551616 (out of range)"
    );
    for code in ["2**127", "-2**127 - 1", "1 << 130", "-1 << 130"] {
        assert!(refusal::<i128>(code).contains("(out of range)"));
    }
    assert!(refusal::<u128>("-1").contains("int -1 (out of range)"));
    // More digits than Python is willing to write.
    assert!(refusal::<u64>("10 ** 5000").contains("expected u64, found int"));
}

#[test]
fn what_counts_as_an_int_does_so_and_a_float_never() {
    assert_eq!(read::<i64>("True"), 1);
    assert_eq!(read::<i64>("class Mine(int): pass\nMine(5)"), 5);
    let like_numpy = "class Index:\n    def __index__(self): return 2**70\nIndex()";
    assert_eq!(read::<i128>(like_numpy), 1 << 70);
    assert!(refusal::<i64>(like_numpy).contains("found Index (out of range)"));
    assert_eq!(refusal::<i32>("12.0"), "expected i32, found float 12.0");
    assert_eq!(refusal::<i32>("'123'"), "expected i32, found str '123'");
    assert_eq!(refusal::<i32>("None"), "expected i32, found None");
    assert_eq!(
        refusal::<i32>("object"),
        "expected i32, found class `object`"
    );
    assert!(refusal::<u64>("import decimal; decimal.Decimal(1)").contains("found decimal.Decimal"));
}

#[test]
fn an_error_inside_index_is_that_error() {
    let error = fails::<i64>("class Bad:\n    def __index__(self): raise KeyError('deep')\nBad()");
    assert!(
        error.exception().is_some_and(|e| e.is("KeyError")),
        "{error}"
    );
    assert!(
        fails::<i64>("class Bad:\n    def __index__(self): return 'x'\nBad()")
            .exception()
            .unwrap()
            .is("TypeError")
    );
    assert!(
        fails::<f64>("class Bad:\n    def __float__(self): raise KeyError('deep')\nBad()")
            .exception()
            .unwrap()
            .is("KeyError")
    );
}

#[test]
fn floats_come_from_whatever_has_a_float_value() {
    assert_eq!(
        read::<(f64, f64, f64)>("(123.456, 1, True)"),
        (123.456, 1.0, 1.0)
    );
    assert_eq!(read::<f32>("123.456"), 123.456f32);
    assert!(read::<f64>("-0.0").is_sign_negative());
    assert_eq!(read::<f64>("-1.7976931348623157e308"), f64::MIN);
    assert_eq!(
        read::<(f64, f64)>("(float('inf'), float('-inf'))"),
        (f64::INFINITY, f64::NEG_INFINITY)
    );
    assert!(read::<f64>("float('nan')").is_nan());
    assert_eq!(read::<f64>("class Mine(float): pass\nMine(1.5)"), 1.5);
    assert_eq!(
        read::<f64>("import decimal; decimal.Decimal('1e3')"),
        1000.0
    );
    assert_eq!(
        read::<f64>("import fractions; fractions.Fraction(1, 4)"),
        0.25
    );
    assert_eq!(
        read::<f64>("class F:\n    def __float__(self): return 2.5\nF()"),
        2.5
    );
    assert_eq!(
        read::<f64>("class I:\n    def __index__(self): return 3\nI()"),
        3.0
    );
    assert_eq!(refusal::<f64>("'1.5'"), "expected f64, found str '1.5'");
    assert_eq!(refusal::<f64>("1j"), "expected f64, found complex 1j");
    assert_eq!(refusal::<f64>("[1.0]"), "expected f64, found list of 1");
    assert!(refusal::<f64>("10 ** 400").contains("(out of range)"));
}

#[test]
fn floats_are_rounded_as_python_does_and_never_become_infinite() {
    // `float(2**53 + 1)` is the nearest even one.
    assert_eq!(
        read::<(f64, f64)>("(2**53 + 1, 2**53 + 3)"),
        (9007199254740992.0, 9007199254740996.0)
    );
    assert_eq!(read::<f32>("0.1"), 0.1);
    assert_eq!(read::<f32>("3.4028235e38"), f32::MAX);
    assert_eq!(read::<f32>("-1e-60"), 0.0);
    assert_eq!(
        refusal::<f32>("1e300"),
        "expected f32, found float 1e+300 (out of range)"
    );
    assert!(refusal::<f32>("-3.5e38").ends_with("found float -3.5e+38 (out of range)"));
    assert!(refusal::<f32>("2**200").ends_with("(out of range)"));
    assert!(refusal::<f32>("import decimal; decimal.Decimal('1e99')").contains("(out of range)"));
    assert_eq!(
        refusal::<Vec<f32>>("import array; array.array('d', [1.0, 1e300])"),
        "at [1]: expected f32, found float 1e300 (out of range)"
    );
    let [infinite, negative, none]: [f32; 3] = read("[float('inf'), float('-inf'), float('nan')]");
    assert_eq!((infinite, negative), (f32::INFINITY, f32::NEG_INFINITY));
    assert!(none.is_nan());
}

#[test]
fn bools_are_never_guessed_from_truth() {
    assert_eq!(read::<(bool, bool)>("(True, False)"), (true, false));
    assert_eq!(refusal::<bool>("1"), "expected a boolean, found int 1");
    assert_eq!(
        refusal::<bool>("'hello'"),
        "expected a boolean, found str 'hello'"
    );
    assert_eq!(refusal::<bool>("None"), "expected a boolean, found None");
    let like_numpy = "
        Bool = type('bool_', (), {'__module__': 'numpy', '__bool__': lambda self: True})
        Bool()";
    assert!(read::<bool>(like_numpy));
    assert_eq!(read::<Value>(like_numpy), json!(true));
    assert!(refusal::<f64>(like_numpy).contains("numpy.bool_"));
}

#[test]
fn text_arrives_unchanged() {
    assert_eq!(read::<String>(r"'\U0001F30F\N{Snowman}a\x00b'"), "🌏☃a\0b");
    assert_eq!(read::<(char, char)>("('ä', '🌟')"), ('ä', '🌟'));
    assert_eq!(read::<String>("class Mine(str): pass\nMine('x')"), "x");
    assert_eq!(read::<Box<str>>("''").len(), 0);
    assert_eq!(
        refusal::<char>("'ab'"),
        "expected a character, found str 'ab'"
    );
    for code in ["1", "1.0", "[1, 2, 3]", "(1, 2, 3)", "b'x'", "None"] {
        assert!(
            refusal::<String>(code).starts_with("expected a string, found "),
            "{code}"
        );
    }
    assert_eq!(
        refusal::<String>("object"),
        "expected a string, found class `object`"
    );
}

#[test]
fn a_lone_surrogate_is_an_error_in_any_place() {
    assert_eq!(
        refusal::<String>(r"'ab\udcff'"),
        r"expected a string, found str 'ab\\udcff' with a lone surrogate".replace(r"\\", r"\")
    );
    assert!(refusal::<Value>(r"{'k': ['\ud800']}").contains("at k[0]: "));
    assert!(refusal::<Value>(r"{'\ud800': 1}").contains("with a lone surrogate"));
}

#[test]
fn text_like_objects_are_strings_with_a_hint_and_without() {
    for (code, text) in [
        (
            "import pathlib; pathlib.PurePosixPath('/root/a')",
            "/root/a",
        ),
        (
            "class P:\n    def __fspath__(self): return '/root'\nP()",
            "/root",
        ),
        (
            "import uuid; uuid.UUID(int=1)",
            "00000000-0000-0000-0000-000000000001",
        ),
        ("import decimal; decimal.Decimal('1.50')", "1.50"),
        ("import fractions; fractions.Fraction(1, 3)", "1/3"),
        ("import datetime; datetime.date(2017, 9, 1)", "2017-09-01"),
        ("import datetime; datetime.time(1, 2, 3)", "01:02:03"),
        (
            "import datetime as d; d.datetime(2020, 8, 24, 3, 4, 5, tzinfo=d.timezone.utc)",
            "2020-08-24T03:04:05+00:00",
        ),
        (
            "import datetime as d\nclass Stamp(d.datetime): pass\nStamp(2020, 8, 24)",
            "2020-08-24T00:00:00",
        ),
        ("import ipaddress; ipaddress.ip_address('::1')", "::1"),
    ] {
        assert_eq!(read::<String>(code), text);
        assert_eq!(read::<Value>(code), json!(text));
        assert_eq!(read::<Option<String>>(code).as_deref(), Some(text));
    }
    assert_eq!(
        read::<PathBuf>("import pathlib; pathlib.PurePosixPath('/root')"),
        PathBuf::from("/root")
    );
    assert_eq!(
        read::<Vec<IpAddr>>("import ipaddress; ['::1', ipaddress.ip_address('127.0.0.1')]").len(),
        2
    );
    assert!(refusal::<PathBuf>("3").contains("found int 3"));
    assert!(
        refusal::<PathBuf>("class P:\n    def __fspath__(self): return 1\nP()").contains("int 1")
    );
    assert!(
        refusal::<String>("class P:\n    def __fspath__(self): return b'x'\nP()")
            .contains("bytes of 1")
    );
    assert_eq!(
        refusal::<IpAddr>("'nowhere'"),
        "invalid IP address syntax, found str 'nowhere'"
    );
}

#[test]
fn bytes_are_bytes_or_small_ints_but_no_json() {
    for code in [
        "b'\\x00\\xff'",
        "bytearray(b'\\x00\\xff')",
        "memoryview(b'\\x00\\xff')",
        "[0, 255]",
        "(0, 255)",
    ] {
        assert_eq!(read::<ByteBuf>(code).as_slice(), [0, 255], "{code}");
        assert_eq!(read::<Vec<u8>>(code), [0, 255], "{code}");
        assert_eq!(read::<[i32; 2]>(code), [0, 255], "{code}");
    }
    assert_eq!(
        read::<ByteBuf>("memoryview(b'12345')[::-2]").as_slice(),
        b"531"
    );
    assert_eq!(read::<ByteBuf>("b''").len(), 0);
    assert!(refusal::<ByteBuf>("'text'").contains("found str 'text'"));
    assert_eq!(
        refusal::<Value>("b'abc'"),
        "expected any valid JSON value, found bytes of 3"
    );
    assert!(refusal::<Value>("{'a': bytearray(2)}").starts_with("at a: "));
    assert_eq!(
        refusal::<Vec<String>>("b'1'"),
        "at [0]: expected a string, found int 49"
    );
}

#[test]
fn none_is_nothing_and_nothing_else_is() {
    #[derive(Deserialize, Debug)]
    struct Unit;
    read::<()>("None");
    read::<Unit>("None");
    assert_eq!(read::<Option<i64>>("None"), None);
    assert_eq!(
        read::<Option<Option<String>>>("'x'"),
        Some(Some("x".to_owned()))
    );
    assert_eq!(read::<Value>("None"), Value::Null);
    assert_eq!(refusal::<()>("0"), "expected None, found int 0");
    assert!(refusal::<Unit>("[]").contains("found list of 0"));
}

#[test]
fn complex_numbers_are_two_floats() {
    assert_eq!(read::<(f64, f64)>("complex(1, 2)"), (1.0, 2.0));
    assert_eq!(
        read::<Vec<[f64; 2]>>("[complex(n, -n) for n in range(100)]")[99],
        [99.0, -99.0]
    );
    assert_eq!(read::<Value>("-1j"), json!([-0.0, -1.0]));
}

#[test]
fn timedeltas_are_durations_or_seconds() {
    let delta = |arguments: &str| format!("import datetime; datetime.timedelta({arguments})");
    assert_eq!(
        read::<Duration>(&delta("microseconds=1")),
        Duration::from_micros(1)
    );
    assert_eq!(
        read::<Duration>(&delta("days=2, hours=1, milliseconds=1.5")),
        Duration::from_micros(176_400_001_500)
    );
    assert_eq!(
        read::<Duration>(&delta("days=200000000")).as_secs(),
        200_000_000 * 86_400
    );
    assert_eq!(read::<f64>(&delta("microseconds=-1")), -1e-6);
    assert_eq!(read::<Value>(&delta("minutes=1")), json!(60.0));
    assert!(refusal::<Duration>(&delta("microseconds=-1")).contains("a negative timedelta"));
    assert!(refusal::<i64>(&delta("minutes=1")).contains("datetime.timedelta"));
    assert_eq!(read::<Duration>("90"), Duration::from_secs(90));
    assert_eq!(read::<Duration>("0.25"), Duration::from_millis(250));
    for (code, found) in [
        ("-1", "int -1 (out of range)"),
        ("2**64", "int 18446744073709551616 (out of range)"),
        ("-0.5", "float -0.5 (out of range)"),
        ("float('nan')", "float nan (out of range)"),
        ("True", "bool True"),
        ("'1s'", "str '1s'"),
        ("None", "None"),
        ("[1]", "list of 1"),
    ] {
        assert_eq!(
            refusal::<Duration>(code),
            format!("expected timedelta or number of seconds, found {found}")
        );
    }
    let there_and_back: Duration = exec("input", Duration::new(5, 6)).unwrap();
    assert_eq!(there_and_back, Duration::new(5, 6));
}

#[test]
fn numbers_in_json_are_exact_or_an_error() {
    assert_eq!(
        read::<Value>("[2**64 - 1, -2**63]"),
        json!([u64::MAX, i64::MIN])
    );
    for code in ["2**64", "-2**63 - 1", "2**200"] {
        let error = refusal::<Value>(code);
        let digits: String = read(&format!("str({code})[:60]"));
        assert!(error.contains(&format!("found int {digits}")), "{error}");
    }
    let help = "help: JSON has no such number: read it as `f64`, or make it None in Python";
    for (code, at, found) in [
        ("float('nan')", "", "float nan"),
        ("{'a': [float('inf')]}", "at a[0]: ", "float inf"),
        ("class F(float): pass\n[F('-inf')]", "at [0]: ", "F"),
        ("complex('nan')", "", "complex (nan+0j)"),
        (
            "import array; array.array('d', [1.0, float('nan')])",
            "at [1]: ",
            "float nan",
        ),
        (
            "class F:\n    def __float__(self): return float('nan')\nF()",
            "",
            "F",
        ),
    ] {
        let expected = format!("{at}expected any valid JSON value, found {found}; {help}");
        assert_eq!(refusal::<Value>(code), expected);
    }
    let any: Vec<Option<f64>> = read("[float('inf'), None]");
    assert_eq!(any, [Some(f64::INFINITY), None]);
}
