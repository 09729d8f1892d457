//! Checks what the host says about the container, before anything is made of it.

use bytes::Bytes;
use tonic::Status;

use super::confinement::Confinement;
use super::disks::Sizes;
use super::identity::{Identity, Uuid};
use crate::fault::invalid;
use crate::proto::{ConfigureContainerRequest, CreateContainerRequest};
use crate::spawner::SetUp;

/// Arguments and environment of one program together; the kernel's own limit for them is a quarter of the stack's (8 MiB).
pub const MAX_PROGRAM_BYTES: usize = 2 << 20;
/// The kernel's limit for one string of them (MAX_ARG_STRLEN), the NUL included.
const MAX_STRING: usize = 128 * 1024;
const MAX_STRINGS: usize = 65_536;
const MAX_PATH: usize = 4095;
const MAX_PATHS: usize = 256;
const MAX_HOSTNAME: usize = 64;

/// What executions take from the container unless they say otherwise.
#[derive(Debug, Default)]
pub struct Defaults {
    pub env: Vec<Vec<u8>>,
    pub working_dir: Vec<u8>,
    pub user: Vec<u8>,
}

/// What `Container.Create` asks for.
pub struct Spec {
    pub set_up: SetUp,
    /// The machine that it is to be, where that is known.
    pub machine: Option<Uuid>,
    pub defaults: Defaults,
    pub disks: Sizes,
}

/// What `Container.Configure` asks for.
pub struct Change {
    pub hostname: String,
    /// None: the one that it is.
    pub machine: Option<Uuid>,
    pub defaults: Defaults,
}

/// Splits the request into what is needed to set it up and what its executions need. Its identity comes later, from the agent.
pub fn check(request: CreateContainerRequest) -> Result<Spec, Status> {
    check_hostname(&request.hostname)?;
    let machine = Uuid::check(&request.machine_id)?;
    let set_up = SetUp {
        confinement: Confinement::check(&request, check_paths)?,
        hostname: request.hostname,
        shm_bytes: request.shm_bytes,
        identity: Identity::default(),
    };
    Ok(Spec {
        set_up,
        machine,
        defaults: Defaults::check(&request.env, request.working_dir, request.user)?,
        disks: Sizes {
            image: request.image_bytes,
            disk: request.disk_bytes,
        },
    })
}

/// What a container is to be called, and to give its executions, from now on.
pub fn check_configure(request: ConfigureContainerRequest) -> Result<Change, Status> {
    check_hostname(&request.hostname)?;
    Ok(Change {
        hostname: request.hostname,
        machine: Uuid::check(&request.machine_id)?,
        defaults: Defaults::check(&request.env, request.working_dir, request.user)?,
    })
}

impl Defaults {
    fn check(env: &[Bytes], working_dir: String, user: String) -> Result<Self, Status> {
        let env = strings(env);
        check_env(&env)?;
        let working_dir = match &working_dir[..] {
            "" => b"/".to_vec(),
            _ => working_dir.into_bytes(),
        };
        check_path(&working_dir)?;
        check_user(&user)?;
        Ok(Self {
            env,
            working_dir,
            user: user.into_bytes(),
        })
    }
}

fn check_paths(list: &[String]) -> Result<Vec<Vec<u8>>, Status> {
    if list.len() > MAX_PATHS {
        return Err(invalid(format!("more than {MAX_PATHS} paths")));
    }
    list.iter()
        .map(|path| check_path(path.as_bytes()).map(|()| path.clone().into_bytes()))
        .collect()
}

pub fn strings<T: AsRef<[u8]>>(list: &[T]) -> Vec<Vec<u8>> {
    list.iter().map(|one| one.as_ref().to_vec()).collect()
}

/// One string of a program's arguments or environment.
pub fn check_string(what: &str, value: &[u8]) -> Result<(), Status> {
    if value.len() >= MAX_STRING {
        return Err(invalid(format!(
            "{what} is longer than {} bytes",
            MAX_STRING - 1
        )));
    }
    if value.contains(&0) {
        return Err(invalid(format!("{what} contains a NUL byte")));
    }
    Ok(())
}

pub fn check_env(env: &[Vec<u8>]) -> Result<(), Status> {
    check_total("the environment", env)?;
    for variable in env {
        check_string("an environment variable", variable)?;
        if !variable[1.min(variable.len())..].contains(&b'=') || variable[0] == b'=' {
            return Err(invalid(
                "an environment variable is not of the form NAME=value",
            ));
        }
    }
    Ok(())
}

pub fn check_total(what: &str, list: &[Vec<u8>]) -> Result<(), Status> {
    let bytes: usize = list.iter().map(|one| one.len() + 1).sum();
    if list.len() > MAX_STRINGS || bytes > MAX_PROGRAM_BYTES {
        return Err(invalid(format!(
            "{what} has more than {MAX_STRINGS} entries, or more than {MAX_PROGRAM_BYTES} bytes"
        )));
    }
    Ok(())
}

/// An absolute path.
pub fn check_path(path: &[u8]) -> Result<(), Status> {
    let shown = || String::from_utf8_lossy(&path[..path.len().min(200)]).into_owned();
    if !path.starts_with(b"/") {
        return Err(invalid(format!("the path '{}' is not absolute", shown())));
    }
    if path.len() > MAX_PATH || path.contains(&0) {
        let message = format!(
            "the path '{}…' is too long, or contains a NUL byte",
            shown()
        );
        return Err(invalid(message));
    }
    Ok(())
}

pub fn check_user(user: &str) -> Result<(), Status> {
    if user.len() > 512 || user.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(invalid(
            "the user is longer than 512 bytes, or contains control characters",
        ));
    }
    Ok(())
}

fn check_hostname(hostname: &str) -> Result<(), Status> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if hostname.is_empty() || hostname.len() > MAX_HOSTNAME || !hostname.bytes().all(good) {
        let message =
            format!("a hostname has 1 to {MAX_HOSTNAME} letters, digits, '-', '_' or '.'");
        return Err(invalid(message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> CreateContainerRequest {
        CreateContainerRequest {
            hostname: "box-1".into(),
            ..CreateContainerRequest::default()
        }
    }

    #[test]
    fn fills_in_the_root_directory() {
        assert_eq!(check(request()).unwrap().defaults.working_dir, b"/");
    }

    #[test]
    fn refuses_what_would_reach_the_kernel_wrong() {
        let refused = |change: fn(&mut CreateContainerRequest)| {
            let mut request = request();
            change(&mut request);
            check(request).err().unwrap().message().to_owned()
        };
        assert!(refused(|r| r.hostname = "a\nb".into()).contains("hostname"));
        assert!(refused(|r| r.hostname = "x".repeat(65)).contains("hostname"));
        assert!(refused(|r| r.env = vec!["=x".into()]).contains("NAME=value"));
        assert!(refused(|r| r.env = vec!["".into()]).contains("NAME=value"));
        assert!(refused(|r| r.env = vec!["novalue".into()]).contains("NAME=value"));
        assert!(refused(|r| r.env = vec!["A=\0".into()]).contains("NUL"));
        assert!(refused(|r| r.working_dir = "tmp".into()).contains("absolute"));
        assert!(refused(|r| r.masked_paths = vec!["/a\0".into()]).contains("NUL"));
        assert!(refused(|r| r.capabilities = vec!["CAP_ALL".into()]).contains("CAP_ALL"));
        assert!(refused(|r| r.user = "a\nb".into()).contains("user"));
    }
}
