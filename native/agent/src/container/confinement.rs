//! What processes of the container may do and use, as the host asks for it.

use tonic::Status;

use super::{capabilities, limits, sysctls};
use crate::fault::invalid;
use crate::proto::CreateContainerRequest;
use crate::spawner::bytes::{Reader, Writer};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confinement {
    /// One bit for each capability that its processes have.
    pub capabilities: u64,
    pub masked_paths: Vec<Vec<u8>>,
    pub readonly_paths: Vec<Vec<u8>>,
    pub readonly_root: bool,
    pub no_new_privileges: bool,
    /// Only the system calls of the default profile are there.
    pub seccomp: bool,
    /// Processes and threads at the same time; zero means any number.
    pub max_pids: u64,
    pub limits: Vec<limits::Limit>,
    pub sysctls: Vec<sysctls::Setting>,
}

impl Confinement {
    /// Checks what the host says. `paths` checks lists of absolute paths.
    pub fn check(
        request: &CreateContainerRequest,
        paths: impl Fn(&[String]) -> Result<Vec<Vec<u8>>, Status>,
    ) -> Result<Self, Status> {
        let capabilities = capabilities::parse(&request.capabilities)
            .map_err(|name| invalid(format!("'{name}' is no capability")))?;
        Ok(Self {
            capabilities,
            masked_paths: paths(&request.masked_paths)?,
            readonly_paths: paths(&request.readonly_paths)?,
            readonly_root: request.readonly_root,
            no_new_privileges: request.no_new_privileges,
            seccomp: request.seccomp,
            max_pids: request.max_pids,
            limits: limits::check(&request.limits)?,
            sysctls: sysctls::check(&request.sysctls)?,
        })
    }

    pub fn write(&self, writer: &mut Writer) {
        writer
            .number(self.capabilities)
            .list(&self.masked_paths)
            .list(&self.readonly_paths)
            .number(self.readonly_root.into())
            .number(self.no_new_privileges.into())
            .number(self.seccomp.into())
            .number(self.max_pids)
            .number(self.limits.len() as u64);
        for limit in &self.limits {
            writer
                .number(limit.resource.into())
                .number(limit.soft)
                .number(limit.hard);
        }
        writer.number(self.sysctls.len() as u64);
        for setting in &self.sysctls {
            writer.bytes(&setting.name).bytes(&setting.value);
        }
    }

    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let owned = |list: Vec<&[u8]>| list.into_iter().map(<[u8]>::to_vec).collect();
        Some(Self {
            capabilities: reader.number()?,
            masked_paths: owned(reader.list()?),
            readonly_paths: owned(reader.list()?),
            readonly_root: reader.number()? != 0,
            no_new_privileges: reader.number()? != 0,
            seccomp: reader.number()? != 0,
            max_pids: reader.number()?,
            limits: (0..reader.number()?)
                .map(|_| {
                    Some(limits::Limit {
                        resource: reader.number()? as u32,
                        soft: reader.number()?,
                        hard: reader.number()?,
                    })
                })
                .collect::<Option<_>>()?,
            sysctls: (0..reader.number()?)
                .map(|_| {
                    Some(sysctls::Setting {
                        name: reader.bytes()?.to_vec(),
                        value: reader.bytes()?.to_vec(),
                    })
                })
                .collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_way_to_the_spawner() {
        let confinement = Confinement {
            capabilities: 7,
            masked_paths: vec![b"/proc/kcore".to_vec()],
            seccomp: true,
            max_pids: 100,
            limits: vec![limits::Limit {
                resource: 7,
                soft: 1,
                hard: u64::MAX,
            }],
            sysctls: vec![sysctls::Setting {
                name: b"net.core.somaxconn".to_vec(),
                value: b"9".to_vec(),
            }],
            ..Confinement::default()
        };
        let mut writer = Writer::default();
        confinement.write(&mut writer);
        let bytes = writer.finish();
        assert_eq!(
            Confinement::read(&mut Reader::new(&bytes)),
            Some(confinement)
        );
        for length in 0..bytes.len() {
            assert_eq!(Confinement::read(&mut Reader::new(&bytes[..length])), None);
        }
    }
}
