import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

# The loader of every embedded module, by name.
LOADERS = {}


class Loader:
    """Loads one embedded module."""

    def __init__(self, name, file, text, root, package):
        self.name = name
        self.file = file
        self.text = text
        self.root = root
        self.package = package
        self.code = None

    def create_module(self, spec):
        return None

    # The standard one, whose frames Python itself leaves out of tracebacks.
    exec_module = SourceFileLoader.exec_module

    def get_code(self, name=None):
        if self.code is None:
            self.tree()
        return self.code

    def get_source(self, name=None):
        return self.text

    def get_filename(self, name=None):
        return self.file

    def is_package(self, name=None):
        return self.package

    def tree(self):
        """Compiles the module, and returns its syntax tree."""
        tree = compile(self.text, self.file, "exec", 0x400, True)
        if self.root:
            relocate(tree, self.root)
        self.code = compile(tree, self.file, "exec", 0, True)
        return tree


class Importer:
    """Finds the embedded modules."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        loader = LOADERS.get(name)
        if loader is None:
            return None
        spec = ModuleSpec(name, loader, origin=loader.file or None, is_package=loader.package)
        spec.has_location = loader.file != ""
        return spec


def add(name, file, text, root, package):
    parent = name.rpartition(".")[0]
    while parent and parent not in LOADERS:
        # A folder without `__init__.py`.
        LOADERS[parent] = Loader(parent, "", "", "", True)
        parent = parent.rpartition(".")[0]
    loader = LOADERS[name] = Loader(name, file, text, root, package)
    return loader


def install():
    sys.meta_path.insert(0, Importer)


def tree(name):
    return LOADERS[name].tree()


def relocate(tree, root):
    """Makes absolute imports of what is in the same folder find it there."""
    for node in walk(tree):
        kind = type(node).__name__
        if kind == "ImportFrom" and not node.level:
            node.module = located(node.module, root) or node.module
        elif kind == "Import":
            names = []
            for alias in node.names:
                name = located(alias.name, root)
                if name is None:
                    names.append(alias)
                    continue
                first = alias.name.partition(".")[0]
                names.append(copy(alias, name, alias.asname or first))
                if alias.asname is None and alias.name != first:
                    # `import a.b` loads both and binds `a`.
                    names.append(copy(alias, located(first, root), first))
            node.names = names


def copy(alias, name, asname):
    place = {field: getattr(alias, field) for field in alias._attributes if hasattr(alias, field)}
    return type(alias)(name=name, asname=asname, **place)


def walk(node):
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        for field in node._fields:
            value = getattr(node, field, None)
            for part in value if isinstance(value, list) else [value]:
                if hasattr(part, "_fields"):
                    pending.append(part)


def located(name, root):
    """The full name of what code in the folder `root` imports as `name`; None if it is elsewhere."""
    first, dot, rest = name.partition(".")
    is_package = LOADERS[root].file != ""
    if root + "." + first in LOADERS:
        # In a package, the standard library goes before a module of its name.
        if not (is_package and standard(first)):
            return root + "." + name
    if is_package and first == LOADERS[root].file.split("/")[-2]:
        return root + dot + rest
    return None


def standard(name):
    names = getattr(sys, "stdlib_module_names", None)
    if names is None:
        import os
        from importlib.machinery import PathFinder

        if name in sys.builtin_module_names:
            return True
        return PathFinder.find_spec(name, [os.path.dirname(os.__file__)]) is not None
    return name in names
