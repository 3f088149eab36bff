//! What can be said against a library before it is opened.

use std::{io, path::Path};

use super::{
    elf::Elf,
    layouts,
    names::{self, Tag},
    system::{Os, System},
};

/// Checks a library by its name and its first bytes; the error is the reason against it.
pub(super) fn check(system: &impl System, path: &Path) -> Result<(), String> {
    if path.as_os_str().is_empty() {
        return Err("expected the path of a library, found an empty one".to_owned());
    }
    if system.is_dir(path) {
        return Err("expected a shared library, found a folder".to_owned());
    }
    if !system.is_file(path) {
        return Err("no such file".to_owned());
    }
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("");
    if names::is_forwarder(name) {
        return Err(format!(
            "`{name}` only forwards the stable ABI, expected `{}`",
            names::library_pattern(system.os())
        ));
    }
    if let Some(reason) = Tag::of_library(path).and_then(|tag| names::too_old(tag.version)) {
        return Err(reason);
    }
    if is_interpreter(path) {
        let found = "expected a shared library, found an interpreter";
        let libraries = layouts::libraries(system, &system.resolved(path), None);
        return Err(
            match libraries
                .ok()
                .and_then(|libraries| libraries.into_iter().next())
            {
                Some(library) => format!("{found}, whose library is `{}`", library.display()),
                None => found.to_owned(),
            },
        );
    }
    let head = system.head(path).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
        _ => format!("cannot be read: {error}"),
    })?;
    let image = Image::read(&head)
        .ok_or_else(|| format!("expected a shared library, found {}", describe(&head)))?;
    let format = match system.os() {
        Os::Unix => Format::Elf,
        Os::Mac => Format::MachO,
        Os::Windows => Format::Pe,
    };
    if image.format != format {
        return Err(format!(
            "expected a library in {} format, found {} format",
            format.name(),
            image.format.name()
        ));
    }
    if let Some(expected) = native(system.arch())
        && !image.machines.iter().any(|machine| machine == expected)
    {
        let found = image.machines.join(" and ");
        return Err(format!("expected a {expected} library, found {found}"));
    }
    if image.executable {
        return Err("expected a shared library, found an executable".to_owned());
    }
    let size = system.size(path).unwrap_or(u64::MAX);
    if size < image.end {
        let end = image.end;
        return Err(format!(
            "the file is cut off: expected at least {end} bytes, found {size}"
        ));
    }
    Ok(())
}

/// Tells whether a path is that of an interpreter, by its name.
pub(super) fn is_interpreter(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| {
        Tag::of_interpreter(name).is_some() || name == "python3" || name == "python"
    })
}

/// A format of libraries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Elf,
    MachO,
    Pe,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Format::Elf => "ELF",
            Format::MachO => "Mach-O",
            Format::Pe => "PE",
        }
    }
}

/// What the header of a program or library says.
struct Image {
    format: Format,
    /// several in a universal library of macOS
    machines: Vec<String>,
    /// certainly not a library; a position-independent executable of ELF looks like one
    executable: bool,
    /// where the last segment ends; 0 where the header's first bytes do not tell. The loader of ELF maps a
    /// file that is shorter all the same, and the process ends at the first use of a page that is missing;
    /// those of the other formats check for themselves.
    end: u64,
}

impl Image {
    /// Reads a header, `None` if it is of no known format.
    fn read(head: &[u8]) -> Option<Image> {
        match head.get(..4)? {
            b"\x7fELF" => Image::elf(head),
            [0xcf | 0xce, 0xfa, 0xed, 0xfe] => Some(Image {
                format: Format::MachO,
                machines: vec![mach_machine(u32::from_le_bytes(array(head, 4)?))],
                executable: u32::from_le_bytes(array(head, 12)?) == 2,
                end: 0,
            }),
            [0xca, 0xfe, 0xba, last @ (0xbe | 0xbf)] => Image::universal(head, *last == 0xbf),
            [b'M', b'Z', ..] => Image::pe(head),
            _ => None,
        }
    }

    fn elf(head: &[u8]) -> Option<Image> {
        let elf = Elf::read(head)?;
        let bits = if elf.wide { 64 } else { 32 };
        let name = match elf.number(18, 2)? {
            3 => "x86",
            62 => "x86-64",
            40 => "ARM",
            183 => "ARM64",
            243 => "RISC-V",
            20 | 21 => "PowerPC",
            22 => "S390",
            258 => "LoongArch",
            other => {
                return Some(Image {
                    format: Format::Elf,
                    machines: vec![format!("{bits}-bit machine {other}")],
                    executable: false,
                    end: 0,
                });
            }
        };
        Some(Image {
            format: Format::Elf,
            machines: vec![format!("{bits}-bit {name}")],
            executable: elf.number(16, 2)? != 3,
            end: elf.end().unwrap_or(0),
        })
    }

    fn universal(head: &[u8], wide: bool) -> Option<Image> {
        let count = u32::from_be_bytes(array(head, 4)?);
        let size = if wide { 32 } else { 20 };
        // the same magic number starts a Java class, whose next number is a version of 45 and more
        if count > 20 {
            return None;
        }
        let machines = (0..count as usize)
            .filter_map(|n| Some(mach_machine(u32::from_be_bytes(array(head, 8 + n * size)?))));
        Some(Image {
            format: Format::MachO,
            machines: machines.collect(),
            executable: false,
            end: 0,
        })
    }

    fn pe(head: &[u8]) -> Option<Image> {
        let start = u32::from_le_bytes(array(head, 0x3c)?) as usize;
        if head.get(start..start.checked_add(4)?)? != b"PE\0\0" {
            return None;
        }
        let machine = match u16::from_le_bytes(array(head, start + 4)?) {
            0x14c => "32-bit x86".to_owned(),
            0x8664 => "64-bit x86-64".to_owned(),
            0xaa64 => "64-bit ARM64".to_owned(),
            other => format!("machine {other:#x}"),
        };
        Some(Image {
            format: Format::Pe,
            machines: vec![machine],
            executable: u16::from_le_bytes(array(head, start + 22)?) & 0x2000 == 0,
            end: 0,
        })
    }
}

/// Names the machine of a Mach-O header.
fn mach_machine(code: u32) -> String {
    match code {
        7 => "32-bit x86".to_owned(),
        0x0100_0007 => "64-bit x86-64".to_owned(),
        0x0100_000c => "64-bit ARM64".to_owned(),
        other => format!("machine {other:#x}"),
    }
}

/// Names the machine of this process; `None`, and so nothing to compare, for a rare one.
fn native(arch: &str) -> Option<&'static str> {
    Some(match arch {
        "x86" => "32-bit x86",
        "x86_64" => "64-bit x86-64",
        "arm" => "32-bit ARM",
        "aarch64" => "64-bit ARM64",
        "riscv64" => "64-bit RISC-V",
        "powerpc64" => "64-bit PowerPC",
        "s390x" => "64-bit S390",
        "loongarch64" => "64-bit LoongArch",
        _ => return None,
    })
}

/// Says what a file is that has no header of a library.
fn describe(head: &[u8]) -> &'static str {
    if head.is_empty() {
        return "an empty file";
    }
    if head.starts_with(b"!<arch>") {
        return "a static library";
    }
    // the end may cut a character in two
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => "",
        Err(_) => return "a file of another kind",
    };
    if text.contains('\0') {
        "a file of another kind"
    } else if text.contains("GNU ld script") {
        "a linker script"
    } else {
        "a text file"
    }
}

/// Copies `N` bytes from the place `at`.
fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}
