"""Python's side of gopyre: what Rust raises, and what Python shows to Rust."""

__all__ = ["Interrupted", "RustError", "RustPanic", "export"]


class RustError(RuntimeError):
    """An error of Rust code that is of no kind that Python has a class for."""


class RustPanic(RuntimeError):
    """A panic of Rust code, with its message and its place."""


class _Kept(tuple):
    """What an exception keeps for Rust. It stays in this process where the exception is pickled or copied."""

    __slots__ = ()

    def __reduce__(self):
        return type(None), ()


# What is exported, by the module that it is exported to, "" for all, and its name.
_exported = {}


def export(item=None, /, *, name=None, to=""):
    """Shows a function or a class to Rust, which finds it by its name.

    This is a decorator: `@export`, or `@export(name="other", to="module")`. The name is the item's own
    where none is given. With `to`, only the Rust code that has the module of that name finds it.
    """
    if item is None:
        return lambda item: export(item, name=name, to=to)
    if not callable(item):
        raise TypeError(f"expected a function or a class, found {type(item).__name__} {item!r:.80}")
    if name is None:
        name = getattr(item, "__name__", None)
        if name is None:
            raise TypeError(f"{item!r:.80} has no name; help: write `@gopyre.export(name=...)`")
    for text in name, to:
        if not isinstance(text, str):
            raise TypeError(f"expected a str, found {type(text).__name__} {text!r:.80}")
    entry = [item]
    # Of two threads one is first.
    if _exported.setdefault((to, name), entry) is not entry:
        where = f" to `{to}`" if to else ""
        raise ValueError(f"`{name}` is exported{where} already")
    return item


def _find(name, modules):
    """What is exported under a name to one of the modules or to all, in a list; else the names."""
    for to in [*modules, ""]:
        if (to, name) in _exported:
            return _exported[to, name]
    return tuple(sorted(known for to, known in list(_exported) if to in ["", *modules]))
