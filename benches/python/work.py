"""What both sides call."""


def nothing():
    pass


def add(a: int, b: int) -> int:
    return a + b


def fail():
    raise ValueError("no")


def catch(function):
    try:
        function()
    except Exception:
        return 1
    return 0
