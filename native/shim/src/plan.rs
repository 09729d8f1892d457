//! The launch plan: what the owner wants to have run, and with what.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CString, OsStr};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde::Deserialize;

use crate::cgroup::Cgroup;
use crate::files::{self, Link, Named};
use crate::limits::Limits;
use crate::seccomp::Syscalls;
use crate::share::Share;
use crate::status::Failure;
use crate::sys;

/// The plan's format; the owner and the shim are of one release.
const VERSION: u32 = 1;
/// A plan is a few kilobytes; paths are what varies.
const MAX_BYTES: u64 = 256 * 1024;
const MAX_DESCRIPTORS: usize = 32;
const MAX_NAME: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Plan {
    pub version: u32,
    /// Where sockets and logs are made, and the engine's working directory. Absolute.
    pub directory: String,
    /// The engine's executable. Absolute.
    pub program: String,
    /// Its arguments, the first of them the name it is called by.
    pub args: Vec<String>,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// Unix sockets that listen, given to the engine by number.
    pub sockets: Vec<Descriptor>,
    /// Files opened for appending and emptied first, given to the engine by number.
    pub logs: Vec<Descriptor>,
    /// Files that the engine reads, given to it by number.
    pub inputs: Vec<Input>,
    /// Files that the engine opens by name in its working directory.
    pub links: Vec<Link>,
    /// Files of the host that it reads there.
    pub named: Vec<Named>,
    /// Directories and files of the host that the engine itself is made of, by their absolute paths.
    pub readable: Vec<String>,
    /// Devices of the host that it opens, by their absolute paths.
    pub devices: Vec<String>,
    /// Directories and files of the host that the guest may have; absent when it has none.
    pub share: Option<Share>,
    /// Whether the engine may make files. Where it may not, it must ask for none, not even by a flag for a file that is there.
    pub new_files: bool,
    pub jail: Jail,
    /// What of the host it may take; absent: as much as the owner may.
    pub cgroup: Option<Cgroup>,
    /// The file that gets the engine's standard error, emptied first.
    pub error_log: String,
    /// The process whose end is also the engine's end; absent when the engine outlives it.
    pub owner: Option<i32>,
    pub limits: Limits,
    /// The engine is killed before its owner when memory runs out (proc(5), oom_score_adj).
    pub oom_score_adj: i32,
    /// Added to the priority (nice(2)).
    pub nice: i32,
}

/// How the engine is confined. What the host does not offer is left out, unless it is required.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Jail {
    /// Namespaces of its own, and in them a root directory of its own.
    pub namespaces: Wish,
    pub landlock: Wish,
    /// No capabilities, and no way to new ones. Every host offers it.
    pub privileges: Wish,
    /// The system calls that it may make; absent: any.
    pub syscalls: Option<Syscalls>,
    pub seccomp: Wish,
}

/// What is asked of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Wish {
    Off,
    /// Where the host offers it.
    Offered,
    Required,
}

/// A file name in the plan's directory, and the number its descriptor has in the engine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    pub name: String,
    pub fd: i32,
}

/// A file by its absolute path, and the number its descriptor has in the engine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub path: String,
    pub fd: i32,
}

