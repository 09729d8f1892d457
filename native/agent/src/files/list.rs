//! The entries of a directory, sorted by name. The names are held at once, their data only for one message.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{OFlags, RawDir};
use rustix::io::Errno;
use tokio::sync::mpsc::Sender;
use tonic::Status;

use super::blocking;
use super::info;
use super::resolve;
use crate::container::Container;
use crate::fault::{Kind, fault, plain_errno};
use crate::proto::ListFilesResponse;

/// Bytes of names that are held, each with its bookkeeping.
const MAX_NAMES: usize = 8 << 20;
const NAME_COST: usize = 40;
/// With the longest names and link targets still well below a megabyte.
const ENTRIES_PER_MESSAGE: usize = 128;

pub struct Listing {
    directory: OwnedFd,
    /// Sorted backwards, taken from the end.
    names: Vec<Vec<u8>>,
    /// Not to be removed before the directory is closed.
    _container: Arc<Container>,
}

pub fn open(container: Arc<Container>, path: &[u8]) -> Result<Listing, Status> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let directory = resolve::open(&container.root, path, flags).map_err(plain_errno)?;
    let mut names = read_names(&directory)
        .map_err(plain_errno)?
        .ok_or_else(|| {
            let path = String::from_utf8_lossy(path);
            let message =
                format!("'{path}' has too many entries to list; use a command such as find");
            fault(Kind::ResourceExhausted, "too-many-entries", message)
        })?;
    names.sort_unstable_by(|left, right| right.cmp(left));
    Ok(Listing {
        directory,
        names,
        _container: container,
    })
}

/// `None` when there are too many.
fn read_names(directory: &OwnedFd) -> Result<Option<Vec<Vec<u8>>>, Errno> {
    let mut buffer = [const { MaybeUninit::uninit() }; 16 * 1024];
    let mut entries = RawDir::new(directory, &mut buffer);
    let (mut names, mut held) = (Vec::new(), 0);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        held += name.len() + NAME_COST;
        if held > MAX_NAMES {
            return Ok(None);
        }
        names.push(name.to_vec());
    }
    Ok(Some(names))
}

/// Sends the entries, until nobody wants more.
pub async fn send(listing: Listing, sender: Sender<Result<ListFilesResponse, Status>>) {
    let mut listing = listing;
    while !listing.names.is_empty() {
        let result = blocking(move || {
            let batch = listing.names.len().saturating_sub(ENTRIES_PER_MESSAGE);
            let names = listing.names.split_off(batch);
            let entries = names.into_iter().rev();
            // One that has gone meanwhile is left out.
            let entries = entries.filter_map(|name| info::of_entry(&listing.directory, name).ok());
            let entries = entries.collect();
            Ok((listing, ListFilesResponse { entries }))
        })
        .await;
        let message = match result {
            Ok((rest, response)) => {
                listing = rest;
                Ok(response)
            }
            Err(status) => {
                let _ = sender.send(Err(status)).await;
                return;
            }
        };
        if sender.send(message).await.is_err() {
            return;
        }
    }
}
