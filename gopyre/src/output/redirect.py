# Runs in a namespace that has our `stdout` and `stderr`, and `redirected`, which says whether an execution sends what
# this thread prints to the one of that number elsewhere.
import sys
import types

from _thread import RLock

NAMES = ("stdout", "stderr")
ours = (stdout, stderr)
nothing = types.SimpleNamespace(write=len, flush=lambda: None)
lock = RLock()


class Stream:
    """Ours for threads of executions that redirect it; for all others the one that was there before."""

    __slots__ = ("_number", "_before", "_users")

    def __init__(self, number, before):
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_before", before)
        object.__setattr__(self, "_users", [])

    def _target(self):
        if redirected(self._number):
            return ours[self._number]
        return nothing if self._before is None else self._before

    @property
    def __class__(self):
        return type(self._target())

    def __getattr__(self, name):
        return getattr(self._target(), name)

    def __setattr__(self, name, value):
        setattr(self._target(), name, value)

    def __delattr__(self, name):
        delattr(self._target(), name)

    def __repr__(self):
        return repr(self._target())

    def __iter__(self):
        return iter(self._target())

    def __enter__(self):
        return self._target().__enter__()

    def __exit__(self, *error):
        return self._target().__exit__(*error)


def begin():
    """Puts streams that can be redirected in the place of those that are there."""
    streams = []
    with lock:
        for number, name in enumerate(NAMES):
            stream = getattr(sys, name, None)
            if type(stream) is not Stream or stream._number != number:
                stream = Stream(number, stream)
                setattr(sys, name, stream)
            stream._users.append(None)
            streams.append(stream)
    return streams


def end(streams):
    """Puts those back that were there, once nobody redirects any more."""
    with lock:
        for name, stream in zip(NAMES, streams):
            stream._users.pop()
            if not stream._users and getattr(sys, name, None) is stream:
                setattr(sys, name, stream._before)