impl Plan {
    /// Reads a plan to the end of `input` and checks it.
    pub fn read(input: impl Read) -> Result<Plan, Failure> {
        let mut bytes = Vec::new();
        let read = input.take(MAX_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| Failure::io("plan", "the plan's pipe", &error))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(invalid(format!("longer than {MAX_BYTES} bytes")));
        }
        let plan: Plan =
            serde_json::from_slice(&bytes).map_err(|error| invalid(error.to_string()))?;
        plan.check()?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), Failure> {
        if self.version != VERSION {
            return Err(invalid(format!(
                "version {}, this shim knows {VERSION}",
                self.version
            )));
        }
        let inputs = self.inputs.iter().map(|input| ("input", &input.path));
        for (what, path) in [("directory", &self.directory), ("program", &self.program)]
            .into_iter()
            .chain(inputs)
        {
            if !Path::new(path).is_absolute() {
                return Err(invalid(format!("{what} is not an absolute path")));
            }
        }
        if self.args.is_empty() {
            return Err(invalid("args is empty"));
        }
        if self
            .env
            .keys()
            .any(|key| key.is_empty() || key.contains('='))
        {
            return Err(invalid("env has a name that is empty or contains '='"));
        }
        let paths = self.readable.iter().chain(&self.devices);
        if paths.clone().any(|path| !Path::new(path).is_absolute()) {
            return Err(invalid("what the engine is made of has no absolute path"));
        }
        let texts = self
            .args
            .iter()
            .chain(self.env.keys())
            .chain(self.env.values())
            .chain(self.inputs.iter().map(|input| &input.path))
            .chain(paths)
            .chain([&self.directory, &self.program]);
        if texts.into_iter().any(|text| text.contains('\0')) {
            return Err(invalid("a text contains a NUL byte"));
        }
        if self.owner.is_some_and(|pid| pid <= 0) {
            return Err(invalid("owner is not a process id"));
        }
        if !(-1000..=1000).contains(&self.oom_score_adj) {
            return Err(invalid("oomScoreAdj is not between -1000 and 1000"));
        }
        if !(0..=19).contains(&self.nice) {
            return Err(invalid("nice is not between 0 and 19"));
        }
        files::check(&self.links, &self.named).map_err(invalid)?;
        if let Some(share) = &self.share {
            share.check().map_err(invalid)?;
        }
        if let Some(cgroup) = &self.cgroup {
            cgroup.check().map_err(invalid)?;
        }
        self.check_descriptors()
    }

    fn check_descriptors(&self) -> Result<(), Failure> {
        let descriptors = || self.sockets.iter().chain(&self.logs);
        if descriptors().count() + self.inputs.len() > MAX_DESCRIPTORS {
            return Err(invalid(format!("more than {MAX_DESCRIPTORS} descriptors")));
        }
        let mut numbers = BTreeSet::new();
        let mut names = BTreeSet::new();
        for name in descriptors()
            .map(|descriptor| &descriptor.name)
            .chain([&self.error_log])
        {
            if name.is_empty()
                || name.len() > MAX_NAME
                || name == "."
                || name == ".."
                || name.contains(['/', '\0'])
            {
                return Err(invalid(format!("{name:?} is not a file name")));
            }
            if !names.insert(name.as_str()) {
                return Err(invalid(format!("{name:?} is named twice")));
            }
        }
        let inputs = self.inputs.iter().map(|input| input.fd);
        for fd in descriptors().map(|descriptor| descriptor.fd).chain(inputs) {
            if !(3..sys::FIRST_PRIVATE_FD).contains(&fd) || !numbers.insert(fd) {
                return Err(invalid(format!(
                    "descriptor {fd} is out of range or used twice"
                )));
            }
        }
        Ok(())
    }
}

/// A C string of a text that [`Plan::read`] has checked to be free of NUL bytes.
pub fn c_string(text: impl AsRef<OsStr>) -> CString {
    CString::new(text.as_ref().as_bytes()).expect("checked when the plan was read")
}

