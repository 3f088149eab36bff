# The part of a job that stays: what is given to an executor, and what comes back from it.
import hashlib
import pickle
import sys
import types
import uuid

# The travelling part is a module of its own in every process that it comes to; there may be several versions.
NAME = "_gopyre_worker_" + hashlib.sha256(WORKER.encode()).hexdigest()[:16]
# What a worker evaluates: all of it is in the standard library, so a worker needs nothing else.
CALL = """(lambda sys, new: (
    name in sys.modules
    or exec(compile(worker, '<gopyre>', 'exec'), vars(new))
    or sys.modules.setdefault(name, new),
    sys.modules[name].run(file, text, input),
)[1])(__import__('sys'), __import__('types').ModuleType(name))""".replace("\n", " ")

worker = types.ModuleType(NAME)
exec(compile(WORKER, "<gopyre>", "exec"), vars(worker))
pickled = worker.pickled
loads = pickle.loads

# What was submitted and has not come back. A cluster forgets a job whose future nobody holds.
kept = {}


def call(file, text, input):
    """What `submit` takes: the identity is for executors that take equal calls for one."""
    names = {"name": NAME, "worker": WORKER, "file": file, "text": text, "input": input, "id": uuid.uuid4().hex}
    return eval, CALL, names


def submit(executor, call):
    future = executor.submit(*call)
    for name in ("result", "done", "cancel", "cancelled"):
        if not callable(getattr(future, name, None)):
            raise TypeError(f"expected a future from `submit`, found {type(future).__qualname__}")
    if callable(getattr(future, "add_done_callback", None)):
        kept[id(future)] = future
        future.add_done_callback(lambda future: kept.pop(id(future), None))
    return future


def join(future, seconds):
    """The outcome; without one after that many seconds, the job is given up."""
    try:
        outcome = future.result() if seconds is None else future.result(seconds)
    except BaseException as error:
        if future.cancelled():
            return "Cancelled"
        if seconds is None or "Timeout" not in type(error).__name__:
            raise
        if future.done():
            return join(future, None)
        future.cancel()
        return "Timeout"
    if outcome == "Timeout" or isinstance(outcome, dict):
        return outcome
    raise TypeError(f"expected the outcome of a script, found {type(outcome).__qualname__}")


def cancel(future):
    outcome = future.cancel()
    return future.cancelled() if outcome is None else bool(outcome)
