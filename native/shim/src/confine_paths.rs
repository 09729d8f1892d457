//! What the engine may do with the files that it can see, whatever their modes and mounts allow (landlock(7)), and no network.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};

use crate::files::{DIRECTORY, OWN, SHARED};
use crate::namespaces::Namespaces;
use crate::plan::Plan;
use crate::status::Failure;

const STEP: &str = "landlock";

/// The newest interface that this program knows; an older kernel gives what it has.
const NEWEST: ABI = ABI::V6;

/// Puts the rules in force and says of which version of the interface they are.
pub fn apply(plan: &Plan, namespaces: Namespaces) -> Result<u8, Failure> {
    let version = supported()?;
    let failed = |error: RulesetError| Failure::new(STEP, error.to_string());
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(NEWEST)))
        .and_then(|rules| rules.scope(Scope::from_all(NEWEST)))
        .and_then(Ruleset::create)
        .map_err(failed)?;

    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let write = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
    rules = allow(rules, OWN, write)?;
    rules = allow(rules, SHARED, AccessFs::ReadFile.into())?;
    for file in &plan.named {
        rules = allow(rules, &file.name, AccessFs::ReadFile.into())?;
    }
    for path in &plan.readable {
        rules = allow(rules, path, read | AccessFs::Execute)?;
    }
    for path in &plan.devices {
        rules = allow(
            rules,
            path,
            AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev,
        )?;
    }
    if let Some(share) = &plan.share {
        // All but to execute; what is read-only is so by its mount.
        rules = allow(
            rules,
            &share.directory,
            AccessFs::from_all(NEWEST) & !AccessFs::Execute,
        )?;
    }
    if !namespaces.others {
        // Links in the working directory are followed to where the files are.
        for source in plan.named.iter().map(|file| &file.source) {
            rules = allow(rules, source, AccessFs::ReadFile.into())?;
        }
        rules = allow(
            rules,
            &format!("{}/{DIRECTORY}", plan.directory),
            AccessFs::ReadDir.into(),
        )?;
    }
    rules.restrict_self().map_err(failed)?;
    Ok(version)
}

fn allow(
    rules: RulesetCreated,
    path: &str,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(STEP, format!("{path}: {error}"));
    let file = PathFd::new(path).map_err(|error| failed(&error))?;
    // The rights of directories alone mean nothing for a file, and the crate leaves them out.
    rules
        .add_rule(PathBeneath::new(file, access))
        .map_err(|error| failed(&error))
}

/// The version of the kernel's interface (landlock_create_ruleset(2), `LANDLOCK_CREATE_RULESET_VERSION`).
fn supported() -> Result<u8, Failure> {
    const VERSION: libc::c_uint = 1;
    let none = std::ptr::null::<libc::c_void>();
    // SAFETY: asks for a number only.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0, VERSION) };
    match u8::try_from(version) {
        Ok(version) if version > 0 => Ok(version),
        _ => Err(Failure::io(
            STEP,
            "the kernel's Landlock",
            &std::io::Error::last_os_error(),
        )),
    }
}
