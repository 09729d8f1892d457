use std::fs;

use serde_json::json;

use super::*;

/// A directory that stands for a hierarchy, removed at the end. Of the kernel's files it has those that a test gives it.
struct Hierarchy(PathBuf);

impl Hierarchy {
    fn new(name: &str) -> Self {
        let name = format!("boxlite-cgroup-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Hierarchy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn wish(unified: Option<&Path>, hierarchies: serde_json::Value) -> Cgroup {
    serde_json::from_value(json!({
        "name": "box", "unified": unified, "hierarchies": hierarchies,
        "limits": {"memoryBytes": 4096, "tasks": 7, "cpus": 2},
    }))
    .unwrap()
}

#[test]
fn refuses_names_that_lie_elsewhere() {
    for name in ["", ".", "..", ".x", "a/b", "a\0b", &"x".repeat(101)] {
        let mut group = wish(None, json!({}));
        group.name = name.to_owned();
        assert!(group.check().is_err(), "{name:?}");
    }
    assert!(wish(None, json!({"pids": "relative"})).check().is_err());
    assert!(wish(None, json!({"pids": "/p"})).check().is_ok());
}

#[test]
fn limits_by_the_files_of_each_version() {
    let group = wish(None, json!({}));
    let text = |settings: Vec<limits::Setting>| -> Vec<String> {
        settings
            .into_iter()
            .map(|setting| format!("{}={}", setting.file, setting.value))
            .collect()
    };
    let both = |controller| {
        let limits = &group.limits;
        [
            text(limits.separate(controller)),
            text(limits.unified(controller)),
        ]
        .concat()
    };
    assert_eq!(
        both(Controller::Memory),
        [
            "memory.limit_in_bytes=4096",
            "memory.memsw.limit_in_bytes=8192",
            "memory.max=4096",
            "memory.swap.max=4096"
        ]
    );
    assert_eq!(both(Controller::Pids), ["pids.max=7", "pids.max=7"]);
    assert_eq!(
        both(Controller::Cpu),
        [
            "cpu.cfs_period_us=100000",
            "cpu.cfs_quota_us=200000",
            "cpu.max=200000 100000"
        ]
    );
}

#[test]
fn starts_without_what_cannot_be_made() {
    let hierarchy = Hierarchy::new("refused");
    // No hierarchy: the kernel's files are not there.
    let wish = wish(None, json!({"pids": hierarchy.0, "memory": "/nowhere"}));
    let mut groups = Groups::make(Some(&wish));
    assert!(groups.birthplace().is_none());
    let report = groups.take(1);
    assert!(report.controllers.is_empty());
    let steps: Vec<_> = report.refused.iter().map(|failure| &failure.step).collect();
    assert_eq!(steps, ["cgroup", "cgroup"]);
    assert!(hierarchy.0.join("box").exists());
    groups.remove();
    assert!(!hierarchy.0.join("box").exists());
}

#[test]
fn touches_no_group_that_is_not_delegated() {
    let hierarchy = Hierarchy::new("foreign");
    let own = hierarchy.0.join("user.slice").join("session.scope");
    fs::create_dir_all(&own).unwrap();
    fs::write(own.join("cgroup.controllers"), "cpu memory pids\n").unwrap();
    let groups = Groups::make(Some(&wish(Some(&own), json!({}))));
    assert_eq!(groups.report.refused.len(), 1);
    assert!(groups.report.refused[0].detail.contains("not delegated"));
    assert!(!own.join("box").exists());
}

#[test]
fn asks_nothing_of_a_hierarchy_without_the_controllers() {
    let hierarchy = Hierarchy::new("hybrid");
    fs::write(hierarchy.0.join("cgroup.controllers"), "hugetlb\n").unwrap();
    let mut groups = Groups::make(Some(&wish(Some(&hierarchy.0), json!({}))));
    let report = groups.take(1);
    assert!(report.refused.is_empty() && report.paths.is_empty());
}
