//! What is raised.

use gopyre_tests::in_child;

#[test]
fn a_cause_that_is_no_exception_is_none() {
    in_child(|| {
        for name in ["__cause__", "__context__"] {
            let code = format!("class E(Exception):\n    {name} = 'x' * 100\nraise E('m')");
            let error = gopyre::exec::<()>(&code, ()).unwrap_err();
            assert_eq!(error.to_string(), "E: m");
            let exception = error.exception().unwrap();
            assert!(exception.cause().is_none() && exception.context().is_none());
        }
    })
    .succeeds();
}

#[test]
fn a_member_of_a_group_that_is_no_exception_is_left_out() {
    in_child(|| {
        let code = "
            class BaseExceptionGroup(Exception):
                exceptions = ['x' * 100, ValueError('a member')]
            raise BaseExceptionGroup('m')";
        let error = gopyre::exec::<()>(code, ()).unwrap_err();
        assert_eq!(error.to_string(), "BaseExceptionGroup: m");
        let report = format!("{error:?}");
        assert!(
            report.contains("a member") && !report.contains("xxx"),
            "{report}"
        );
    })
    .succeeds();
}

#[test]
fn a_syntax_error_far_outside_its_line_is_marked_at_the_end() {
    in_child(|| {
        let code = "
            e = SyntaxError('m')
            e.filename, e.lineno, e.text = 'f', 1, 'abc'
            e.offset, e.end_offset = 2**32 - 2, 2**32 - 1
            raise e";
        let report = format!("{:?}", gopyre::exec::<()>(code, ()).unwrap_err());
        assert!(
            report.ends_with("    abc\n       ^\nSyntaxError: m"),
            "{report}"
        );
    })
    .succeeds();
}

#[test]
fn a_place_that_is_no_number_leaves_no_exception_behind() {
    in_child(|| {
        let code = "
            e = SyntaxError('m')
            e.filename, e.lineno, e.offset = 'f', 'x', object()
            raise e";
        let error = gopyre::exec::<()>(code, ()).unwrap_err();
        assert_eq!(error.to_string(), "SyntaxError: m (f)");
        assert_eq!(gopyre::exec::<i64>("6 * 7", ()).unwrap(), 42);
    })
    .succeeds();
}

#[test]
fn an_instruction_that_there_is_not_has_no_columns() {
    in_child(|| {
        for lasti in ["-5", "10**6", "2**31 - 2"] {
            let code = format!(
                "
import sys, types
entry = types.TracebackType(None, sys._getframe(), {lasti}, 3)
raise ValueError('m').with_traceback(entry)"
            );
            let error = gopyre::exec::<()>(&code, ()).unwrap_err();
            assert_eq!(error.to_string(), "ValueError: m");
            assert_eq!(error.exception().unwrap().frames().len(), 2);
        }
    })
    .succeeds();
}

#[test]
fn an_error_that_is_read_by_raising_it_again_ends_somewhere() {
    in_child(|| {
        let code = "
            class E(SyntaxError):
                @property
                def lineno(self):
                    raise E('again')
                filename = msg = __notes__ = __cause__ = __context__ = lineno
            raise E('m')";
        let error = gopyre::exec::<()>(code, ()).unwrap_err();
        assert!(error.to_string().ends_with("E: m"), "{error}");
    })
    .succeeds();
}

#[test]
fn classes_of_errors_that_give_no_exceptions_are_told() {
    in_child(|| {
        let fail = || -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
            let inner = std::io::Error::other(std::fmt::Error);
            Err(Box::new(gopyre::Error::Rust(Box::new(Outer(inner)))))
        };
        let fail = gopyre::function("fail", fail).unwrap();
        let not_found = || -> std::io::Result<()> { Err(std::io::ErrorKind::NotFound.into()) };
        let code = "
            import builtins, gopyre
            gopyre.RustError.__new__ = lambda *args, **keywords: 'x' * 100
            builtins.OSError = builtins.FileNotFoundError = lambda *args: 'y' * 100
            raised = []
            for f in input:
                try:
                    f()
                except BaseException as error:
                    raised.append(type(error).__name__)
            raised";
        let not_found = gopyre::function("not_found", not_found).unwrap();
        let input = [fail, not_found];
        let raised: Vec<String> = gopyre::exec(code, &input).unwrap();
        assert_eq!(raised, ["RuntimeError", "RuntimeError"]);
    })
    .succeeds();
}

#[derive(Debug)]
struct Outer(std::io::Error);

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("outer")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
