//! A machine that is made up: files, folders, symlinks and variables in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    io,
    path::{Component, Path, PathBuf},
};

use crate::runtime::locate::system::{Os, System};

#[derive(Clone)]
enum Node {
    Folder,
    File(Vec<u8>),
    Link(PathBuf),
}

/// A made-up machine; its current directory is `/cwd`.
#[derive(Clone)]
pub(super) struct Tree {
    os: Os,
    arch: &'static str,
    vars: BTreeMap<String, OsString>,
    nodes: BTreeMap<PathBuf, Node>,
}

impl Tree {
    pub(super) fn new(os: Os, arch: &'static str) -> Tree {
        Tree {
            os,
            arch,
            vars: BTreeMap::new(),
            nodes: BTreeMap::new(),
        }
    }

    pub(super) fn linux() -> Tree {
        Tree::new(Os::Unix, "x86_64").var("HOME", "/home/u")
    }

    pub(super) fn mac() -> Tree {
        Tree::new(Os::Mac, "aarch64").var("HOME", "/Users/u")
    }

    /// A Debian with the interpreter of a version, but not its library.
    pub(super) fn debian(version: &str) -> Tree {
        Tree::linux()
            .var("PATH", "/usr/bin:/bin")
            .file("/etc/os-release", "NAME=\"Debian\"\nID=debian\n")
            .link("/bin", "/usr/bin")
            .link("/lib", "/usr/lib")
            .link("/usr/bin/python3", &format!("python{version}"))
            .program(&format!("/usr/bin/python{version}"))
            .folder(&format!("/usr/lib/python{version}"))
            .folder("/usr/lib/x86_64-linux-gnu")
    }

    /// The library of a version where Debian has it.
    pub(super) fn debian_library(self, version: &str) -> Tree {
        let name = format!("libpython{version}.so.1");
        self.program(&format!("/usr/lib/x86_64-linux-gnu/{name}.0"))
            .link(
                &format!("/usr/lib/x86_64-linux-gnu/{name}"),
                &format!("{name}.0"),
            )
    }

    /// A Python in a prefix of its own, with or without its shared library.
    pub(super) fn python(self, prefix: &str, version: &str, shared: bool) -> Tree {
        let tree = self
            .program(&format!("{prefix}/bin/python{version}"))
            .link(
                &format!("{prefix}/bin/python3"),
                &format!("python{version}"),
            )
            .link(&format!("{prefix}/bin/python"), "python3")
            .folder(&format!("{prefix}/lib/python{version}/site-packages"));
        match shared {
            true => tree
                .program(&format!("{prefix}/lib/libpython{version}.so.1.0"))
                .link(
                    &format!("{prefix}/lib/libpython{version}.so"),
                    &format!("libpython{version}.so.1.0"),
                )
                .program(&format!("{prefix}/lib/libpython3.so")),
            false => tree.file(&format!("{prefix}/lib/libpython{version}.a"), "!<arch>\n"),
        }
    }

    /// A venv as the `venv` module makes it.
    pub(super) fn venv(self, dir: &str, home: &str, version: &str) -> Tree {
        let cfg =
            format!("home = {home}\ninclude-system-site-packages = false\nversion = {version}.4\n");
        self.file(&format!("{dir}/pyvenv.cfg"), &cfg)
            .link(
                &format!("{dir}/bin/python"),
                &format!("{home}/python{version}"),
            )
            .link(&format!("{dir}/bin/python3"), "python")
            .folder(&format!("{dir}/lib/python{version}/site-packages"))
    }

