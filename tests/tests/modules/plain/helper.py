NAME = "helper"
VALUE = 7


def fail():
    raise ValueError("in the helper")
