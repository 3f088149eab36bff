# Worker processes: a pool of one worker for each, so that ending one ends the job of no other.
import concurrent.futures
import importlib
import multiprocessing.context
import os
import queue
import shutil
import signal
import sys
import threading
import types
import weakref
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from multiprocessing import spawn

# How long a worker may take to end by itself.
PATIENCE = 2.0

# What a worker does first. Ctrl-C is the host's; the host's end, however it comes, is the worker's.
SETUP = """
import multiprocessing, os, signal, threading
signal.signal(signal.SIGINT, signal.SIG_IGN)
def watch(parent=multiprocessing.parent_process(), exit=os._exit):
    parent.join()
    exit(1)
threading.Thread(target=watch, daemon=True).start()
# A job may hold the GIL for hours; the signal ends the process whatever it does. Where another one can be chosen, it is
# one that nothing keeps off.
try:
    import fcntl
    pipe = multiprocessing.parent_process().sentinel
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGIO])
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
except (ImportError, AttributeError, OSError):
    pass
"""

# Those that are not closed.
living = set()


# What the workers were started with.
started = weakref.WeakSet()


def leave():
    """In a fork of the host: the workers are its parent's, and end with that."""
    for popen in started:
        for number in getattr(popen.finalizer, "_args", None) or ():
            try:
                os.close(number)
            except OSError:
                pass
    started.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=leave)


def interpreter():
    """The interpreter that workers run, and whether it can be run."""
    if not spawn.get_executable():
        spawn.set_executable(sys.executable)
    path = os.fsdecode(spawn.get_executable() or "")
    return path, shutil.which(path) is not None


def starter():
    """`Popen` of the spawn method, whose workers leave the host's `__main__` where it is, and end in silence where
    the host ends before it has told them anything.

    One function looks for the main file and for the command; it gets another `spawn` to ask.
    """
    windows = sys.platform == "win32"
    module = importlib.import_module("multiprocessing.popen_spawn_" + ("win32" if windows else "posix"))
    name = "__init__" if windows else "_launch"

    def get_preparation_data(name):
        data = spawn.get_preparation_data(name)
        return {key: data[key] for key in data if not key.startswith("init_main_from_")}

    def get_command_line(**arguments):
        command = spawn.get_command_line(**arguments)
        code = command.index("-c") + 1
        command[code] = f"try:\n {command[code]}\nexcept EOFError:\n raise SystemExit(1)"
        return command

    ours = types.SimpleNamespace(**vars(spawn))
    ours.get_preparation_data, ours.get_command_line = get_preparation_data, get_command_line
    launch = getattr(module.Popen, name)
    launch = types.FunctionType(launch.__code__, {**vars(module), "spawn": ours}, name)

    def noted(popen, process):
        launch(popen, process)
        started.add(popen)

    return type("Popen", (module.Popen,), {name: noted})


class Process(multiprocessing.context.SpawnProcess):
    def __reduce__(self):
        # In the worker it is a plain one.
        return object.__new__, (multiprocessing.context.SpawnProcess,), vars(self)

    _Popen = staticmethod(starter())


class Semaphore(threading.Semaphore):
    """One of this process, in place of a named one of the system, which outlives a process that is killed.

    Each end of the queues between the host and a single worker belongs to one thread.
    """

    _semlock = property(lambda self: self)

    def __reduce__(self):
        return threading.Semaphore, ()

    def _is_zero(self):
        return False


class Context(multiprocessing.context.SpawnContext):
    process = None

    def Process(self, *, target, args):
        self.process = Process(target=target, args=args, name="gopyre-worker")
        self.queues = args[:2]
        return self.process

    def Lock(self):
        return Semaphore(1)

    def BoundedSemaphore(self, value=1):
        return Semaphore(sys.maxsize)


class Worker:
    """A process, started when this returns."""

    def __init__(self):
        self.context = Context()
        self.pool = ProcessPoolExecutor(1, self.context, exec, (SETUP, {}))
        try:
            self.pool.submit(os.getpid).result()
        except BrokenProcessPool:
            raise self.broken("before it could do anything") from None
        # The worker's ends, without which the threads here wait for no one once the worker is gone.
        calls, results = self.context.queues
        calls._reader.close()
        results._writer.close()

    def run(self, limit, call):
        future = self.pool.submit(*call)
        try:
            return future.result(limit)
        except concurrent.futures.TimeoutError:
            if future.done():
                return future.result()
            self.kill()
            return "Timeout"
        except BrokenProcessPool:
            raise self.broken("before the script was done") from None

    def broken(self, when):
        self.pool.shutdown()
        process = self.context.process
        process.join(PATIENCE)
        code = process.exitcode
        how = "ended" if code is None else f"exited with code {code}"
        if code is not None and code < 0:
            names = {number.value: number.name for number in signal.Signals}
            how = f"was killed by {names.get(-code, -code)}"
        return BrokenProcessPool(f"the worker process {how} {when}")

    def kill(self):
        self.context.process.kill()
        self.pool.shutdown()

    def end(self):
        # A script may have left a thread that keeps the process from ending.
        timer = threading.Timer(PATIENCE, self.context.process.kill)
        timer.daemon = True
        timer.start()
        self.pool.shutdown()
        timer.cancel()


class Processes:
    """Calls in the order in which they came, each on a worker that is free."""

    def __init__(self, count):
        self.calls = queue.SimpleQueue()
        self.futures = set()
        self.workers = [None] * count
        # Daemons: the end of the process waits for no job.
        self.threads = [
            threading.Thread(target=self.serve, args=(index,), name="gopyre-executor", daemon=True)
            for index in range(count)
        ]
        living.add(self)
        for thread in self.threads:
            thread.start()

    def submit(self, limit, call):
        future = concurrent.futures.Future()
        self.futures.add(future)
        future.add_done_callback(self.futures.discard)
        self.calls.put((future, limit, call))
        return future

    def serve(self, index):
        try:
            self.workers[index] = Worker()
        except BaseException:
            # Told when there is something to do.
            pass
        while self.serve_one(index, self.calls.get()):
            pass
        if self.workers[index] is not None:
            self.workers[index].end()

    def serve_one(self, index, item):
        if item is None:
            return False
        future, limit, call = item
        if not future.set_running_or_notify_cancel():
            return True
        try:
            if self.workers[index] is None:
                self.workers[index] = Worker()
            outcome = self.workers[index].run(limit, call)
        except BaseException as error:
            self.workers[index] = None
            future.set_exception(error)
        else:
            if outcome == "Timeout":
                self.workers[index] = None
            future.set_result(outcome)
        return True

    def close(self):
        """Waits until all is done."""
        for _ in self.threads:
            self.calls.put(None)
        for thread in self.threads:
            thread.join()
        living.discard(self)

    def abort(self):
        """Ends at once."""
        for future in list(self.futures):
            future.cancel()
        for worker in list(self.workers) if self.futures else ():
            if worker is not None:
                worker.context.process.kill()
        self.close()


def drain(seconds):
    """Waits until nothing is left to do; whether that was in time."""
    futures = [future for processes in list(living) for future in list(processes.futures)]
    return not concurrent.futures.wait(futures, seconds).not_done


def abort():
    for processes in list(living):
        processes.abort()
