//! A zeroed structure with numbers put at fixed offsets.

pub struct Bytes<const N: usize>(pub [u8; N]);

impl<const N: usize> Bytes<N> {
    pub fn new() -> Self {
        Self([0; N])
    }

    pub fn put(&mut self, offset: usize, bytes: &[u8]) {
        self.0[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    pub fn u8(&mut self, offset: usize, value: u8) {
        self.put(offset, &[value]);
    }

    pub fn u16(&mut self, offset: usize, value: u64) {
        self.put(offset, &(value as u16).to_le_bytes());
    }

    pub fn u32(&mut self, offset: usize, value: u64) {
        self.put(offset, &(value as u32).to_le_bytes());
    }

    /// A number whose low 16 bits and high 16 bits are kept apart.
    pub fn split16(&mut self, low: usize, high: usize, value: u64) {
        self.u16(low, value);
        self.u16(high, value >> 16);
    }

    /// A number whose low 32 bits and high 32 bits are kept apart.
    pub fn split32(&mut self, low: usize, high: usize, value: u64) {
        self.u32(low, value);
        self.u32(high, value >> 32);
    }

    /// Big-endian, as the journal has it.
    pub fn be32(&mut self, offset: usize, value: u64) {
        self.put(offset, &(value as u32).to_be_bytes());
    }
}
