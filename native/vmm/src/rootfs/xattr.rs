//! Extended attributes and which of them an image keeps.

/// One extended attribute under its full name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Xattr {
    pub name: Vec<u8>,
    pub value: Vec<u8>,
}

impl Xattr {
    /// Attributes that steer overlayfs must not come from an image: they would redirect or hide parts of the merged tree.
    pub fn is_kept(&self) -> bool {
        !self.name.starts_with(b"trusted.overlay.") && self.index().is_some()
    }

    /// EROFS's number for the name's prefix, and the rest of the name (`erofs_fs.h`, `EROFS_XATTR_INDEX_*`).
    /// `None` for namespaces that Linux does not have.
    pub fn index(&self) -> Option<(u8, &[u8])> {
        const WHOLE: [(&[u8], u8); 2] = [
            (b"system.posix_acl_access", 2),
            (b"system.posix_acl_default", 3),
        ];
        const PREFIXES: [(&[u8], u8); 3] = [(b"user.", 1), (b"trusted.", 4), (b"security.", 6)];
        if let Some((_, index)) = WHOLE.iter().find(|(name, _)| *name == self.name) {
            return Some((*index, b""));
        }
        PREFIXES
            .iter()
            .find_map(|(prefix, index)| Some((*index, self.name.strip_prefix(*prefix)?)))
            .filter(|(_, rest)| !rest.is_empty())
    }
}
