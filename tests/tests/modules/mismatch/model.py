import functools
from os.path import join as joined


def predict(rows, scale=1.0, *, offset):
    return rows


def simple(a, b):
    return a


def anything(*args, **kwargs):
    return args


def positional(a, b=1, /):
    return a


async def later(a):
    return a


@functools.lru_cache
def cached(a):
    return a


if True:
    def chosen(a):
        return a
else:
    chosen = None

try:
    from fast import quick
except ImportError:
    def quick(a):
        return a

with open(__file__ + ".none") as opened:
    value = 1


def load():
    global loaded
    loaded = lambda a: a


class Base:
    __slots__ = ("kept",)

    def __init__(self, a, b=1):
        self.attribute = a

    def inherited(self, a):
        return a


class Child(Base):
    @property
    def prop(self):
        return 1

    def method(self, a, *, key):
        return a

    @staticmethod
    def static(a):
        return a

    @classmethod
    def made(cls, a):
        return cls(a)

    class Inner:
        def __new__(cls, x):
            return object.__new__(cls)


class Empty:
    pass


class Problem(ValueError):
    pass


class Foreign(functools.partial):
    pass


class Open:
    def __getattr__(self, name):
        return name


raise SystemExit("nothing of this may run")
