//! Root images: OCI layers, base first, become one read-only EROFS image.
//!
//! ```text
//! layer files ─ layer_stream (own thread: read, decompress) ─ tar (entries) ─ tree (merge) ─ erofs (image)
//! ```
//! A file's bytes go from the archive straight into the image; the tree holds names, attributes and block numbers.
//! Layers are hostile: `limits` bounds everything that they can ask for.

mod build;
mod control;
mod erofs;
mod layer_stream;
pub mod limits;
mod tar;
mod tree;
mod xattr;

pub use build::{Built, Request, build};
pub use control::Control;
pub use layer_stream::{Compression, Layer};
pub use limits::Limits;
