import os
import site
import sys


def added(folders):
    """Some folders of packages, and those that their .pth files put on sys.path."""
    found = set()
    for folder in folders:
        found.add(normal(folder))
        try:
            names = [name for name in os.listdir(folder) if name.endswith(".pth")]
        except OSError:
            continue
        for name in names:
            found.update(normal(os.path.join(folder, line)) for line in lines(os.path.join(folder, name)))
    return found


def lines(file):
    try:
        with open(file, encoding="utf-8-sig", errors="surrogateescape") as text:
            found = [line.strip() for line in text]
    except OSError:
        return []
    return [line for line in found if line and not line.startswith(("#", "import ", "import\t"))]


def normal(folder):
    return os.path.normcase(os.path.abspath(folder))


base = site.getsitepackages([sys.base_prefix, sys.base_exec_prefix])
# The user's own packages are those of the base, too.
base.append(site.getusersitepackages())
own = site.getsitepackages([sys.prefix, sys.exec_prefix]) if in_venv else []
library = os.path.dirname(os.__file__)
kept = [library, os.path.join(library, "lib-dynload")]
if not sys.flags.ignore_environment:
    kept += filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
gone = added(base) - added(own) - {normal(folder) for folder in kept}
sys.path[:] = [folder for folder in sys.path if normal(folder) not in gone]
