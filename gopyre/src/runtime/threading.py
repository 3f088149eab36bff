import threading

old = threading._main_thread
if old.ident != threading.get_ident():
    # Up to 3.12 the shutdown waits for a lock that the old main thread's end would release.
    lock = getattr(old, "_tstate_lock", None)
    if lock is not None:
        if lock.locked():
            lock.release()
        old._stop()
    threading._main_thread = threading._MainThread()
