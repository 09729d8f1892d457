//! A bounded reader of tar archives: ustar, GNU, star and pax, with sparse files. Knows nothing of layers.

mod entry;
mod header;
mod pax;
mod reader;
mod sparse;

pub use entry::{Entry, Kind};
pub use reader::TarReader;
pub use sparse::Region;
