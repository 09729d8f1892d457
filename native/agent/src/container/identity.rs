//! What tells one machine from another: machine-id(5) and the boot id of random(4). Guests that were restored from the same memory
//! must not share them.

use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use tonic::Status;

use crate::fault::invalid;

/// A UUID of version 4, from random bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uuid(pub [u8; 16]);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub machine: Uuid,
    pub boot: Uuid,
}

impl Identity {
    /// Of another boot, of this machine where it is known. What is random is made of the kernel's numbers, which the host's entropy must
    /// have reached before.
    pub fn new(machine: Option<Uuid>) -> Result<Self, Errno> {
        Ok(Self {
            machine: machine.map_or_else(Uuid::random, Ok)?,
            boot: Uuid::random()?,
        })
    }

    /// As /etc/machine-id has it.
    pub fn machine_line(&self) -> String {
        self.machine.machine_line()
    }

    /// As /proc/sys/kernel/random/boot_id has it.
    pub fn boot_line(&self) -> String {
        let hex = self.boot.hex();
        let parts = [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ];
        format!("{}\n", parts.join("-"))
    }
}

impl Uuid {
    /// What the host says; none for no bytes.
    pub fn check(bytes: &[u8]) -> Result<Option<Self>, Status> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let bytes = <[u8; 16]>::try_from(bytes);
        let uuid = bytes
            .map(Self)
            .map_err(|_| invalid("a machine-id has 16 bytes"))?;
        match Self::from_random(uuid.0) == uuid {
            true => Ok(Some(uuid)),
            false => Err(invalid("a machine-id is a UUID of version 4")),
        }
    }

    /// As /etc/machine-id has it.
    pub fn machine_line(self) -> String {
        format!("{}\n", self.hex())
    }

    fn random() -> Result<Self, Errno> {
        let mut bytes = [0; 16];
        // So few bytes are given as a whole, or not at all.
        getrandom(&mut bytes, GetRandomFlags::empty())?;
        Ok(Self::from_random(bytes))
    }

    /// RFC 9562, section 5.4.
    fn from_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }

    fn hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whether the image brings an /etc/machine-id of its own, as machine-id(5) tells one from a file that is still to be filled.
pub fn is_set(machine_id: &[u8]) -> bool {
    !matches!(machine_id.trim_ascii(), b"" | b"uninitialized")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_forms_that_programs_expect() {
        let identity = Identity {
            machine: Uuid::from_random([0xff; 16]),
            boot: Uuid::from_random([0; 16]),
        };
        assert_eq!(
            identity.machine_line(),
            "ffffffffffff4fffbfffffffffffffff\n"
        );
        assert_eq!(
            identity.boot_line(),
            "00000000-0000-4000-8000-000000000000\n"
        );
    }

    #[test]
    fn no_two_are_the_same() {
        let (one, other) = (Identity::new(None).unwrap(), Identity::new(None).unwrap());
        assert_ne!(one.machine, other.machine);
        assert_ne!(one.boot, other.boot);
        assert_ne!(one.machine, one.boot);
    }

    #[test]
    fn a_machine_that_is_known_stays_the_same() {
        let machine = Identity::new(None).unwrap().machine;
        assert_eq!(Uuid::check(&machine.0).unwrap(), Some(machine));
        let (one, other) = (Identity::new(Some(machine)), Identity::new(Some(machine)));
        assert_eq!(one.unwrap().machine, machine);
        assert_ne!(one.unwrap().boot, other.unwrap().boot);
    }

    #[test]
    fn only_uuids_are_taken() {
        assert_eq!(Uuid::check(b"").unwrap(), None);
        assert!(Uuid::check(&[0; 16]).is_err());
        assert!(Uuid::check(&[0x4f; 15]).is_err());
    }

    #[test]
    fn an_empty_file_is_not_set() {
        assert!(!is_set(b""));
        assert!(!is_set(b" \n"));
        assert!(!is_set(b"uninitialized\n"));
        assert!(is_set(b"0123456789abcdef0123456789abcdef\n"));
    }
}
