//! The header of an ELF file: what it is of, and how long the file must be.

/// The header of an ELF file, of either width and byte order.
pub(super) struct Elf<'h> {
    head: &'h [u8],
    /// of 64 bits and not 32
    pub(super) wide: bool,
    big: bool,
}

impl<'h> Elf<'h> {
    /// Reads the part that tells how the rest is to be read.
    pub(super) fn read(head: &'h [u8]) -> Option<Elf<'h>> {
        let wide = match head.get(4)? {
            1 => false,
            2 => true,
            _ => return None,
        };
        let big = *head.get(5)? == 2;
        Some(Elf { head, wide, big })
    }

    /// Reads the number of `size` bytes at a place.
    pub(super) fn number(&self, at: usize, size: usize) -> Option<u64> {
        let bytes = self.head.get(at..at.checked_add(size)?)?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(match self.big {
            true => bytes.iter().fold(0, add),
            false => bytes.iter().rev().fold(0, add),
        })
    }

    /// Finds where the last segment that is loaded ends in the file.
    pub(super) fn end(&self) -> Option<u64> {
        const LOAD: u64 = 1;
        // the places of the table of segments, of the size of its entries and of their count in the
        // header; of the offset and the size of a segment in its entry; and the width of all of these
        let [table, size, count, offset, length, width] = match self.wide {
            true => [32, 54, 56, 8, 32, 8],
            false => [28, 42, 44, 4, 16, 4],
        };
        let table = usize::try_from(self.number(table, width)?).ok()?;
        let size = self.number(size, 2)? as usize;
        let mut end = 0;
        for index in 0..self.number(count, 2)? as usize {
            let entry = table.checked_add(index * size)?;
            if self.number(entry, 4)? == LOAD {
                let offset = self.number(entry + offset, width)?;
                end = end.max(offset.checked_add(self.number(entry + length, width)?)?);
            }
        }
        Some(end)
    }
}
