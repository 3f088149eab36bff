#!/usr/bin/env python3
"""Builds the crate in this folder as a wheel, and prints the wheel's path.

    python3 wheel.py [FOLDER] [--profile PROFILE]       dist and release otherwise

Needs cargo, and nothing but the standard library of any Python from 3.9 on, which need not be the one
that imports the module. For a crate of your own, copy it beside the Cargo.toml; the crate has to have
a `cdylib`, and a binary `stubs` like the one here.

The wheel holds a package whose `__init__` is the library itself, its type stubs and `py.typed`. Its tag
is `py3-none-PLATFORM`: the library is made for no version of Python, and for no ABI of one. It is not
`abi3`, since free-threaded Pythons before 3.15 take no such wheel; they do import this library.
"""

import argparse
import base64
import hashlib
import json
import re
import struct
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

CRATE = Path(__file__).resolve().parent
PYTHON = ">=3.9"
# What every Linux with glibc has: PEP 600 lets a `manylinux` wheel need these and nothing else.
EVERYWHERE = re.compile(r"lib(c|m|dl|rt|pthread|gcc_s)\.so\.\d+|ld-linux.*\.so\.\d+")


def cargo(*arguments):
    command = ["cargo", *arguments]
    return subprocess.run(command, cwd=CRATE, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def package():
    """What Cargo.toml says."""
    metadata = json.loads(cargo("metadata", "--no-deps", "--format-version", "1"))
    manifest = CRATE / "Cargo.toml"
    return next(p for p in metadata["packages"] if Path(p["manifest_path"]) == manifest)


def library(profile):
    """Builds the library; returns its module's name and its file."""
    lines = cargo("build", "--profile", profile, "--lib", "--message-format", "json").splitlines()
    for message in map(json.loads, lines):
        if message["reason"] == "compiler-artifact" and "cdylib" in message["target"]["kind"]:
            if Path(message["manifest_path"]).parent != CRATE:
                continue
            files = [Path(name) for name in message["filenames"]]
            return message["target"]["name"], next(f for f in files if f.suffix in (".so", ".dylib", ".dll"))
    sys.exit('expected a library, found none\nhelp: write `crate-type = ["cdylib", "rlib"]` under `[lib]`')


def platform(file):
    """The platform part of the tag."""
    here = re.sub(r"[-.]", "_", sysconfig.get_platform())
    if not here.startswith("linux"):
        return here
    needed, versions = asks_for(file.read_bytes())
    others = [name for name in needed if not EVERYWHERE.fullmatch(name)]
    if others:
        print(f"not a manylinux wheel: the library needs {', '.join(others)}", file=sys.stderr)
        return here
    # The newest version of the C library that it asks for decides where it works.
    glibc = [tuple(map(int, v[6:].split("."))) for v in versions if re.fullmatch(r"GLIBC_[\d.]+", v)]
    if not glibc or not all(re.match(r"(GLIBC|GCC)_\d", version) for version in versions):
        print(f"not a manylinux wheel: the library needs {', '.join(versions)}", file=sys.stderr)
        return here
    return here.replace("linux", "manylinux_{}_{}".format(*max(glibc)), 1)


def asks_for(elf):
    """The libraries that a 64-bit ELF file needs, and the versions of their symbols."""
    if elf[:6] != b"\x7fELF\x02\x01":
        sys.exit("expected a 64-bit little-endian ELF file, found another")
    (table,) = struct.unpack_from("<Q", elf, 40)
    size, count = struct.unpack_from("<HH", elf, 58)
    # Of each section: type, offset, size, and the section that has its texts.
    fields = [struct.unpack_from("<4xI16xQQI", elf, table + n * size) for n in range(count)]

    def text(section, at):
        start = fields[section][1] + at
        return elf[start : elf.index(b"\0", start)].decode()

    needed, versions = [], []
    for kind, offset, length, texts in fields:
        if kind == 6:  # SHT_DYNAMIC
            for tag, value in struct.iter_unpack("<QQ", elf[offset : offset + length]):
                if tag == 1:  # DT_NEEDED
                    needed.append(text(texts, value))
        elif kind == 0x6FFFFFFE:  # SHT_GNU_verneed: for each library a list of versions
            library, following = offset, 1
            while following:
                entries, _, version, following = struct.unpack_from("<2xHIII", elf, library)
                version += library
                for _ in range(entries):
                    name, step = struct.unpack_from("<8xII", elf, version)
                    versions.append(text(texts, name))
                    version += step
                library += following
    return needed, versions


def stubs(profile):
    """The type stubs: the name of each file in the package, and its text."""
    with tempfile.TemporaryDirectory() as folder:
        written = cargo("run", "--profile", profile, "--bin", "stubs", "--", folder).splitlines()
        texts = {Path(name).relative_to(folder): Path(name).read_text("utf-8") for name in written}
    # The stub of a module without others in it is a file of its own; here the module is a package.
    for path, text in texts.items():
        inside = path.parts[1:]
        yield "/".join(inside) if inside else "__init__.pyi", text


def wheel(folder, profile):
    about = package()
    module, file = library(profile)
    name = re.sub(r"[-_.]+", "_", module).lower()
    version = about["version"].replace("-", "")
    tag = f"py3-none-{platform(file)}"
    suffix = ".pyd" if file.suffix == ".dll" else ".so"

    files = {f"{module}/__init__{suffix}": file.read_bytes(), f"{module}/py.typed": b""}
    files.update((f"{module}/{path}", text.encode()) for path, text in stubs(profile))
    info = f"{name}-{version}.dist-info"
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {module}\nVersion: {version}\n"
        f"Summary: {about['description'] or ''}\nRequires-Python: {PYTHON}\n"
    ).encode()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: {Path(__file__).name}\nRoot-Is-Purelib: false\nTag: {tag}\n"
    ).encode()

    record = f"{info}/RECORD"
    rows = [f"{path},{digest(data)},{len(data)}" for path, data in files.items()]
    files[record] = "".join(f"{row}\n" for row in [*rows, f"{record},,"]).encode()

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in files.items():
            # The same input gives the same file.
            entry = zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if member.endswith(suffix) else 0o100644) << 16
            archive.writestr(entry, data)
    return path


def digest(data):
    encoded = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return f"sha256={encoded.decode().rstrip('=')}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default="dist")
    parser.add_argument("--profile", default="release")
    arguments = parser.parse_args()
    print(wheel(arguments.folder, arguments.profile))
