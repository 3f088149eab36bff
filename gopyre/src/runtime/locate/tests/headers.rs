//! Libraries that are rejected before they are opened.

use super::{Request, Result, Tree, library, locate, refused, tree};
use crate::runtime::locate::system::Os;

/// Returns why a library is rejected, and makes sure that it is not opened.
fn reason(tree: &Tree, path: &str) -> Result<String> {
    let mut opened = false;
    let result = locate::<()>(tree, &library(path), |_| {
        opened = true;
        Err("opened".to_owned())
    });
    let error = result.err().ok_or("it was taken")?;
    assert!(!opened, "{path} was opened");
    let line = error.candidates().next().ok_or("no candidate")?;
    let reason = line.strip_prefix(&format!("`Builder::library`: `{path}`: "));
    Ok(reason.ok_or(line.as_str())?.to_owned())
}

#[test]
fn each_flaw_of_a_library_is_a_reason_of_its_own() -> Result {
    let tree = Tree::linux()
        .folder("/l/libpython3.12.so")
        .file("/l/text/libpython3.12.so", "print('hello')\n")
        .file(
            "/l/script/libpython3.12.so",
            "/* GNU ld script\n*/\nGROUP ( /lib/libm.so.6 )",
        )
        .file("/l/empty/libpython3.12.so", "")
        .file("/l/static/libpython3.12.so", "!<arch>\nx")
        .bytes("/l/data/libpython3.12.so", vec![0, 1, 2, 0xff])
        .bytes("/l/locked/libpython3.12.so", b"locked".to_vec())
        .bytes("/l/i386/libpython3.12.so", tree::elf(1, 3))
        .bytes("/l/arm/libpython3.12.so", tree::elf(2, 183))
        .bytes("/l/rare/libpython3.12.so", tree::elf(2, 4711))
        .bytes("/l/mac/libpython3.12.so", tree::mach_o(0x0100_0007))
        .program("/l/libpython3.8.so.1.0")
        .program("/l/libpython3.6m.so.1.0")
        .program("/l/libpython2.7.so.1.0")
        .python("/p", "3.12", true);
    for (path, expected) in [
        ("/l/none.so", "no such file"),
        (
            "/l/libpython3.12.so",
            "expected a shared library, found a folder",
        ),
        (
            "/l/text/libpython3.12.so",
            "expected a shared library, found a text file",
        ),
        (
            "/l/script/libpython3.12.so",
            "expected a shared library, found a linker script",
        ),
        (
            "/l/empty/libpython3.12.so",
            "expected a shared library, found an empty file",
        ),
        (
            "/l/static/libpython3.12.so",
            "expected a shared library, found a static library",
        ),
        (
            "/l/data/libpython3.12.so",
            "expected a shared library, found a file of another kind",
        ),
        ("/l/locked/libpython3.12.so", "no permission to read it"),
        (
            "/l/i386/libpython3.12.so",
            "expected a 64-bit x86-64 library, found 32-bit x86",
        ),
        (
            "/l/arm/libpython3.12.so",
            "expected a 64-bit x86-64 library, found 64-bit ARM64",
        ),
        (
            "/l/rare/libpython3.12.so",
            "expected a 64-bit x86-64 library, found 64-bit machine 4711",
        ),
        (
            "/l/mac/libpython3.12.so",
            "expected a library in ELF format, found Mach-O format",
        ),
        (
            "/l/libpython3.8.so.1.0",
            "CPython 3.8 is older than 3.9, the oldest that gopyre supports",
        ),
        (
            "/l/libpython3.6m.so.1.0",
            "CPython 3.6 is older than 3.9, the oldest that gopyre supports",
        ),
        (
            "/l/libpython2.7.so.1.0",
            "CPython 2.7 is older than 3.9, the oldest that gopyre supports",
        ),
        (
            "/p/bin/python3",
            "expected a shared library, found an interpreter, whose library is `/p/lib/libpython3.12.so.1.0`",
        ),
    ] {
        assert_eq!(reason(&tree, path)?, expected, "{path}");
    }
    Ok(())
}

#[test]
fn an_executable_is_no_library() -> Result {
    let mut bytes = tree::elf(2, 62);
    bytes[16] = 2;
    let tree = Tree::linux().bytes("/bin/host", bytes);
    assert_eq!(
        reason(&tree, "/bin/host")?,
        "expected a shared library, found an executable"
    );
    Ok(())
}

