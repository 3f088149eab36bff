import sys

# What a function's parameters are: the names of the positional ones, how many of them have no keyword, how
# many are required, whether there is `*args`, the keywords with whether they are required, whether there
# is `**kwargs`, and the whole as text.


def of_arguments(args, skip):
    """The parameters of a function in a syntax tree, without the first `skip`."""
    import ast

    names = [arg.arg for arg in args.posonlyargs + args.args]
    if skip and not names and not args.vararg:
        return None
    required = len(names) - len(args.defaults)
    keywords = {arg.arg: default is None for arg, default in zip(args.kwonlyargs, args.kw_defaults)}
    only = len(args.posonlyargs)
    star, stars = args.vararg is not None, args.kwarg is not None
    return names[skip:], max(only - skip, 0), max(required - skip, 0), star, keywords, stars, ast.unparse(args)


def of_signature(signature, skip):
    """The parameters of a signature, without the first `skip`."""
    names, only, required, star, keywords, stars = [], 0, 0, False, {}, False
    for parameter in signature.parameters.values():
        needed = parameter.default is parameter.empty
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names.append(parameter.name)
            only += parameter.kind == parameter.POSITIONAL_ONLY
            required += needed
        elif parameter.kind == parameter.VAR_POSITIONAL:
            star = True
        elif parameter.kind == parameter.KEYWORD_ONLY:
            keywords[parameter.name] = needed
        else:
            stars = True
    text = str(signature.replace(return_annotation=signature.empty))[1:-1]
    return names[skip:], max(only - skip, 0), max(required - skip, 0), star, keywords, stars, text


def fit(item, parameters):
    """What is wrong with calling a function of these parameters as `item` does; None if nothing."""
    names, only, required, star, keywords, stars, text = parameters
    count, given = len(item["positional"]), [name for name, _ in item["keywords"]]
    wrong, mend = None, ""
    if count > len(names) and not star:
        wrong = f"expected {plural(len(names), 'positional argument', 'at most ')}, found {count}"
    by_keyword = set(names[max(only, count) :])
    for name in given:
        if wrong:
            break
        if name in names[only:count]:
            wrong = f"expected `{name}` once, found it positional and as a keyword"
        elif name not in by_keyword and name not in keywords and not stars:
            wrong = f"expected a keyword of the function, found `{name}`"
            mend = near(name, [*by_keyword, *keywords])
    missing = [name for name in names[count:required] if name not in given]
    missing += [name for name, needed in keywords.items() if needed and name not in given]
    if missing and not wrong:
        wrong = "expected all required parameters, found no " + ", ".join(f"`{name}`" for name in missing)
        if not given and missing == names[count:required]:
            wrong = f"expected {plural(required, 'positional argument', '')}, found {count}"
    return wrong and f"{wrong}; Python has `({text})`{mend}"


def plural(count, what, lead):
    return f"no {what}" if count == 0 else f"{lead}{count} {what}{'' if count == 1 else 's'}"


def near(name, names):
    import difflib

    names = [other for other in names if isinstance(other, str)]
    found = difflib.get_close_matches(name, names, 1, 0.6)
    if not found:
        found = [other for other in names if other.lower() == name.lower()][:1]
    return f"; help: did you mean `{found[0]}`?" if found else ""


# ---- embedded modules: by their syntax trees, so that nothing runs


class Scope:
    """What a module or a class defines: for each name the nodes, with None for what is not known."""

    def __init__(self, body):
        self.names = {}
        # Whether it may define anything.
        self.open = False
        for node in body:
            self.visit(node)

    def add(self, name, node=None):
        self.names.setdefault(name, []).append(node)

    def visit(self, node):
        kind = type(node).__name__
        if kind in ("FunctionDef", "AsyncFunctionDef", "ClassDef"):
            self.add(node.name, node)
            return
        if kind in ("Import", "ImportFrom"):
            for alias in node.names:
                self.open |= alias.name == "*"
                self.add(alias.asname or alias.name.partition(".")[0])
            return
        if kind == "Name" and type(node.ctx).__name__ == "Store":
            self.add(node.id)
        elif kind in ("MatchAs", "MatchStar", "MatchMapping"):
            self.add(getattr(node, "name", None) or getattr(node, "rest", None))
        elif kind in ("Lambda", "ListComp", "SetComp", "DictComp", "GeneratorExp"):
            return
        elif kind == "Call" and type(node.func).__name__ == "Name" and node.func.id == "setattr":
            self.open = True
        for part in parts(node):
            self.visit(part)


