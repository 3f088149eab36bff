import functools
import os


def guarded(original):
    @functools.wraps(original)
    def fork():
        if are_any():
            raise RuntimeError(
                f"os.{original.__name__}() while there are interpreters beside the main one; "
                "help: end them and their pools first, or use multiprocessing's spawn method"
            )
        return original()

    return fork


for name in ("fork", "forkpty"):
    if hasattr(os, name):
        setattr(os, name, guarded(getattr(os, name)))
