import types

from . import helper
from .helper import twice
from pack.helper import twice as again
import pack


def call(x):
    return [twice(x), again(x), helper.twice(x)]


def version():
    return pack.VERSION


def standard():
    return hasattr(types, "SimpleNamespace")
