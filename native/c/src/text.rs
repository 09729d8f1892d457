use std::ffi::{CStr, c_char};

const LENGTH: usize = size_of::<usize>();

/// Bytes for C: their number before them, a NUL after them. Text of commands may have NULs in it, which is why the number is there.
#[derive(Clone)]
pub struct Text(Box<[u8]>);

impl Text {
    pub fn new(bytes: &[u8]) -> Self {
        let mut all = Vec::with_capacity(LENGTH + bytes.len() + 1);
        all.extend_from_slice(&bytes.len().to_ne_bytes());
        all.extend_from_slice(bytes);
        all.push(0);
        Self(all.into_boxed_slice())
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0[LENGTH..self.0.len() - 1]
    }

    pub fn as_ptr(&self) -> *const c_char {
        // Of the whole, so that the length before it may be read through it.
        unsafe { self.0.as_ptr().add(LENGTH) }.cast()
    }

    /// # Safety
    /// The pointer is one that [`Text::as_ptr`] gave, of a text that is still there.
    pub unsafe fn length_at(pointer: *const c_char) -> usize {
        unsafe {
            pointer
                .cast::<u8>()
                .sub(LENGTH)
                .cast::<usize>()
                .read_unaligned()
        }
    }
}

/// What a C string says; `None` for a null pointer.
///
/// # Safety
/// The pointer is null, or a C string that outlives what is returned.
pub unsafe fn bytes_of<'a>(pointer: *const c_char) -> Option<&'a [u8]> {
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_length_and_an_end() {
        for bytes in [&b""[..], b"plain", b"with\0nul"] {
            let text = Text::new(bytes);
            assert_eq!(unsafe { Text::length_at(text.as_ptr()) }, bytes.len());
            assert_eq!(unsafe { *text.as_ptr().add(bytes.len()) }, 0);
            assert_eq!(text.bytes(), bytes);
        }
    }
}
