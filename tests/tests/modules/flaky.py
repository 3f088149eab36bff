import sys

sys.flaky_tries = getattr(sys, "flaky_tries", 0) + 1
if sys.flaky_tries < 3:
    raise RuntimeError(f"not yet: {sys.flaky_tries}")


def tries():
    return sys.flaky_tries
