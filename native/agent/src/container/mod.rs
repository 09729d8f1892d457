//! The container: what it is made of, and the service that makes it.
//!
//! ```text
//! before its Box is known:               set_up::prepare ──▶ init (the container's PID 1)
//!                                        cgroup, namespaces   stage, devices, network
//! ContainerService::create (agent) ────▶ set_up (spawner) ──▶ init
//!                   disks                storage, etc_files   mounts, paths
//! ContainerService::mount (agent) ─────▶ volumes, into the mount namespace of init
//! ```

pub mod capabilities;
pub mod cgroup;
pub mod confinement;
pub mod console;
mod device_filter;
mod devices;
mod disks;
pub mod end;
mod etc_files;
mod freezer;
pub mod identity;
mod init;
pub mod limits;
pub mod memory;
mod mount_namespace;
mod mounts;
mod network;
pub mod oom_kills;
mod paths;
pub mod processes;
mod seccomp;
mod service;
pub mod set_up;
pub mod spec;
mod stage;
pub mod storage;
mod sysctls;
mod volume_content;
mod volume_request;
pub mod volumes;

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{Mode, OFlags};
use tokio::sync::oneshot;
use tonic::Status;

use crate::fault::from_errno;
use crate::machine::Machine;
use crate::process::Process;
use crate::spawner::Client;
use freezer::Freezer;
use identity::{Identity, Uuid};
use oom_kills::OomKills;
pub use service::{ContainerService, to_the_end};
use spec::{Change, Defaults, Spec};

/// A container that is set up. The last owner to go lets its file system be unmounted.
pub struct Container {
    defaults: Mutex<Arc<Defaults>>,
    pub spawner: Client,
    pub freezer: Freezer,
    pub init: Process,
    /// Its root directory, as its processes see it.
    pub root: OwnedFd,
    pub oom_kills: Arc<OomKills>,
    /// Goes last, when all else is closed.
    dropped: Mutex<Option<oneshot::Sender<()>>>,
}

impl Container {
    /// Sets it up. An error may leave things behind, so there is no second try.
    async fn make(machine: &Machine, spec: Spec) -> Result<Self, Status> {
        machine.load_modules().await;
        disks::arrive(spec.disks).await?;
        let spawner = machine.nursery.take().await?;
        let mut set_up = spec.set_up;
        set_up.identity = new_identity(spec.machine)?;
        let pid = spawner.set_up(set_up).await?;
        let failed = |errno| from_errno(errno, "could not reach the container's init process");
        let init = Process::adopt(pid).map_err(failed)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root =
            rustix::fs::open(format!("/proc/{pid}/root"), flags, Mode::empty()).map_err(failed)?;
        Ok(Self {
            defaults: Mutex::new(Arc::new(spec.defaults)),
            spawner,
            freezer: Freezer::default(),
            init,
            root,
            oom_kills: Arc::new(OomKills::open().map_err(failed)?),
            dropped: Mutex::default(),
        })
    }

    /// What executions that start now take from it.
    pub fn defaults(&self) -> Arc<Defaults> {
        self.defaults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn configure(&self, change: Change) -> Result<(), Status> {
        let Change {
            hostname,
            machine,
            defaults,
        } = change;
        self.spawner.rename(hostname, machine).await?;
        *self.defaults.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(defaults);
        Ok(())
    }

    /// Makes it another machine than it was, as far as programs can tell: this one, or one that nobody has seen.
    pub async fn renew_identity(&self, machine: Option<Uuid>) -> Result<(), Status> {
        self.spawner.identify(new_identity(machine)?).await
    }

    /// Ends when nobody holds it any more.
    fn when_dropped(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        *self.dropped.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }
}

fn new_identity(machine: Option<Uuid>) -> Result<Identity, Status> {
    Identity::new(machine).map_err(|errno| from_errno(errno, "could not draw random numbers"))
}