def parts(node):
    for field in node._fields:
        value = getattr(node, field, None)
        for part in value if isinstance(value, list) else [value]:
            if hasattr(part, "_fields"):
                yield part


def walk(node):
    yield node
    for part in parts(node):
        yield from walk(part)


def module_scope(tree):
    scope = Scope(tree.body)
    scope.open |= "__getattr__" in scope.names
    for node in walk(tree):
        kind = type(node).__name__
        if kind == "Global":
            for name in node.names:
                scope.add(name)
        elif kind == "Name" and node.id in ("globals", "vars", "locals", "exec"):
            scope.open = True
        elif kind == "Attribute" and node.attr == "modules":
            scope.open = True
    return scope


def class_scope(node, module, seen=()):
    """What a class has, of its bases too as far as the tree knows them."""
    scope = Scope(node.body)
    names = scope.names
    keep = ("dataclass", "final", "total_ordering", "runtime_checkable")
    scope.open |= bool(node.keywords) or any(last_name(d) not in keep for d in node.decorator_list)
    for inner in walk(node):
        kind = type(inner).__name__
        if kind == "Attribute" and type(inner.ctx).__name__ == "Store":
            names.setdefault(inner.attr, [None])
        elif kind == "Attribute" and inner.attr == "__dict__":
            scope.open = True
        elif kind == "Name" and inner.id in ("setattr", "vars", "locals", "exec"):
            scope.open = True
        elif kind == "Assign" and any(last_name(target) == "__slots__" for target in inner.targets):
            for constant in walk(inner.value):
                if isinstance(getattr(constant, "value", None), str):
                    names.setdefault(constant.value, [None])
    scope.open |= "__getattr__" in names or "__getattribute__" in names
    for base in node.bases:
        name = base.id if type(base).__name__ == "Name" else None
        known = module.names.get(name, [])
        if len(known) == 1 and type(known[0]).__name__ == "ClassDef" and known[0] not in seen:
            above = class_scope(known[0], module, (*seen, node))
            scope.open |= above.open
            for key, nodes in above.names.items():
                names.setdefault(key, nodes)
        elif not known and isinstance(builtin(name), type):
            if name != "object":
                for key in dir(builtin(name)):
                    names.setdefault(key, [None])
        else:
            scope.open = True
    return scope


def builtin(name):
    import builtins

    return getattr(builtins, name, None) if name else None


def last_name(node):
    """The last name of `a.b.name` or `a.b.name(..)`."""
    if type(node).__name__ == "Call":
        node = node.func
    return getattr(node, "attr", None) or getattr(node, "id", None)


def check_tree(tree, file, items):
    """What is wrong with each item, as pairs of its number and a message."""
    module = module_scope(tree)
    wrong = []
    for number, item in enumerate(items):
        message = check_in(module, item, file)
        if message:
            wrong.append((number, message))
    return wrong


def check_in(module, item, file):
    scope, owner = module, f"`{file}`"
    path = [part for part in item["class"].split(".") if part]
    for part in path:
        known = scope.names.get(part, [None])
        if len(known) != 1 or type(known[0]).__name__ != "ClassDef":
            # Told where the class itself is checked, or not known.
            return None
        node = known[0]
        scope, owner = class_scope(node, module), f"class `{part}`"
    if item["kind"] == "New":
        return check_new(node, scope, item)
    path = item["name"].split(".")
    for part in path[:-1]:
        known = scope.names.get(part)
        if known is None:
            return absent(scope, part, owner)
        if len(known) != 1 or type(known[0]).__name__ != "ClassDef":
            return None
        scope, owner = class_scope(known[0], module), f"class `{part}`"
    name = path[-1]
    known = scope.names.get(name)
    if known is None:
        return absent(scope, name, owner)
    if len(known) > 1 or known[0] is None:
        return None
    return check_node(known[0], scope, module, item)


