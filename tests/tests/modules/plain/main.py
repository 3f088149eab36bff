import helper
import deep.inner
import json
from helper import VALUE as value, fail


def call():
    import deep.other as other

    return [helper.NAME, str(value), deep.inner.NAME, other.NAME, json.__name__]


def raises():
    fail()


def same():
    from deep import inner

    return inner is deep.inner and inner.helper is helper
