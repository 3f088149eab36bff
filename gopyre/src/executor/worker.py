# The part of a job that travels: it runs where the script runs, with nothing but Python there.
import _ast
import builtins
import linecache
import pickle
import sys
import traceback

# What every supported version reads.
PROTOCOL = 5
# How many exceptions of a chain are kept.
CHAIN = 32
# How deep the search for what cannot be pickled goes.
DEPTH = 64
# How many scripts are kept compiled.
SCRIPTS = 512

scripts = {}


class Script:
    """A compiled script, which also is the loader that tells its lines."""

    def __init__(self, file, text):
        self.file, self.text = file, text
        tree = compile(text, file, "exec", _ast.PyCF_ONLY_AST, True)
        value = None
        if tree.body and isinstance(tree.body[-1], _ast.Expr):
            value = _ast.Expression(tree.body.pop().value)
        self.statements = compile(tree, file, "exec", 0, True)
        self.value = value and compile(value, file, "eval", 0, True)

    def get_source(self, name=None):
        return self.text

    def run(self, input):
        names = {
            "__name__": "__main__",
            "__builtins__": vars(builtins),
            "__loader__": self,
            "__doc__": None,
            "input": input,
        }
        if isinstance(input, dict):
            for name, value in dict.items(input):
                if isinstance(name, str) and name != "__builtins__":
                    names[name] = value
        lines = self.text.splitlines(True)
        linecache.cache[self.file] = (len(self.text), None, lines, self.file)
        exec(self.statements, names)
        return self.value and eval(self.value, names)


def run(file, text, input):
    """Runs a script; the outcome is plain data, which any executor can carry."""
    try:
        script = scripts.get((file, text))
        if script is None:
            if len(scripts) >= SCRIPTS:
                scripts.clear()
            script = scripts[file, text] = Script(file, text)
        value = script.run(pickle.loads(input))
    except BaseException as error:
        return {"Raised": (describe(error, []), dump(error))}
    finally:
        flush()
    return pickled(value)


def flush():
    # The worker may be ended before it does that itself.
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


def dump(value):
    try:
        return pickle.dumps(value, PROTOCOL)
    except Exception:
        return None


def pickled(value):
    """The value as bytes, or what of it cannot be pickled, and why."""
    try:
        return {"Value": pickle.dumps(value, PROTOCOL)}
    except Exception as error:
        place, value, error = culprit(value, "", error, DEPTH)
        found = type(value).__qualname__
        name = getattr(value, "__qualname__", None)
        if isinstance(name, str):
            found = f"{found} `{name}`"
        place = place and f" at {place.lstrip('.')}"
        return {"Unpicklable": clean(f"{found}{place} ({printed(type(error))}: {error})")}


def culprit(value, place, error, depth):
    """The innermost part that cannot be pickled, with its place."""
    parts = ()
    if isinstance(value, dict):
        parts = [(f".{k}" if isinstance(k, str) and k.isidentifier() else f"[{k!r}]", v) for k, v in dict.items(value)]
    elif isinstance(value, (list, tuple)):
        parts = [(f"[{i}]", part) for i, part in enumerate(value)]
    elif not callable(value) and not hasattr(type(value), "__getstate__") and hasattr(value, "__dict__"):
        parts = [(f".{name}", part) for name, part in vars(value).items()]
    for step, part in parts if depth else ():
        try:
            pickle.dumps(part, PROTOCOL)
        except Exception as inner:
            return culprit(part, place + step, inner, depth - 1)
    return place, value, error


def describe(error, seen):
    """All that is to be known of an exception, as plain data; `seen` are those further out in the chain."""
    seen.append(error)

    def chained(inner):
        new = inner is not None and len(seen) < CHAIN and not any(inner is one for one in seen)
        return describe(inner, seen) if new else None

    cause = chained(error.__cause__)
    context = None if error.__suppress_context__ else chained(error.__context__)
    members = []
    if any(base.__name__ == "BaseExceptionGroup" for base in type(error).__mro__):
        members = [describe(member, seen) for member in error.exceptions if len(seen) < CHAIN]
    try:
        message = clean(str(error))
    except Exception:
        message = "<exception str() failed>"
    return {
        "classes": [(printed(base), base.__name__) for base in type(error).__mro__],
        "message": message,
        "suggestion": suggestion(error, message),
        "places": [place for place in places(error.__traceback__) if place],
        "notes": notes(error),
        "cause": cause,
        "context": context,
        "members": members,
        "syntax": syntax(error) if isinstance(error, SyntaxError) else None,
    }


def clean(text):
    """The text without what UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def printed(kind):
    """A class as a traceback prints it."""
    module, name = kind.__module__, kind.__qualname__
    return name if module in ("builtins", "__main__") else f"{module}.{name}"


def suggestion(error, message):
    """What the traceback adds to the message."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    try:
        told = traceback.TracebackException(type(error), error, last, lookup_lines=False)
        text = "".join(told.format_exception_only())
    except Exception:
        return None
    plain = f"{printed(type(error))}: {message}"
    return clean(text[len(plain):].partition("\n")[0]) or None if text.startswith(plain) else None


def notes(error):
    try:
        return [clean(str(note)) for note in getattr(error, "__notes__", ())]
    except Exception:
        return []


def syntax(error):
    if not isinstance(error.filename, str):
        return None
    return {
        "file": clean(error.filename),
        "line": number(error.lineno),
        "column": number(error.offset),
        "end_column": number(getattr(error, "end_offset", 0)),
        "text": clean(error.text) if isinstance(error.text, str) else None,
        "message": clean(str(error.msg)),
    }


def number(value):
    return value if isinstance(value, int) and 0 <= value < 2**32 else 0


def places(entry):
    while entry is not None:
        frame, code, line = entry.tb_frame, entry.tb_frame.f_code, entry.tb_lineno or 0
        # Frames of this file are no part of anybody's script.
        if frame.f_globals is not globals():
            yield place(frame, code, line, columns(entry, line))
        entry = entry.tb_next


def columns(entry, line):
    """First and last column in bytes, where the version keeps them and both are on the line."""
    positions = getattr(entry.tb_frame.f_code, "co_positions", None)
    if positions is None or entry.tb_lasti < 0:
        return None
    for index, (first, last, start, end) in enumerate(positions()):
        if index == entry.tb_lasti // 2:
            known = first == last == line and start is not None and end is not None
            return (start, end) if known else None
    return None


def place(frame, code, line, columns):
    loader = frame.f_globals.get("__loader__")
    if isinstance(loader, Script) and loader.file == code.co_filename:
        lines = loader.text.splitlines()
        whole = lines[line - 1] if 0 < line <= len(lines) else ""
    else:
        whole = linecache.getline(code.co_filename, line, frame.f_globals)
    text = whole.strip()
    if columns:
        indent = len(whole[: len(whole) - len(whole.lstrip())].encode("utf-8", "replace"))
        start, end = (column - indent for column in columns)
        columns = (start, end) if start >= 0 else None
    return {
        "file": clean(code.co_filename),
        "line": line,
        "function": clean(code.co_name),
        "text": clean(text),
        "columns": columns,
    }
