//! Control groups of the host (cgroups(7)): what the engine's process may take of memory, processor time and process ids.
//!
//! They are made and limited before there is a process. With version 2 it is born into its group. With version 1 it is put there while
//! the engine starts, so nobody waits for it. The owner removes them. A limit that the host does not let be set is no reason not to start.

mod limits;
mod unified;

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::status::{Failure, Step};
use crate::sys;

pub use limits::{Controller, Limits};

const STEP: &str = "cgroup";
const PROCESSES: &str = "cgroup.procs";
const MAX_NAME: usize = 100;

/// The group that is asked for, and where its parents are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Cgroup {
    pub name: String,
    pub limits: Limits,
    /// The owner's own directory in each hierarchy of version 1.
    pub hierarchies: BTreeMap<Controller, PathBuf>,
    /// Its directory in that of version 2.
    pub unified: Option<PathBuf>,
}

/// What the owner hears of it.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Whose limits are in force.
    controllers: Vec<Controller>,
    /// The directories to be removed once the process is gone.
    paths: Vec<PathBuf>,
    refused: Vec<Failure>,
}

/// The groups that were made for the engine's process.
#[derive(Debug, Default)]
pub struct Groups {
    /// Of version 1.
    separate: Vec<(Controller, PathBuf)>,
    unified: Option<(Vec<Controller>, OwnedFd)>,
    report: Report,
}

impl Cgroup {
    pub fn check(&self) -> Result<(), String> {
        let Cgroup { name, .. } = self;
        if name.is_empty()
            || name.len() > MAX_NAME
            || name.starts_with('.')
            || name.contains(['/', '\0'])
        {
            return Err(format!("{name:?} is not the name of a cgroup"));
        }
        let mut parents = self.hierarchies.values().chain(&self.unified);
        if parents.any(|path| !path.is_absolute()) {
            return Err("a cgroup's parent has no absolute path".to_owned());
        }
        Ok(())
    }
}

impl Groups {
    /// Makes what this host lets be made of what is asked for.
    pub fn make(wish: Option<&Cgroup>) -> Groups {
        let mut groups = Groups::default();
        let Some(wish) = wish else { return groups };
        let mut others = Vec::new();
        for controller in Controller::ALL {
            if !wish.limits.has(controller) {
                continue;
            }
            let Some(parent) = wish.hierarchies.get(&controller) else {
                others.push(controller);
                continue;
            };
            let path = parent.join(&wish.name);
            let settings = wish.limits.separate(controller);
            match limited(&path, &settings) {
                Ok(()) => groups.separate.push((controller, path.clone())),
                Err(failure) => groups.report.refused.push(failure),
            }
            groups.own(path);
        }
        if let Some(own) = wish.unified.as_ref().filter(|_| !others.is_empty()) {
            match groups.make_unified(own, wish, others) {
                Ok(unified) => groups.unified = unified,
                Err(failure) => groups.report.refused.push(failure),
            }
        }
        groups
    }

    fn make_unified(
        &mut self,
        own: &Path,
        wish: &Cgroup,
        mut controllers: Vec<Controller>,
    ) -> Result<Option<(Vec<Controller>, OwnedFd)>, Failure> {
        unified::keep_offered(own, &mut controllers)?;
        if controllers.is_empty() {
            return Ok(None);
        }
        let parent = unified::delegated(own)?;
        unified::enable(&parent, &controllers)?;
        let path = parent.join(&wish.name);
        self.own(path.clone());
        let settings: Vec<_> = controllers
            .iter()
            .flat_map(|controller| wish.limits.unified(*controller))
            .collect();
        limited(&path, &settings)?;
        let name = crate::plan::c_string(&path);
        let directory = sys::open_at(libc::AT_FDCWD, &name, libc::O_RDONLY | libc::O_DIRECTORY)
            .step(STEP, &path.to_string_lossy())?;
        Ok(Some((controllers, directory)))
    }

    fn own(&mut self, path: PathBuf) {
        if !self.report.paths.contains(&path) {
            self.report.paths.push(path);
        }
    }

    /// Where the process is to be born into.
    pub fn birthplace(&self) -> Option<RawFd> {
        self.unified
            .as_ref()
            .map(|(_, directory)| directory.as_raw_fd())
    }

    /// It could not be.
    pub fn not_born_there(&mut self, error: &io::Error) {
        self.unified = None;
        let failure = Failure::io(STEP, "a process in a cgroup", error);
        self.report.refused.push(failure);
    }

    /// Puts the process where it was not born, and tells what holds it.
    pub fn take(&mut self, pid: libc::pid_t) -> &Report {
        let report = &mut self.report;
        if let Some((controllers, _)) = &self.unified {
            report.controllers.clone_from(controllers);
        }
        for (controller, path) in &self.separate {
            match put(&path.join(PROCESSES), &pid.to_string()) {
                Ok(()) => report.controllers.push(*controller),
                Err(failure) => report.refused.push(failure),
            }
        }
        report
    }

    /// When there is no process after all.
    pub fn remove(&self) {
        for path in &self.report.paths {
            // What is in use still is the owner's to remove.
            let _ = std::fs::remove_dir(path);
        }
    }
}

/// Makes a group with these settings. One by that name, of a process that is gone, will do.
fn limited(path: &Path, settings: &[limits::Setting]) -> Result<(), Failure> {
    match std::fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(Failure::io(STEP, path.to_string_lossy(), &error));
        }
        _ => {}
    }
    for setting in settings {
        let result = put(&path.join(setting.file), &setting.value);
        if !setting.optional {
            result?;
        }
    }
    Ok(())
}

/// Writes to a file of a group, in one call.
fn put(path: &Path, text: &str) -> Result<(), Failure> {
    OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .step(STEP, &path.to_string_lossy())
}

/// An attribute of a file, when it is of one byte.
fn attribute(path: &Path, name: &CStr) -> Option<u8> {
    let path = crate::plan::c_string(path);
    let mut value = [0; 2];
    // SAFETY: C strings, and a buffer of its length.
    let length = unsafe {
        libc::getxattr(
            path.as_ptr(),
            name.as_ptr(),
            value.as_mut_ptr().cast(),
            value.len(),
        )
    };
    (length == 1).then_some(value[0])
}

#[cfg(test)]
mod tests;
