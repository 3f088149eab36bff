# Runs in a namespace that has `route` and `follow`.
import sys

import _thread


def following(start):
    def start_following(function, *args, **kwargs):
        number = route()
        if not number:
            return start(function, *args, **kwargs)

        def run(*args, **kwargs):
            follow(number)
            return function(*args, **kwargs)

        return start(run, *args, **kwargs)

    start_following.__name__ = start_following.__qualname__ = start.__name__
    return start_following


modules = [_thread]
if "threading" in sys.modules:
    modules.append(sys.modules["threading"])
for start in ("start_new_thread", "start_joinable_thread"):
    original = getattr(_thread, start, None)
    if original is not None:
        replacement = following(original)
        for module in modules:
            for name in (start, "_" + start):
                if getattr(module, name, None) is original:
                    setattr(module, name, replacement)
