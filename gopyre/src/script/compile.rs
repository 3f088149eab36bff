//! From text to code: the last expression is told by the syntax tree, never by the text.

use super::namespace::Shape;
use super::source::Source;
use super::syntax::in_source;
use crate::attach::{self, Attached};
use crate::convert;
use crate::error::{Error, Result};
use crate::interpreter::Each;
use crate::object::Object;
use crate::reference::Ref;
use gopyre_sys as sys;
use std::panic::catch_unwind;
use std::sync::{Arc, OnceLock};

/// `ast.PyCF_ONLY_AST`, without importing `ast`.
const ONLY_AST: i64 = 0x400;

/// A script's code in one interpreter.
#[derive(Debug)]
pub(crate) struct Compiled {
    statements: Option<Object>,
    value: Option<Object>,
    /// What every run's namespace begins with.
    template: Object,
    shape: OnceLock<Shape>,
}

impl Compiled {
    /// Compiles a script; nothing of it runs.
    pub(crate) fn new(py: Attached<'_>, source: &Arc<Source>) -> Result<Compiled> {
        if source.is_blank() {
            return Err(Error::Syntax(vec![source.error(1, 1, "empty script")]));
        }
        if let Some(error) = source.nul() {
            return Err(Error::Syntax(vec![error]));
        }
        let file = Ref::text(py, source.file())?;
        let text = Ref::text(py, &source.padded())?;
        let code = Code::new(file)?;
        let (statements, value) = code
            .split(&text)
            .map_err(|error| in_source(py, error, source))?;
        let loader = loader(py, &code.file)?;
        source.register(&loader);
        let template = template(py, &loader)?;
        cache_lines(py, source, &code.file, &text)?;
        Ok(Compiled {
            statements: statements.map(Object::from_ref),
            value: value.map(Object::from_ref),
            template: Object::from_ref(template),
            shape: OnceLock::new(),
        })
    }

    /// A fresh global namespace.
    pub(super) fn namespace<'py>(&self, py: Attached<'py>) -> Result<Ref<'py>> {
        let template = self.template.lend(py)?;
        // SAFETY: attached, and a dict; a new reference.
        unsafe { Ref::owned(py, py.PyDict_Copy(template.as_ptr())) }
    }

    /// What the namespaces of its runs look like, if there was one.
    #[inline]
    pub(super) fn shape(&self) -> Option<&Shape> {
        self.shape.get()
    }

    /// Keeps what they look like; the first one that is kept stays.
    pub(super) fn learn(&self, make: impl FnOnce() -> Result<Shape>) -> Result<()> {
        if self.shape.get().is_none() {
            // Another thread may be faster; then this one is of no use.
            let _ = self.shape.set(make()?);
        }
        Ok(())
    }

    /// Runs the code in a namespace; the result is the last expression's value or None.
    pub(super) fn run<'py>(&self, globals: &Ref<'py>) -> Result<Ref<'py>> {
        let py = globals.py();
        let eval = |code: &Object| {
            let code = code.lend(py)?;
            // SAFETY: attached; a code object, as `whole` makes it and `Code::code` has seen to, and a dict for both namespaces; a
            // new reference.
            unsafe {
                Ref::owned(
                    py,
                    py.PyEval_EvalCode(code.as_ptr(), globals.as_ptr(), globals.as_ptr()),
                )
            }
        };
        if let Some(code) = &self.statements {
            eval(code)?;
        }
        self.value.as_ref().map_or_else(|| Ok(Ref::none(py)), eval)
    }
}

/// CPython's `compile`, as it was before any script could put something else in its place.
static COMPILE: Each<Object> = Each::new();

/// `compile` for one file name.
pub(super) struct Code<'py> {
    compile: Ref<'py>,
    file: Ref<'py>,
}

impl<'py> Code<'py> {
    pub(super) fn new(file: Ref<'py>) -> Result<Code<'py>> {
        let py = file.py();
        let compile = match COMPILE.get(py) {
            Some(compile) => compile,
            // Of an interpreter that we have not started it is what its host has made of it.
            None => {
                let compile = Ref::import(py, "builtins")?.attr("compile")?;
                COMPILE.set(py, Object::from_ref(compile))
            }
        };
        let compile = compile.bind(py)?;
        Ok(Code { compile, file })
    }

    fn compile(&self, source: &Ref<'py>, mode: &'static str, flags: i64) -> Result<Ref<'py>> {
        let py = source.py();
        // SAFETY: attached; new references.
        let (flags, dont_inherit) = unsafe {
            (
                Ref::owned(py, py.PyLong_FromLongLong(flags))?,
                Ref::owned(py, py.PyBool_FromLong(1))?,
            )
        };
        self.compile.call([
            source,
            &self.file,
            &Ref::name(py, mode)?,
            &flags,
            &dont_inherit,
        ])
    }