def absent(scope, name, owner):
    if scope.open:
        return None
    return f"{owner} has no `{name}`" + near(name, scope.names)


def check_node(node, scope, module, item):
    kind, is_class = item["kind"], type(node).__name__ == "ClassDef"
    if kind == "Class":
        return None if is_class else "expected a class, found a function"
    if kind in ("Get", "Set"):
        return None
    if is_class:
        return check_new(node, class_scope(node, module), item) if kind == "Function" else None
    decorators = [last_name(decorator) for decorator in node.decorator_list]
    if kind == "Function":
        skip = 0
        if decorators:
            return None
    elif decorators == ["classmethod"]:
        skip = 1
    elif decorators == ["staticmethod"]:
        skip = 0
    elif "property" in decorators or "cached_property" in decorators:
        return "expected a method, found a property; help: mark it with `#[get]`"
    elif decorators:
        return None
    else:
        skip = 1 if kind == "Method" else 0
    parameters = of_arguments(node.args, skip)
    return parameters and fit(item, parameters)


def check_new(node, scope, item):
    names = scope.names
    if scope.open or node.decorator_list:
        return None
    for name in ("__init__", "__new__"):
        known = names.get(name)
        if known is None:
            continue
        if len(known) > 1 or known[0] is None or known[0].decorator_list:
            return None
        parameters = of_arguments(known[0].args, 1)
        return parameters and fit(item, parameters)
    return fit(item, ([], 0, 0, False, {}, False, ""))


# ---- installed modules: imported, and asked


def check_module(name, items):
    """What is wrong with the module, as a message, or with each item."""
    import importlib

    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name if error.name and (name + ".").startswith(error.name + ".") else None
        return f"{type(error).__name__}: {error}" + (near_module(missing) if missing else ""), []
    except BaseException as error:
        return f"{type(error).__name__}: {error}", []
    wrong = []
    for number, item in enumerate(items):
        message = check_live(module, item, name)
        if message:
            wrong.append((number, message))
    return None, wrong


def near_module(name):
    import importlib
    import pkgutil

    parent, _, last = name.rpartition(".")
    try:
        path = importlib.import_module(parent).__path__ if parent else None
        names = [module.name for module in pkgutil.iter_modules(path)]
    except BaseException:
        return ""
    if not parent:
        names += sys.builtin_module_names
    return near(last, names)


def check_live(module, item, name):
    owner, label = module, f"module `{name}`"
    for part in [part for part in item["class"].split(".") if part]:
        owner, label = getattr(owner, part, None), f"class `{part}`"
        if owner is None:
            # Told where the class itself is checked.
            return None
    kind = item["kind"]
    if kind == "New":
        return isinstance(owner, type) and check_call(owner, item, 0) or None
    if kind in ("Get", "Set"):
        # Most attributes are made by the constructor.
        return None
    above = value = owner
    for part in item["name"].split("."):
        above = value
        try:
            value = getattr(value, part)
        except AttributeError:
            return f"{label} has no `{part}`" + near(part, dir(value))
        except BaseException as error:
            return f"{type(error).__name__}: {error}"
        label = f"`{part}`"
    if kind == "Class":
        return None if isinstance(value, type) else f"expected a class, found {type(value).__name__}"
    if not callable(value):
        if kind == "Method" and isinstance(value, property):
            return "expected a method, found a property; help: mark it with `#[get]`"
        return f"expected something that can be called, found {type(value).__name__}"
    skip = 0
    if kind == "Method" and isinstance(above, type):
        import inspect

        static = inspect.getattr_static(above, part, None)
        skip = 0 if isinstance(static, (staticmethod, classmethod)) else 1
        if type(static).__name__ in ("classmethod_descriptor", "builtin_function_or_method"):
            skip = 0
    return check_call(value, item, skip)


def check_call(value, item, skip):
    import inspect

    try:
        parameters = of_signature(inspect.signature(value), skip)
    except (ValueError, TypeError):
        return None
    return fit(item, parameters)