    pub(super) fn var(mut self, name: &str, value: &str) -> Tree {
        self.vars.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn folder(self, path: &str) -> Tree {
        self.node(path, Node::Folder)
    }

    pub(super) fn file(self, path: &str, text: &str) -> Tree {
        self.bytes(path, text.as_bytes().to_vec())
    }

    pub(super) fn bytes(self, path: &str, bytes: Vec<u8>) -> Tree {
        self.node(path, Node::File(bytes))
    }

    pub(super) fn link(self, path: &str, target: &str) -> Tree {
        self.node(path, Node::Link(target.into()))
    }

    /// A program or library for this machine.
    pub(super) fn program(self, path: &str) -> Tree {
        let bytes = match self.os {
            Os::Unix => elf(2, 62),
            Os::Mac => mach_o(0x0100_000c),
            Os::Windows => pe(0x8664),
        };
        self.bytes(path, bytes)
    }

    fn node(mut self, path: &str, node: Node) -> Tree {
        let path = PathBuf::from(path);
        for dir in path.ancestors().skip(1) {
            self.nodes.entry(dir.to_owned()).or_insert(Node::Folder);
        }
        self.nodes.insert(path, node);
        self
    }

    fn resolve(&self, path: &Path, depth: u8) -> Option<PathBuf> {
        let mut real = PathBuf::new();
        for part in Path::new("/cwd").join(path).components() {
            match part {
                Component::ParentDir => {
                    real.pop();
                }
                Component::CurDir => {}
                part => real.push(part),
            }
            if let Node::Link(target) = self.nodes.get(&real)? {
                let target = real.parent()?.join(target);
                real = self.resolve(&target, depth.checked_sub(1)?)?;
            }
        }
        Some(real)
    }

    fn at(&self, path: &Path) -> Option<&Node> {
        self.nodes.get(&self.resolve(path, 20)?)
    }
}

impl System for Tree {
    fn os(&self) -> Os {
        self.os
    }

    fn arch(&self) -> &str {
        self.arch
    }

    fn var(&self, name: &str) -> Option<OsString> {
        self.vars
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
    }

    fn is_file(&self, path: &Path) -> bool {
        matches!(self.at(path), Some(Node::File(_)))
    }

    fn is_dir(&self, path: &Path) -> bool {
        matches!(self.at(path), Some(Node::Folder))
    }

    fn text(&self, path: &Path) -> Option<String> {
        String::from_utf8(self.head(path).ok()?).ok()
    }

    fn head(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.at(path) {
            Some(Node::File(bytes)) if bytes == b"locked" => {
                Err(io::ErrorKind::PermissionDenied.into())
            }
            Some(Node::File(bytes)) => Ok(bytes.clone()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn size(&self, path: &Path) -> Option<u64> {
        Some(self.head(path).ok()?.len() as u64)
    }

    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        self.resolve(path, 20)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        match path.as_os_str().is_empty() {
            true => PathBuf::new(),
            false => Path::new("/cwd").join(path),
        }
    }

    fn names(&self, dir: &Path) -> Vec<String> {
        let Some(dir) = self.resolve(dir, 20) else {
            return Vec::new();
        };
        let inside = self.nodes.keys().filter(|path| path.parent() == Some(&dir));
        let names = inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The header of an ELF library: class 1 is 32 bits, 2 is 64.
pub(super) fn elf(class: u8, machine: u16) -> Vec<u8> {
    let mut bytes = b"\x7fELF".to_vec();
    bytes.extend([class, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0]);
    bytes.extend(machine.to_le_bytes());
    bytes
}

/// The header of a 64-bit Mach-O library.
pub(super) fn mach_o(machine: u32) -> Vec<u8> {
    let mut bytes = vec![0xcf, 0xfa, 0xed, 0xfe];
    bytes.extend(machine.to_le_bytes());
    bytes.extend([0, 0, 0, 0, 6, 0, 0, 0]);
    bytes
}

/// The header of a library of Windows.
pub(super) fn pe(machine: u16) -> Vec<u8> {
    let mut bytes = vec![0; 0x3c];
    bytes[..2].copy_from_slice(b"MZ");
    bytes.extend(0x40u32.to_le_bytes());
    bytes.extend(b"PE\0\0");
    bytes.extend(machine.to_le_bytes());
    bytes.extend([0; 16]);
    bytes.extend(0x2000u16.to_le_bytes());
    bytes
}
