import time

time.sleep(0.05)
RUNS = globals().get("RUNS", 0) + 1


def runs():
    return RUNS
