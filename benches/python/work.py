"""What both sides call."""


def nothing():
    pass


def add(a: int, b: int) -> int:
    return a + b


def fail():
    raise ValueError("no")


def call(function, count):
    for _ in range(count):
        function(2, 3)


def call_method(counter, count):
    for _ in range(count):
        counter.add(2, 3)


def catch(function, count):
    for _ in range(count):
        try:
            function(2, 3)
        except Exception:
            pass
