//! The extensions behind the header ('Header extensions'): a type, a length, data padded to 8 bytes; type 0 ends them.

const END: u32 = 0;
const EXTERNAL_DATA_FILE: u32 = 0x4441_5441;
const ENCRYPTION: u32 = 0x0537_be77;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    ExternalDataFile,
    Encryption,
    /// They do not end inside the first cluster.
    Damaged,
}

/// `bytes` is the first cluster from the header's end on. Extensions that only inform are passed over.
pub fn check(mut bytes: &[u8]) -> Result<(), Found> {
    loop {
        let (head, rest) = bytes.split_at_checked(8).ok_or(Found::Damaged)?;
        let number = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().expect("4 bytes"));
        match number(0) {
            END => return Ok(()),
            EXTERNAL_DATA_FILE => return Err(Found::ExternalDataFile),
            ENCRYPTION => return Err(Found::Encryption),
            _ => {}
        }
        let length = u64::from(number(4)).next_multiple_of(8) as usize;
        bytes = rest.get(length..).ok_or(Found::Damaged)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_followed_to_its_end() {
        // A backing format and then the end.
        let mut list = vec![
            0xe2, 0x79, 0x2a, 0xca, 0, 0, 0, 3, b'r', b'a', b'w', 0, 0, 0, 0, 0,
        ];
        assert_eq!(check(&list), Err(Found::Damaged));
        list.extend([0; 8]);
        assert_eq!(check(&list), Ok(()));
        list[..4].copy_from_slice(b"DATA");
        assert_eq!(check(&list), Err(Found::ExternalDataFile));
        list[..4].copy_from_slice(&ENCRYPTION.to_be_bytes());
        assert_eq!(check(&list), Err(Found::Encryption));
        assert_eq!(
            check(&[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0]),
            Err(Found::Damaged)
        );
    }
}