#[test]
fn a_universal_library_of_macos_fits_by_one_of_its_parts() -> Result {
    let universal = |machines: &[u32]| {
        let mut bytes = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, machines.len() as u8];
        for machine in machines {
            bytes.extend(machine.to_be_bytes());
            bytes.extend([0; 16]);
        }
        bytes
    };
    let tree = Tree::mac()
        .bytes(
            "/two/libpython3.12.dylib",
            universal(&[0x0100_0007, 0x0100_000c]),
        )
        .bytes("/intel/libpython3.12.dylib", universal(&[7, 0x0100_0007]));
    super::search_for(&tree, &library("/two/libpython3.12.dylib"))?;
    let expected = "expected a 64-bit ARM64 library, found 32-bit x86 and 64-bit x86-64";
    assert_eq!(reason(&tree, "/intel/libpython3.12.dylib")?, expected);
    Ok(())
}

#[test]
fn a_library_of_windows_is_checked_too() -> Result {
    let tree = Tree::new(Os::Windows, "x86_64")
        .program("/p/python312.dll")
        .program("/p/python3.dll")
        .program("/p/python38.dll")
        .bytes("/arm/python312.dll", tree::pe(0xaa64));
    super::search_for(&tree, &library("/p/python312.dll"))?;
    assert_eq!(
        reason(&tree, "/arm/python312.dll")?,
        "expected a 64-bit x86-64 library, found 64-bit ARM64"
    );
    assert_eq!(
        reason(&tree, "/p/python38.dll")?,
        "CPython 3.8 is older than 3.9, the oldest that gopyre supports"
    );
    assert_eq!(
        reason(&tree, "/p/python3.dll")?,
        "`python3.dll` only forwards the stable ABI, expected `python3xx.dll`"
    );
    Ok(())
}

#[test]
fn a_cut_header_is_no_library() -> Result {
    for length in 0..20 {
        let mut bytes = tree::elf(2, 62);
        bytes.truncate(length);
        let tree = Tree::linux().bytes("/l/libpython3.12.so", bytes);
        reason(&tree, "/l/libpython3.12.so")?;
    }
    Ok(())
}

/// A library with two segments, in a file of `size` bytes; the last one ends at byte 300.
fn with_segments(class: u8, size: usize) -> Vec<u8> {
    let [
        table,
        entry_size,
        count,
        offset,
        length,
        width,
        header,
        entry,
    ] = match class {
        2 => [32, 54, 56, 8, 32, 8, 64, 56],
        _ => [28, 42, 44, 4, 16, 4, 52, 32],
    };
    let machine = if class == 2 { 62 } else { 3 };
    let mut bytes = tree::elf(class, machine);
    bytes.resize(header + 3 * entry, 0);
    let mut put = |at: usize, number: u64, width: usize| {
        bytes[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
    };
    put(table, header as u64, width);
    put(entry_size, entry as u64, 2);
    put(count, 3, 2);
    // The third is no segment that is loaded.
    for (index, (kind, start, size)) in [(1, 0, 240), (1, 240, 60), (6, 0, 9000)]
        .into_iter()
        .enumerate()
    {
        let at = header + index * entry;
        put(at, kind, 4);
        put(at + offset, start, width);
        put(at + length, size, width);
    }
    bytes.resize(size, 0);
    bytes
}

#[test]
fn a_library_that_is_cut_off_before_the_end_of_its_segments_is_refused() -> Result {
    for (class, arch) in [(2, "x86_64"), (1, "x86")] {
        let tree = |size| {
            let bytes = with_segments(class, size);
            Tree::new(Os::Unix, arch).bytes("/l/libpython3.12.so", bytes)
        };
        for size in [256, 299] {
            assert_eq!(
                reason(&tree(size), "/l/libpython3.12.so")?,
                format!("the file is cut off: expected at least 300 bytes, found {size}")
            );
        }
        super::search_for(&tree(300), &library("/l/libpython3.12.so"))?;
    }
    Ok(())
}

#[test]
fn a_rejected_candidate_does_not_end_the_search() -> Result {
    let tree = Tree::linux()
        .bytes(
            "/usr/lib/x86_64-linux-gnu/libpython3.13.so.1.0",
            tree::elf(1, 3),
        )
        .debian_library("3.11");
    assert_eq!(
        super::search(&tree)?.program,
        std::path::Path::new("/usr/bin/python3.11")
    );
    let tree = Tree::linux().bytes("/usr/lib/libpython3.13.so.1.0", tree::elf(1, 3));
    let text = refused(&tree, &Request::default())?.to_string();
    assert!(text.contains("the system's library folders: `/usr/lib/libpython3.13.so.1.0`: expected a 64-bit x86-64 library, found 32-bit x86\n"), "{text}");
    Ok(())
}
