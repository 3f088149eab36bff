//! Numbers that look random and can be repeated.

/// Marsaglia's xorshift, multiplied.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        // Seeds that are next to each other begin far from each other; none is 0.
        Random(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// A number from 0 to `end - 1`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Like [`below`](Random::below), for Python's numbers.
    pub(crate) fn number(&mut self, end: u64) -> i64 {
        self.below(end) as i64
    }

    /// Like [`below`](Random::below), for counts.
    pub(crate) fn count(&mut self, end: usize) -> usize {
        self.below(end as u64) as usize
    }

    /// Whether one of so many happens.
    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}