    /// A code object that `PyEval_EvalCode` may be given, which checks nothing.
    fn code(&self, source: &Ref<'py>, mode: &'static str) -> Result<Ref<'py>> {
        let py = source.py();
        let code = self.compile(source, mode, 0)?;
        if code.type_ptr() != py.PyCode_Type() {
            let found = convert::describe(&code);
            let message = format!("expected code from `builtins.compile`, found {found}");
            return Err(Error::Argument(message));
        }
        let free = code.attr("co_freevars")?;
        // SAFETY: attached, a live object.
        let free = unsafe { py.PyObject_Size(free.as_ptr()) };
        if free != 0 {
            let message = "expected code of its own from `builtins.compile`, found a closure's";
            return Err(Error::Argument(message.to_owned()));
        }
        Ok(code)
    }

    /// The code of the statements and that of the last expression, each if there is one.
    pub(super) fn split(&self, text: &Ref<'py>) -> Result<(Option<Ref<'py>>, Option<Ref<'py>>)> {
        let py = text.py();
        if may_be_expression(text.as_str()?)
            && let Ok(value) = whole(&self.file, text, sys::EVAL_INPUT)
        {
            return Ok((None, Some(value)));
        }
        let tree = self.compile(text, "exec", ONLY_AST)?;
        let ast = Ref::import(py, "_ast")?;
        let body = tree.attr("body")?;
        // SAFETY: attached, a live object.
        let count = unsafe { py.PyObject_Size(body.as_ptr()) };
        if count < 0 {
            return Err(Error::raised(py));
        }
        if count == 0 {
            return Ok((None, None));
        }
        // SAFETY: as above; the function itself checks for a list; a new reference.
        let last = unsafe { Ref::owned(py, py.PyList_GetItemRef(body.as_ptr(), count - 1))? };
        let is_expression = last.type_ptr() == ast.attr("Expr")?.as_ptr();
        let mut value = None;
        if is_expression {
            body.call_method("pop", [])?;
            let expression = ast.attr("Expression")?.call([&last.attr("value")?])?;
            value = Some(self.code(&expression, "eval")?);
        }
        let statements = count > isize::from(is_expression);
        let statements = statements.then(|| self.code(&tree, "exec")).transpose()?;
        Ok((statements, value))
    }
}

/// Compiles a text as it is. Unlike `builtins.compile` this makes no classes of syntax trees, which a process
/// that needs none would pay for with the tenth part of its start.
pub(super) fn whole<'py>(file: &Ref<'py>, text: &Ref<'py>, start: i32) -> Result<Ref<'py>> {
    let py = text.py();
    let mut flags = sys::PyCompilerFlags {
        cf_flags: sys::TEXT_IS_UTF8,
        cf_feature_version: py.version.minor.into(),
    };
    let text = text.as_str()?.as_ptr().cast();
    // SAFETY: attached; the UTF-8 of a str ends with a NUL and lives as long as that; a str as the file's name.
    unsafe {
        Ref::owned(
            py,
            py.Py_CompileStringObject(text, file.as_ptr(), start, &mut flags, -1),
        )
    }
}

/// Whether it is worth a try to compile a text as one expression. Whether it is one, the parser says.
fn may_be_expression(text: &str) -> bool {
    let text = text.trim();
    let one_line = !text.contains(['\n', ';']);
    one_line || text.starts_with(['(', '[', '{']) && text.ends_with([')', ']', '}'])
}

