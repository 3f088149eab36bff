import sys

threading = sys.modules.get("threading")
if threading is not None:
    # Whoever imported it first counts as the main thread, for which the end of the interpreter would wait. Its
    # number says nothing: a thread that has ended leaves it to a later one.
    old = threading._main_thread
    lock = getattr(old, "_tstate_lock", None)
    if lock is not None:
        if lock.locked():
            lock.release()
        old._stop()
    threading._active.pop(old.ident, None)
    threading._main_thread = threading._MainThread()
    # Those are threads that Python did not start.
    strangers = (threading._MainThread, threading._DummyThread)
    while True:
        others = [t for t in threading.enumerate() if not t.daemon and not isinstance(t, strangers)]
        if not others:
            break
        for thread in others:
            thread.join()

import atexit

atexit._run_exitfuncs()
