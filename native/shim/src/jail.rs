//! The jail: which layers hold the engine, in the order in which they can be put in force.

use serde::Serialize;

use crate::namespaces::{Names, Namespaces, Users};
use crate::plan::{Plan, Wish};
use crate::status::{Failure, Step};
use crate::{confine_paths, files, privileges, root, seccomp};

/// The layers in force, as the owner reads them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InForce {
    pub namespaces: Vec<&'static str>,
    /// The version of the kernel's interface; absent when it is not in force.
    pub landlock: Option<u8>,
    pub seccomp: bool,
    /// Why a layer is not in force, where the host refused it.
    pub refused: Vec<Failure>,
}

/// The attempts to make the engine's process that the plan allows.
pub fn attempts(plan: &Plan) -> Vec<Namespaces> {
    let needed = plan.share.is_some() || plan.jail.namespaces == Wish::Required;
    Namespaces::attempts(users(plan))
        .into_iter()
        .filter(|attempt| match plan.jail.namespaces {
            Wish::Off if plan.share.is_none() => !attempt.any(),
            _ => attempt.any() || !needed,
        })
        .collect()
}

fn users(plan: &Plan) -> Users {
    // SAFETY: plain system calls.
    let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
    match &plan.share {
        // With rights over all files while the jail is being set up: root's may lie in directories of others.
        _ if uid == 0 => Users::All,
        Some(share) => Users::Owner(Names {
            user: share.user,
            group: share.group,
        }),
        None => Users::Owner(Names {
            user: uid,
            group: gid,
        }),
    }
}

/// Takes the host's files away. What is open stays open.
pub fn confine_files(plan: &Plan, namespaces: Namespaces) -> Result<(), Failure> {
    files::link(plan)?;
    if namespaces.others {
        return root::enter(plan);
    }
    files::name_by_links(plan)?;
    std::env::set_current_dir(files::DIRECTORY).step("directory", files::DIRECTORY)
}

/// Takes away what the process may ask of the kernel. All that it does itself after this must be allowed to the engine, too.
pub fn confine_process(
    plan: &Plan,
    namespaces: Namespaces,
    refused: Vec<Failure>,
) -> Result<InForce, Failure> {
    let mut in_force = InForce {
        namespaces: namespaces.names(),
        landlock: None,
        seccomp: false,
        refused,
    };
    if plan.jail.privileges != Wish::Off {
        // SAFETY: plain system call.
        let root = unsafe { libc::geteuid() } == 0;
        privileges::limit(root && plan.share.is_some())?;
        crate::process::forbid_new_privileges()?;
    }
    if plan.jail.landlock != Wish::Off {
        match confine_paths::apply(plan, namespaces) {
            Ok(version) => in_force.landlock = Some(version),
            Err(failure) if plan.jail.landlock == Wish::Required => return Err(failure),
            Err(failure) => in_force.refused.push(failure),
        }
    }
    Ok(in_force)
}

/// The last layer: what the process does from here on is bound by it.
pub fn confine_calls(plan: &Plan, in_force: &mut InForce) -> Result<(), Failure> {
    let Some(syscalls) = plan
        .jail
        .syscalls
        .filter(|_| plan.jail.seccomp != Wish::Off)
    else {
        return Ok(());
    };
    match seccomp::apply(syscalls, plan) {
        Ok(()) => in_force.seccomp = true,
        Err(failure) if plan.jail.seccomp == Wish::Required => return Err(failure),
        Err(failure) => in_force.refused.push(failure),
    }
    Ok(())
}
