//! How much of anything a layer may ask for. Layers are hostile until proven small.

/// Longest path of an entry, and of a hard link's target: Linux's `PATH_MAX` without its NUL.
pub const MAX_PATH: usize = 4095;
/// Longest target of a symbolic link.
pub const MAX_SYMLINK_TARGET: usize = 4095;
/// Longest single name, as in Linux and EROFS.
pub const MAX_NAME: usize = 255;
/// Deepest directory; paths through symbolic links can get deeper than `MAX_PATH` allows.
pub const MAX_DEPTH: usize = 1024;
/// Symbolic links followed while one path is resolved, as in Linux.
pub const MAX_SYMLINKS: usize = 40;
/// Steps of all path resolutions of one build: symbolic links must not multiply a small layer into hours of work.
pub const MAX_WALK_STEPS: u64 = 400_000_000;
/// Largest extended header or GNU long name record.
pub const MAX_EXTENSION: u64 = 1 << 20;
/// Most data regions of one sparse file.
pub const MAX_SPARSE_REGIONS: usize = 1 << 18;
/// Largest value of one extended attribute (EROFS keeps 16 bits of its size).
pub const MAX_XATTR_VALUE: usize = 65_535;
/// Largest extended attributes of one file, headers included.
pub const MAX_XATTRS_PER_FILE: usize = 128 << 10;
/// Memory that all extended attributes of an image may take.
pub const MAX_XATTRS_TOTAL: u64 = 256 << 20;
/// Memory that file tails held for the metadata area may take; beyond it they are padded to blocks.
pub const MAX_TAILS_TOTAL: u64 = 256 << 20;

/// What the caller may choose.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Archive entries, and files and directories made from them.
    pub max_entries: u64,
    /// Decompressed bytes of all layers together, and bytes of the image.
    pub max_bytes: u64,
}
