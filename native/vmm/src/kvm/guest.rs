//! The probe's guest: a few instructions in 64-bit mode that a KVM which only pretends to work does not get through.

use super::sys::{Segment, SystemRegisters};

pub const MEMORY: usize = 4 << 20;
const PAGE_TABLES: u64 = 0x1000;
pub const CODE: u64 = 0x10_0000;
pub const DATA: u64 = 0x20_0000;
pub const STACK: u64 = 0x30_0000;
pub const PORT: u16 = 0x3F8;
const COUNT: u64 = 1000;
/// 1 + 2 + … + 1000, doubled.
pub const ANSWER: u32 = 1_001_000;

/// Sums numbers and stores each partial sum; doubles the sum with SSE2; spins; asks CPUID; writes the result to a port; halts.
///
/// Where KVM has no hardware below it (kvm_pvm, for one) it emulates guests instruction by instruction. It knows no SSE2
/// arithmetic and is about a thousand times too slow: such a KVM fails at `paddq` or at the deadline.
const PROGRAM: &[u8] = &[
    0xB9, 0xE8, 0x03, 0x00, 0x00, // mov ecx, 1000
    0x31, 0xC0, // xor eax, eax
    0x48, 0x01, 0xC8, // sum: add rax, rcx
    0x48, 0x89, 0x04, 0xCF, // mov [rdi + rcx * 8], rax
    0xFF, 0xC9, // dec ecx
    0x75, 0xF5, // jnz sum
    0x66, 0x48, 0x0F, 0x6E, 0xC0, // movq xmm0, rax
    0x66, 0x0F, 0xD4, 0xC0, // paddq xmm0, xmm0
    0x66, 0x48, 0x0F, 0x7E, 0xC0, // movq rax, xmm0
    0xB9, 0x00, 0x00, 0x20, 0x00, // mov ecx, 1 << 21
    0xFF, 0xC9, // spin: dec ecx
    0x75, 0xFC, // jnz spin
    0x50, // push rax
    0x31, 0xC0, // xor eax, eax
    0x31, 0xC9, // xor ecx, ecx
    0x0F, 0xA2, // cpuid
    0x58, // pop rax
    0x66, 0xBA, 0xF8, 0x03, // mov dx, 0x3F8
    0xEF, // out dx, eax
    0xF4, // hlt
];

/// Puts the program and page tables that map the memory to itself, in pages of 2 MiB, into guest memory.
pub fn load(memory: &mut [u8]) {
    let mut entry = |address: u64, value: u64| {
        memory[address as usize..address as usize + 8].copy_from_slice(&value.to_le_bytes());
    };
    const PRESENT_WRITABLE: u64 = 3;
    const LARGE: u64 = 1 << 7;
    entry(PAGE_TABLES, (PAGE_TABLES + 0x1000) | PRESENT_WRITABLE);
    entry(
        PAGE_TABLES + 0x1000,
        (PAGE_TABLES + 0x2000) | PRESENT_WRITABLE,
    );
    for page in 0..MEMORY as u64 >> 21 {
        entry(
            PAGE_TABLES + 0x2000 + page * 8,
            page << 21 | PRESENT_WRITABLE | LARGE,
        );
    }
    memory[CODE as usize..CODE as usize + PROGRAM.len()].copy_from_slice(PROGRAM);
}

/// 64-bit mode with flat segments; interrupts have no table, so any fault ends in a shutdown.
pub fn enter_long_mode(registers: &mut SystemRegisters) {
    let flat = Segment {
        limit: u32::MAX,
        present: 1,
        s: 1,
        g: 1,
        ..Segment::default()
    };
    registers.cs = Segment {
        selector: 8,
        kind: 11,
        l: 1,
        ..flat
    };
    for data in [
        &mut registers.ds,
        &mut registers.es,
        &mut registers.fs,
        &mut registers.gs,
        &mut registers.ss,
    ] {
        *data = Segment {
            selector: 16,
            kind: 3,
            db: 1,
            ..flat
        };
    }
    registers.cr3 = PAGE_TABLES;
    // Physical address extension, and SSE with its exceptions.
    registers.cr4 = 1 << 5 | 1 << 9 | 1 << 10;
    // Protection, coprocessor and its type, numeric errors, write protection, paging.
    registers.cr0 = 1 | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 16 | 1 << 31;
    // Long mode, enabled and active.
    registers.efer = 1 << 8 | 1 << 10;
}

/// Whether the guest left what it should have in its memory.
pub fn is_memory_right(memory: &[u8]) -> bool {
    let word = |index: u64| {
        let at = (DATA + index * 8) as usize;
        memory[at..at + 8].try_into().map_or(0, u64::from_le_bytes)
    };
    word(1) == u64::from(ANSWER) / 2 && word(COUNT) == COUNT
}
