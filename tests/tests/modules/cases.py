# What calls with every kind of parameter call.
def add_numbers(a, b):
    return a + b


def get_greeting(name):
    return f"Hello, {name}!"


def multiply_list(numbers):
    return [2 * number for number in numbers]


def get_number(number=42):
    return number


def process_data(data):
    numbers, text = data["numbers"], data["text"]
    return {
        "count": len(numbers),
        "sum": sum(numbers),
        "mean": sum(numbers) / len(numbers),
        "median": sorted(numbers)[len(numbers) // 2],
        "min": min(numbers),
        "max": max(numbers),
        "text_length": len(text),
        "word_count": len(text.split()),
    }


def positional_only(a, /, b, c):
    return a + b + c


def star(a, b, *args):
    return a + b + sum(args)


def stars(a, b, **kwargs):
    return a + b + kwargs["c"]


def keyword_only(a, *, b, c):
    return a + b + c


def mixed(a, /, b, *args, c=3, **kwargs):
    return a + b + sum(args) + c + sum(kwargs.values())


def default_str(value="hello"):
    return value


def default_int(value=1337):
    return value


def default_negative(value=-1):
    return value


def default_none(value=None):
    return value is None


def one(value):
    return type(value).__name__


class Instance:
    def __init__(self, *args):
        self.args = args

    def get_args(self):
        return self.args

    def echo(self, text):
        return text

    def hello(self, name):
        return f"hello {name}"

    def no_return(self):
        pass

    def no_args(self):
        return 42


class Store:
    def __init__(self):
        self.counter = 0
        self.data = {}

    def increment_counter(self, by=1):
        self.counter += by
        return self.counter

    def reset(self):
        self.counter = 0
        return self.counter

    def batch_operations(self, steps):
        results = []
        for what, key, *value in steps:
            if what == "set":
                self.data[key] = value[0]
                results.append(f"set {key}")
            elif what == "get":
                results.append(self.data.get(key, "not_found"))
            elif self.data.pop(key, None) is None:
                results.append("not_found")
            else:
                results.append(f"deleted {key}")
        return results
