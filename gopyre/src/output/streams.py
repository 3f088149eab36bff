import io
import sys


class Stream(io.BufferedIOBase):
    """The binary end of sys.stdout or sys.stderr."""

    def __init__(self, is_stderr):
        self._is_stderr = is_stderr
        self.name = "<stderr>" if is_stderr else "<stdout>"
        self.mode = "wb"

    def writable(self):
        return True

    def write(self, data):
        return write(self._is_stderr, data)

    def flush(self):
        flush(self._is_stderr)

    def close(self):
        # A script that closes its output must not silence the next one.
        flush(self._is_stderr)

    def isatty(self):
        return is_terminal(self._is_stderr)

    def fileno(self):
        number = descriptor(self._is_stderr)
        if number < 0:
            raise io.UnsupportedOperation("the output goes to no file")
        return number


class Text(io.TextIOWrapper):
    """The text end of sys.stdout or sys.stderr."""

    mode = "w"

    def __init__(self, is_stderr):
        errors = "backslashreplace" if is_stderr else "surrogateescape"
        super().__init__(Stream(is_stderr), "utf-8", errors, "\n")
        self._is_stderr = is_stderr

    def detach(self):
        raise io.UnsupportedOperation("the stream stays for the next script")

    def write(self, text):
        # Past the wrapper's own buffer, which all threads share: each thread has its own destination.
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        write(self._is_stderr, text.encode(self.encoding, self.errors))
        return len(text)


class Empty(io.BytesIO):
    """The binary end of sys.stdin: at its end from the beginning, so that input() raises EOFError
    instead of waiting for ever."""

    name = "<stdin>"
    mode = "rb"

    def close(self):
        # `quit()` closes the input, and the next script may read it.
        pass


class Input(io.TextIOWrapper):
    """The text end of sys.stdin."""

    mode = "r"

    def close(self):
        pass

    def detach(self):
        raise io.UnsupportedOperation("the stream stays for the next script")


def install():
    sys.stdout = sys.__stdout__ = Text(False)
    sys.stderr = sys.__stderr__ = Text(True)
    sys.stdin = sys.__stdin__ = Input(Empty(), "utf-8")