/// The namespace that every run begins with a copy of.
fn template<'py>(py: Attached<'py>, loader: &Ref<'py>) -> Result<Ref<'py>> {
    let template = Ref::dict(py)?;
    let builtins = Ref::import(py, "builtins")?;
    // SAFETY: attached, and a module; the dict is borrowed from it.
    let builtins = unsafe { Ref::borrowed(py, py.PyModule_GetDict(builtins.as_ptr()))? };
    template.dict_set(&Ref::name(py, "__name__")?, &Ref::name(py, "__main__")?)?;
    template.dict_set(&Ref::name(py, "__builtins__")?, &builtins)?;
    template.dict_set(&Ref::name(py, "__loader__")?, loader)?;
    // Not that of `builtins`, where it would be looked for next.
    template.dict_set(&Ref::name(py, "__doc__")?, &Ref::none(py))?;
    Ok(template)
}

/// An object whose `get_source` gives the lines of a file, so that tracebacks made in Python show them: those of
/// all its scripts, because Python asks for them once.
fn loader<'py>(py: Attached<'py>, file: &Ref<'py>) -> Result<Ref<'py>> {
    static GET_SOURCE: sys::PyMethodDef = sys::PyMethodDef {
        ml_name: c"get_source".as_ptr(),
        ml_meth: get_source,
        ml_flags: sys::METH_FASTCALL,
        ml_doc: std::ptr::null(),
    };
    unsafe extern "C" fn get_source(
        this: *mut sys::PyObject,
        _: *const *mut sys::PyObject,
        _: sys::Py_ssize_t,
    ) -> *mut sys::PyObject {
        // SAFETY: Python calls attached; `this` is the file's name, kept by the function object.
        let lines = || unsafe {
            attach::in_current(|py| {
                let file = Ref::borrowed(py, this).ok()?;
                let lines = Ref::text(py, &Source::lines_of(file.as_str().ok()?)).ok()?;
                Some(lines.into_ptr().as_ptr())
            })
        };
        // Nothing unwinds into C (rule 10).
        if let Ok(Ok(Some(lines))) = catch_unwind(lines) {
            return lines;
        }
        // None is for unknown.
        // SAFETY: attached; a live object, to which the caller gets a reference.
        unsafe {
            let table = sys::table();
            table.Py_IncRef(table._Py_NoneStruct());
            table._Py_NoneStruct()
        }
    }
    let implementation = Ref::import(py, "sys")?.attr("implementation")?;
    // SAFETY: attached; the definition is static; a type is borrowed from its object.
    let (function, namespace) = unsafe {
        let function = py.PyCFunction_NewEx(&GET_SOURCE, file.as_ptr(), std::ptr::null_mut());
        (
            Ref::owned(py, function)?,
            Ref::borrowed(py, implementation.type_ptr())?,
        )
    };
    let loader = namespace.call([])?;
    loader.set_attr("get_source", &function)?;
    Ok(loader)
}

/// Gives the lines to `linecache` where it is loaded: names in angle brackets it asks no loader for. Of other
/// files it may have the lines from before, and is to ask again.
fn cache_lines<'py>(
    py: Attached<'py>,
    source: &Source,
    file: &Ref<'py>,
    text: &Ref<'py>,
) -> Result<()> {
    let Some(linecache) = Ref::imported(py, "linecache")? else {
        return Ok(());
    };
    // A script may have made anything of it.
    let cache = linecache.attr_or_none("cache")?;
    let Some(cache) = cache.filter(|cache| cache.has_flag(sys::type_flags::DICT)) else {
        return Ok(());
    };
    if !(source.file().starts_with('<') && source.file().ends_with('>')) {
        // SAFETY: attached, a dict; the exception says that there were none.
        unsafe {
            if py.PyDict_DelItem(cache.as_ptr(), file.as_ptr()) < 0 {
                py.PyErr_Clear();
            }
        }
        return Ok(());
    }
    // SAFETY: attached; the tuple takes over the four references.
    let entry = unsafe {
        let keep_ends = Ref::owned(py, py.PyBool_FromLong(1))?;
        let lines = text.call_method("splitlines", [&keep_ends])?;
        let size = Ref::owned(
            py,
            py.PyLong_FromLongLong(py.PyObject_Size(text.as_ptr()) as i64),
        )?;
        let entry = Ref::owned(py, py.PyTuple_New(4))?;
        for (index, item) in (0..).zip([size, Ref::none(py), lines, file.clone()]) {
            py.check(py.PyTuple_SetItem(entry.as_ptr(), index, item.into_ptr().as_ptr()))?;
        }
        entry
    };
    cache.dict_set(file, &entry)
}
