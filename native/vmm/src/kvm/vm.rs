//! Runs the probe's guest. This is what the forked child does: it allocates nothing and takes no lock.

use std::{io, os::fd::RawFd, ptr};

use super::{guest, sys};

/// How far the guest got, and what stopped it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub step: Step,
    /// Of the system call that failed, or 0.
    pub errno: i32,
    /// Of the last exit from the guest.
    pub exit: u32,
    /// What KVM or the guest said beside it.
    pub detail: u64,
}

#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Version,
    CreateVm,
    Memory,
    CreateVcpu,
    Cpuid,
    Registers,
    Run,
    Answer,
    Halt,
    MemoryContent,
    Done,
}

impl Outcome {
    const fn at(step: Step, exit: u32, detail: u64) -> Self {
        Self {
            step,
            errno: 0,
            exit,
            detail,
        }
    }

    fn failed(step: Step) -> Self {
        Self {
            step,
            errno: io::Error::last_os_error().raw_os_error().unwrap_or(0),
            exit: 0,
            detail: 0,
        }
    }
}

/// Everything up to the guest's halt; whatever is not as it should be ends it.
pub fn run_guest(kvm: RawFd) -> Outcome {
    match attempt(kvm) {
        Ok(()) => Outcome::at(Step::Done, sys::EXIT_HLT, 0),
        Err(outcome) => outcome,
    }
}

fn attempt(kvm: RawFd) -> Result<(), Outcome> {
    let version = control(kvm, sys::GET_API_VERSION, 0, Step::Version)?;
    if version != sys::API_VERSION {
        return Err(Outcome::at(Step::Version, 0, version as u64));
    }
    let vm = control(kvm, sys::CREATE_VM, 0, Step::CreateVm)?;
    let memory = map(
        guest::MEMORY,
        -1,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
        Step::Memory,
    )?;
    // SAFETY: freshly mapped, of that size, and never unmapped in this process. The guest writes to it only inside `RUN`.
    guest::load(unsafe { std::slice::from_raw_parts_mut(memory, guest::MEMORY) });
    let region = sys::MemoryRegion {
        slot: 0,
        flags: 0,
        guest_address: 0,
        size: guest::MEMORY as u64,
        user_address: memory as u64,
    };
    control(
        vm,
        sys::SET_USER_MEMORY_REGION,
        ptr::from_ref(&region) as u64,
        Step::Memory,
    )?;
    // Intel processors without unrestricted guests need three pages somewhere; others do not mind.
    control(vm, sys::SET_TSS_ADDR, 0xFFFB_D000, Step::Memory)?;
    let vcpu = control(vm, sys::CREATE_VCPU, 0, Step::CreateVcpu)?;
    set_cpuid(kvm, vcpu)?;
    set_registers(vcpu)?;
    let run_size = control(kvm, sys::GET_VCPU_MMAP_SIZE, 0, Step::CreateVcpu)? as usize;
    let run = map(run_size, vcpu, libc::MAP_SHARED, Step::CreateVcpu)?;
    expect_answer(vcpu, run)?;
    let exit = enter(vcpu, run)?;
    if exit != sys::EXIT_HLT {
        return Err(Outcome::at(Step::Halt, exit, detail(run)));
    }
    // SAFETY: as above.
    match guest::is_memory_right(unsafe { std::slice::from_raw_parts(memory, guest::MEMORY) }) {
        true => Ok(()),
        false => Err(Outcome::at(Step::MemoryContent, exit, 0)),
    }
}

fn set_cpuid(kvm: RawFd, vcpu: RawFd) -> Result<(), Outcome> {
    let mut cpuid = sys::Cpuid {
        count: sys::CPUID_ENTRIES as u32,
        padding: 0,
        entries: [[0; 10]; sys::CPUID_ENTRIES],
    };
    control(
        kvm,
        sys::GET_SUPPORTED_CPUID,
        ptr::from_mut(&mut cpuid) as u64,
        Step::Cpuid,
    )?;
    control(
        vcpu,
        sys::SET_CPUID2,
        ptr::from_ref(&cpuid) as u64,
        Step::Cpuid,
    )?;
    Ok(())
}

fn set_registers(vcpu: RawFd) -> Result<(), Outcome> {
    let mut system = sys::SystemRegisters::default();
    control(
        vcpu,
        sys::GET_SREGS,
        ptr::from_mut(&mut system) as u64,
        Step::Registers,
    )?;
    guest::enter_long_mode(&mut system);
    control(
        vcpu,
        sys::SET_SREGS,
        ptr::from_ref(&system) as u64,
        Step::Registers,
    )?;
    let registers = sys::Registers {
        rip: guest::CODE,
        rsp: guest::STACK,
        rdi: guest::DATA,
        rflags: 2,
        ..sys::Registers::default()
    };
    control(
        vcpu,
        sys::SET_REGS,
        ptr::from_ref(&registers) as u64,
        Step::Registers,
    )?;
    Ok(())
}

fn expect_answer(vcpu: RawFd, run: *mut u8) -> Result<(), Outcome> {
    let exit = enter(vcpu, run)?;
    if exit != sys::EXIT_IO {
        return Err(Outcome::at(Step::Answer, exit, detail(run)));
    }
    let is_ours = read::<u8>(run, sys::run::IO_DIRECTION) == 1
        && read::<u8>(run, sys::run::IO_SIZE) == 4
        && read::<u16>(run, sys::run::IO_PORT) == guest::PORT;
    let answer: u32 = read(run, read::<u64>(run, sys::run::IO_DATA_OFFSET) as usize);
    if !is_ours || answer != guest::ANSWER {
        return Err(Outcome::at(Step::Answer, exit, u64::from(answer)));
    }
    Ok(())
}

fn enter(vcpu: RawFd, run: *mut u8) -> Result<u32, Outcome> {
    control(vcpu, sys::RUN, 0, Step::Run)?;
    Ok(read(run, sys::run::EXIT_REASON))
}

fn detail(run: *mut u8) -> u64 {
    u64::from(read::<u32>(run, sys::run::DETAIL))
}

fn read<T: Copy>(run: *mut u8, offset: usize) -> T {
    // SAFETY: offsets are those of `struct kvm_run`, or one that KVM put there; all inside the mapping.
    unsafe { ptr::read_unaligned(run.add(offset).cast()) }
}

fn control(fd: RawFd, request: u64, argument: u64, step: Step) -> Result<i32, Outcome> {
    // SAFETY: the argument is a number, or the address of a structure of the request's type that outlives the call.
    match unsafe { libc::ioctl(fd, request as _, argument) } {
        -1 => Err(Outcome::failed(step)),
        value => Ok(value),
    }
}

fn map(length: usize, fd: RawFd, flags: i32, step: Step) -> Result<*mut u8, Outcome> {
    // SAFETY: a new mapping at a place of the kernel's choice.
    let address = unsafe {
        libc::mmap(
            ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            flags,
            fd,
            0,
        )
    };
    if address == libc::MAP_FAILED {
        Err(Outcome::failed(step))
    } else {
        Ok(address.cast())
    }
}
