//! Proves that `sys.stdout`, `sys.stderr` and `sys.stdin` are what a script expects of them.

use super::printed;
use gopyre::{Output, Result, Script};
use gopyre_tests::in_child;
use std::io;

#[test]
fn the_streams_have_the_classes_and_attributes_of_pythons_own() {
    printed(
        "
        import io, sys
        streams = [('stdin', 'r', 'strict'), ('stdout', 'w', 'surrogateescape'), ('stderr', 'w', 'backslashreplace')]
        for name, mode, errors in streams:
            text = getattr(sys, name)
            assert text is getattr(sys, f'__{name}__'), name
            assert isinstance(text, io.TextIOWrapper) and isinstance(text.buffer, io.BufferedIOBase), name
            assert (text.name, text.mode, text.buffer.mode) == (f'<{name}>', mode, mode + 'b'), name
            assert (text.encoding, text.errors) == ('utf-8', errors), name
            assert repr(text) == f\"<_io.TextIOWrapper name='<{name}>' mode='{mode}' encoding='utf-8'>\", repr(text)
            is_input = name == 'stdin'
            assert text.readable() == text.buffer.readable() == is_input, name
            assert is_input or text.writable() and text.buffer.writable(), name
            assert not text.closed and not text.buffer.closed and not text.isatty(), name
        ",
    );
}

#[test]
fn what_is_no_text_or_no_bytes_is_refused() -> Result<()> {
    let run = Script::new(
        "
        import io, sys

        def refused(function, *args):
            try:
                function(*args)
            except (TypeError, io.UnsupportedOperation) as error:
                return f'{type(error).__name__}: {error}'

        assert sys.stdout.write('ab') == 2 and sys.stdout.write('') == 0
        assert sys.stdout.buffer.write(b'cd') == 2 and sys.stdout.buffer.write(bytearray(b'e')) == 1
        assert sys.stdout.buffer.write(memoryview(b'fg')) == 2
        class Text(str): pass
        assert sys.stdout.write(Text('h')) == 1
        [
            refused(sys.stdout.write, b'x'),
            refused(sys.stdout.write),
            refused(sys.stdout.write, 'x', 'y'),
            refused(sys.stdout.buffer.write, 'x'),
            refused(sys.stdout.detach),
            refused(sys.stdin.detach),
            refused(sys.stdout.read),
        ]
        ",
    )?
    .input(())
    .capture::<Vec<String>>();
    assert_eq!(
        run.value?,
        [
            "TypeError: write() argument must be str, not bytes",
            "TypeError: wrong number of arguments: expected 1, found 0",
            "TypeError: wrong number of arguments: expected 1, found 2",
            "TypeError: a bytes-like object is required, not 'str'",
            "UnsupportedOperation: the stream stays for the next script",
            "UnsupportedOperation: the stream stays for the next script",
            "UnsupportedOperation: not readable",
        ]
    );
    assert_eq!(run.stdout, "abcdefgh");
    Ok(())
}

#[test]
fn a_stream_writes_in_the_encoding_that_a_script_gives_it() {
    in_child(|| {
        let (out, _) = printed(
            "
            import sys
            sys.stdout.reconfigure(encoding='latin-1', errors='strict')
            print('\\xe4')
            try:
                print('\\u20ac')
            except UnicodeEncodeError as error:
                print(error.encoding)
            sys.stdout.reconfigure(encoding='utf-8')
            print('\\u20ac')
            ",
        );
        assert_eq!(out, "\u{fffd}\nlatin-1\n€\n");
    })
    .succeeds();
}

#[test]
fn a_stream_is_reconfigured_as_pythons_own_is() {
    let end = in_child(|| {
        let (out, _) = printed(
            "
            import sys
            sys.stdout.reconfigure(newline='\\r\\n')
            print('a')
            sys.stdout.write('b\\nc\\n')
            sys.stdout.buffer.write(b'd\\n')
            sys.stdout.reconfigure(newline='\\n', write_through=False)
            print('e')
            found = []
            for wrong in ({'newline': 'x'}, {'nothing': 1}):
                try:
                    sys.stdout.reconfigure(**wrong)
                except (ValueError, TypeError) as error:
                    found.append(type(error).__name__)
            print(*found)
            ",
        );
        assert_eq!(out, "a\r\nb\r\nc\r\nd\ne\nValueError TypeError\n");
        // To a pipe a line waits for others, unless it is told not to.
        let order = "import os, sys; print('second'); os.write(1, b'first\\n'); sys.stdout.flush()";
        gopyre::run(order).unwrap();
        gopyre::run("sys.stdout.reconfigure(line_buffering=True)").unwrap();
        gopyre::run("print('third'); os.write(1, b'fourth\\n')").unwrap();
        gopyre::run("sys.stderr.reconfigure(errors='replace'); print('\\udcff', file=sys.stderr)")
            .unwrap();
    })
    .succeeds();
    assert_eq!(
        (&*end.stdout, &*end.stderr),
        ("first\nsecond\nthird\nfourth\n", "?\n")
    );
}

#[test]
fn a_script_can_put_a_write_of_its_own_in_the_place_of_ours_and_take_it_back() {
    in_child(|| {
        let (out, _) = printed(
            "
            import sys
            from unittest import mock
            with mock.patch.object(sys.stdout, 'write') as write:
                print('into the mock', end='!')
            print(*write.call_args_list)
            ",
        );
        assert_eq!(out, "call('into the mock') call('!')\n");
    })
    .succeeds();
}

#[test]
fn an_error_of_a_writer_has_the_context_in_which_it_was_raised() -> Result<()> {
    struct Broken;
    impl io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            // A kind of error that has a class of its own where a function of Rust's returns it.
            Err(io::Error::new(io::ErrorKind::InvalidInput, "broken"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let script = Script::new(
        "
        try:
            try:
                1 / 0
            except ZeroDivisionError:
                print('x')
        except Exception as error:
            found = (type(error).__name__, str(error), type(error.__context__).__name__)
        found
        ",
    )?;
    let broken = script.input(()).stdout(Output::writer(Broken));
    let found: Vec<String> = broken.exec()?;
    assert_eq!(found, ["OSError", "broken", "ZeroDivisionError"]);
    Ok(())
}
