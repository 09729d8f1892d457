//! A guest's RAM, seen as what it changed since its template.
//!
//! A VMM maps the RAM file of a template privately, so the pages that its guest has changed are the anonymous pages of that mapping.
//! `MemoryChanges` holds them: read from a VMM that is stopped, or from a file; to be written into another VMM, or to a file.
//! Its pages never change once it exists, so any number of threads may use it at the same time.
//!
//! ```text
//!   vmm_process, ram_mapping   which process, and where in it the RAM lies
//!   pagemap                    which pages have changed            → runs
//!   transfer                   their content, in and out of a process
//!   changes, page_store        what was read, in memory or in a file
//!   devices_pipe               holds the engine still meanwhile
//!   file_header, file_write, file_read    the file
//!   materialise                a whole RAM file from base and changes
//! ```

mod changes;
mod devices_pipe;
mod file_header;
mod file_read;
mod file_write;
mod materialise;
mod page_store;
mod pagemap;
mod ram_mapping;
mod runs;
mod transfer;
mod vmm_process;

pub use changes::MemoryChanges;
pub use devices_pipe::DevicesPipe;
pub use runs::{Content, PAGE, Run};
