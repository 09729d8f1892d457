//! The volumes that a host asks for, checked.

use tonic::Status;

use super::spec;
use crate::fault::invalid;
use crate::proto::{MountRequest, volume};

const MAX_VOLUMES: usize = 256;
/// The disks that are not volumes come first: image and writable disk.
const FIRST_DISK: u32 = 2;
const DISKS: u32 = 26;

#[derive(Debug, PartialEq, Eq)]
pub enum Source {
    Share(String),
    Disk(char),
}

/// A volume as it was asked for, checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Volume {
    pub source: Source,
    pub target: Vec<u8>,
    pub read_only: bool,
}

pub fn check(request: MountRequest) -> Result<Vec<Volume>, Status> {
    if request.volumes.len() > MAX_VOLUMES {
        return Err(invalid(format!("more than {MAX_VOLUMES} volumes")));
    }
    let check = |volume: crate::proto::Volume| {
        let source = match volume.source {
            Some(volume::Source::Share(name)) if is_name(&name) => Source::Share(name),
            Some(volume::Source::Disk(number)) if (FIRST_DISK..DISKS).contains(&number) => {
                Source::Disk(char::from(b'a' + number as u8))
            }
            source => return Err(invalid(format!("{source:?} is no source of a volume"))),
        };
        spec::check_path(&volume.target)?;
        Ok(Volume {
            source,
            target: volume.target.to_vec(),
            read_only: volume.read_only,
        })
    };
    request.volumes.into_iter().map(check).collect()
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto;

    fn checked(source: volume::Source, target: &'static str) -> Result<Vec<Volume>, Status> {
        let volume = proto::Volume {
            source: Some(source),
            target: target.into(),
            read_only: true,
        };
        check(MountRequest {
            volumes: vec![volume],
        })
    }

    #[test]
    fn names_disks_as_the_kernel_does() {
        let volumes = checked(volume::Source::Disk(2), "/data").unwrap();
        assert_eq!(volumes[0].source, Source::Disk('c'));
        let volumes = checked(volume::Source::Share("7".into()), "/data").unwrap();
        assert_eq!(volumes[0].source, Source::Share("7".into()));
    }

    #[test]
    fn refuses_what_is_not_a_volume() {
        for number in [0, 1, 26, u32::MAX] {
            assert!(
                checked(volume::Source::Disk(number), "/data").is_err(),
                "{number}"
            );
        }
        for name in ["", "..", "a/b", "a\0"] {
            assert!(
                checked(volume::Source::Share(name.into()), "/data").is_err(),
                "{name:?}"
            );
        }
        assert!(checked(volume::Source::Share("0".into()), "data").is_err());
        let none = proto::Volume {
            target: "/data".into(),
            ..Default::default()
        };
        assert!(
            check(MountRequest {
                volumes: vec![none]
            })
            .is_err()
        );
    }
}