fn invalid(detail: impl Into<String>) -> Failure {
    Failure::new("plan", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn valid() -> Value {
        json!({
            "version": 1, "directory": "/box", "program": "/bin/engine", "args": ["engine", "-x"], "env": {"A": "b"},
            "sockets": [{"name": "agent.sock", "fd": 10}], "logs": [{"name": "console.log", "fd": 11}],
            "inputs": [{"path": "/state", "fd": 12}], "links": [{"name": "disk", "source": "/disks/a", "writable": true}],
            "named": [{"name": "kernel", "source": "/kernel"}], "readable": ["/engine"], "devices": ["/dev/null"], "share": null, "newFiles": false,
            "jail": {"namespaces": "offered", "landlock": "required", "privileges": "required", "syscalls": "tcg", "seccomp": "off"}, "cgroup": null, "errorLog": "engine.log",
            "owner": 7, "limits": {"core": 0, "openFiles": 64, "fileBytes": 4096}, "oomScoreAdj": 500, "nice": 0
        })
    }

    fn refused(change: impl FnOnce(&mut Value)) -> String {
        let mut plan = valid();
        change(&mut plan);
        let failure =
            Plan::read(plan.to_string().as_bytes()).expect_err("the plan should be refused");
        assert_eq!(failure.step, "plan");
        failure.detail
    }

    #[test]
    fn reads_a_valid_plan() {
        let plan = Plan::read(valid().to_string().as_bytes()).unwrap();
        assert_eq!(plan.args, ["engine", "-x"]);
        assert_eq!(plan.owner, Some(7));
        assert_eq!(plan.limits.open_files, Some(64));
    }

    #[test]
    fn takes_an_absent_owner_as_detached() {
        let mut plan = valid();
        plan["owner"] = Value::Null;
        assert_eq!(Plan::read(plan.to_string().as_bytes()).unwrap().owner, None);
    }

    #[test]
    fn refuses_what_is_not_a_plan() {
        for text in ["", "{", "[]", "null", "{\"version\":1}", "\u{feff}{}"] {
            assert_eq!(
                Plan::read(text.as_bytes()).unwrap_err().step,
                "plan",
                "{text:?}"
            );
        }
        assert!(refused(|plan| plan["surprise"] = json!(1)).contains("surprise"));
        assert!(refused(|plan| plan["version"] = json!(2)).contains("version 2"));
    }

    #[test]
    fn refuses_an_endless_plan() {
        let failure = Plan::read(std::io::repeat(b' ')).unwrap_err();
        assert!(failure.detail.contains("longer"), "{}", failure.detail);
    }

    #[test]
    fn refuses_names_that_leave_the_directory() {
        for name in ["../x", "/x", "a/b", "..", ".", "", "a\0b"] {
            refused(|plan| plan["sockets"][0]["name"] = json!(name));
            refused(|plan| plan["errorLog"] = json!(name));
        }
        assert!(refused(|plan| plan["errorLog"] = json!("console.log")).contains("twice"));
    }

    #[test]
    fn refuses_files_that_lie_elsewhere() {
        for name in ["../x", "/x", "a/b", "..", ".", "", "a\0b"] {
            refused(|plan| plan["links"][0]["name"] = json!(name));
            refused(|plan| plan["named"][0]["name"] = json!(name));
        }
        refused(|plan| plan["named"][0]["name"] = json!("own"));
        refused(|plan| plan["links"][0]["source"] = json!("disks/a"));
        refused(|plan| plan["readable"][0] = json!("engine"));
        refused(|plan| plan["jail"]["seccomp"] = json!("perhaps"));
        refused(|plan| plan["jail"]["syscalls"] = json!("all"));
    }

    #[test]
    fn refuses_descriptor_numbers_that_clash() {
        for fd in [-1, 0, 2, 11, 64, 1 << 20] {
            refused(|plan| plan["sockets"][0]["fd"] = json!(fd));
            refused(|plan| plan["inputs"][0]["fd"] = json!(fd));
        }
    }

    #[test]
    fn refuses_relative_paths_and_odd_texts() {
        assert!(refused(|plan| plan["program"] = json!("engine")).contains("program"));
        assert!(refused(|plan| plan["directory"] = json!("box")).contains("directory"));
        assert!(refused(|plan| plan["inputs"][0]["path"] = json!("state")).contains("input"));
        assert!(refused(|plan| plan["inputs"][0]["path"] = json!("/a\0b")).contains("NUL"));
        assert!(refused(|plan| plan["nice"] = json!(-1)).contains("nice"));
        assert!(refused(|plan| plan["args"] = json!(["a\0b"])).contains("NUL"));
        assert!(refused(|plan| plan["args"] = json!([])).contains("args"));
        assert!(refused(|plan| plan["env"] = json!({"A=B": "c"})).contains("env"));
        assert!(refused(|plan| plan["owner"] = json!(0)).contains("owner"));
        assert!(refused(|plan| plan["oomScoreAdj"] = json!(1001)).contains("oomScoreAdj"));
    }
}
