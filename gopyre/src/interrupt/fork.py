import os

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forked)
