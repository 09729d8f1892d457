//! The parts of the KVM interface that the probe uses (Linux, Documentation/virt/kvm/api.rst; `linux/kvm.h`, x86-64).

pub const API_VERSION: i32 = 12;

pub const GET_API_VERSION: u64 = 0xAE00;
pub const CREATE_VM: u64 = 0xAE01;
pub const GET_VCPU_MMAP_SIZE: u64 = 0xAE04;
pub const GET_SUPPORTED_CPUID: u64 = 0xC008_AE05;
pub const CREATE_VCPU: u64 = 0xAE41;
pub const SET_USER_MEMORY_REGION: u64 = 0x4020_AE46;
pub const SET_TSS_ADDR: u64 = 0xAE47;
pub const RUN: u64 = 0xAE80;
pub const SET_REGS: u64 = 0x4090_AE82;
pub const GET_SREGS: u64 = 0x8138_AE83;
pub const SET_SREGS: u64 = 0x4138_AE84;
pub const SET_CPUID2: u64 = 0x4008_AE90;

pub const EXIT_IO: u32 = 2;
pub const EXIT_HLT: u32 = 5;
pub const EXIT_INTERNAL_ERROR: u32 = 17;
/// The sub-error of an internal error: KVM met an instruction that it cannot emulate.
pub const INTERNAL_ERROR_EMULATION: u64 = 1;

/// The name of an exit that a working KVM would not give the probe.
pub const fn exit_name(reason: u32) -> &'static str {
    match reason {
        0 => "KVM_EXIT_UNKNOWN",
        1 => "KVM_EXIT_EXCEPTION",
        2 => "KVM_EXIT_IO",
        5 => "KVM_EXIT_HLT",
        6 => "KVM_EXIT_MMIO",
        8 => "KVM_EXIT_SHUTDOWN (a triple fault in the guest)",
        9 => "KVM_EXIT_FAIL_ENTRY",
        10 => "KVM_EXIT_INTR",
        17 => "KVM_EXIT_INTERNAL_ERROR",
        _ => "an unexpected exit",
    }
}

#[repr(C)]
pub struct MemoryRegion {
    pub slot: u32,
    pub flags: u32,
    pub guest_address: u64,
    pub size: u64,
    pub user_address: u64,
}

#[repr(C)]
#[derive(Default)]
pub struct Registers {
    pub rax: u64,
    pub rbx: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub rsp: u64,
    pub rbp: u64,
    pub r8_to_r15: [u64; 8],
    pub rip: u64,
    pub rflags: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Segment {
    pub base: u64,
    pub limit: u32,
    pub selector: u16,
    pub kind: u8,
    pub present: u8,
    pub dpl: u8,
    pub db: u8,
    pub s: u8,
    pub l: u8,
    pub g: u8,
    pub avl: u8,
    pub unusable: u8,
    pub padding: u8,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct DescriptorTable {
    pub base: u64,
    pub limit: u16,
    pub padding: [u16; 3],
}

#[repr(C)]
#[derive(Default)]
pub struct SystemRegisters {
    pub cs: Segment,
    pub ds: Segment,
    pub es: Segment,
    pub fs: Segment,
    pub gs: Segment,
    pub ss: Segment,
    pub tr: Segment,
    pub ldt: Segment,
    pub gdt: DescriptorTable,
    pub idt: DescriptorTable,
    pub cr0: u64,
    pub cr2: u64,
    pub cr3: u64,
    pub cr4: u64,
    pub cr8: u64,
    pub efer: u64,
    pub apic_base: u64,
    pub interrupt_bitmap: [u64; 4],
}

/// Room for as many CPUID leaves as KVM ever lists.
pub const CPUID_ENTRIES: usize = 256;

#[repr(C)]
pub struct Cpuid {
    pub count: u32,
    pub padding: u32,
    pub entries: [[u32; 10]; CPUID_ENTRIES],
}

const _: () = assert!(
    size_of::<MemoryRegion>() == 0x20
        && size_of::<Registers>() == 0x90
        && size_of::<SystemRegisters>() == 0x138
);

/// Places in `struct kvm_run`.
pub mod run {
    pub const EXIT_REASON: usize = 8;
    /// Of a port access: direction, size, port, count, and where its data is in this structure.
    pub const IO_DIRECTION: usize = 32;
    pub const IO_SIZE: usize = 33;
    pub const IO_PORT: usize = 34;
    pub const IO_DATA_OFFSET: usize = 40;
    /// Of a failed entry or internal error: the first word of detail.
    pub const DETAIL: usize = 32;
}
