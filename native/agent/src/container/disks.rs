//! The two disks. They may be exchanged while the VM runs, or stand behind a VM that was restored from saved memory; the guest learns
//! of their sizes by an interrupt, some time after the host exchanged them.
//!
//! Nothing opens them before they have the sizes that the host says. Sizes are read from sysfs, which does not open them either: a
//! page that was cached of a disk that is not there any more would be taken for one of the new disk.

use std::time::Duration;

use rustix::io::Errno;
use tokio::io::Interest;
use tokio::time::timeout;
use tonic::Status;

use crate::fault::{Kind, fault, from_errno};
use crate::uevents;
use crate::watch::watch;

pub const IMAGE_DEVICE: &str = "/dev/vda";
pub const DISK_DEVICE: &str = "/dev/vdb";

const PATIENCE: Duration = Duration::from_secs(30);
/// What disks are counted in, whatever their own sectors are.
const SECTOR: u64 = 512;

/// The sizes in bytes that the disks are to have; zero where any will do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    pub image: u64,
    pub disk: u64,
}

/// Waits until the guest sees disks of these sizes.
pub async fn arrive(wanted: Sizes) -> Result<(), Status> {
    let read = |device: &str| {
        let name = device.rsplit('/').next().unwrap_or_default();
        std::fs::read_to_string(format!("/sys/class/block/{name}/size")).ok()
    };
    if missing(wanted, read).is_none() {
        return Ok(());
    }
    let failed = |errno| from_errno(errno, "could not wait for a disk");
    let failed_io = |error| failed(Errno::from_io_error(&error).unwrap_or(Errno::IO));
    let socket = uevents::subscribe().map_err(failed)?;
    let events = watch(socket, Interest::READABLE).map_err(failed_io)?;
    let wait = async {
        // Looked at once more, now that no change goes unnoticed.
        while missing(wanted, read).is_some() {
            let mut guard = events.readable().await.map_err(failed_io)?;
            uevents::drain(guard.get_inner()).map_err(failed)?;
            guard.clear_ready();
        }
        Ok(())
    };
    match timeout(PATIENCE, wait).await {
        Ok(result) => result,
        Err(_) => missing(wanted, read).map_or(Ok(()), |missing| Err(missing.fault())),
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Missing {
    device: &'static str,
    wanted: u64,
    /// None when there is no such device.
    seen: Option<u64>,
}

/// The first disk that has another size than is wanted. `read` gives a device's size as sysfs has it.
fn missing(wanted: Sizes, read: impl Fn(&str) -> Option<String>) -> Option<Missing> {
    [(IMAGE_DEVICE, wanted.image), (DISK_DEVICE, wanted.disk)]
        .into_iter()
        .filter(|&(_, wanted)| wanted != 0)
        .find_map(|(device, wanted)| {
            let sectors = read(device).and_then(|text| text.trim().parse::<u64>().ok());
            // The engine rounds a file's size up.
            let there = sectors == Some(wanted.div_ceil(SECTOR));
            (!there).then(|| Missing {
                device,
                wanted,
                seen: sectors.map(|sectors| sectors.saturating_mul(SECTOR)),
            })
        })
}

impl Missing {
    fn fault(&self) -> Status {
        let Self { device, wanted, .. } = self;
        let seconds = PATIENCE.as_secs();
        let seen = match self.seen {
            Some(bytes) => format!("it has {bytes} bytes"),
            None => "there is no such disk".to_owned(),
        };
        let message =
            format!("the disk {device} did not get its {wanted} bytes within {seconds} s: {seen}");
        fault(Kind::Storage, "disk-missing", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(image: u64, disk: u64) -> Sizes {
        Sizes { image, disk }
    }

    fn read(device: &str) -> Option<String> {
        (device == IMAGE_DEVICE).then(|| "8\n".to_owned())
    }

    #[test]
    fn any_size_will_do_where_none_is_wanted() {
        assert_eq!(missing(sizes(0, 0), |_| None), None);
        assert_eq!(missing(sizes(4096, 0), read), None);
    }

    #[test]
    fn a_file_may_end_within_a_sector() {
        assert_eq!(missing(sizes(4095, 0), read), None);
        assert!(missing(sizes(4097, 0), read).is_some());
        assert!(missing(sizes(u64::MAX, 0), read).is_some());
    }

    #[test]
    fn names_the_disk_that_is_missing_and_what_is_there() {
        let image = missing(sizes(8192, 8192), read).unwrap().fault();
        assert!(image.message().contains("/dev/vda"), "{}", image.message());
        assert!(image.message().contains("8192 bytes"));
        assert!(image.message().contains("it has 4096 bytes"));
        let disk = missing(sizes(4096, 8192), read).unwrap().fault();
        assert!(disk.message().contains("/dev/vdb"), "{}", disk.message());
        assert!(disk.message().contains("no such disk"));
    }
}
