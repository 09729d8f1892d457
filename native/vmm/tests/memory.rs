//! Memory that a real process has changed, through a capture, a file and another process.

mod support;

use std::{
    env, fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use boxlite_vmm::{
    cancellation::Cancellation,
    failure::{Code, Failure},
    memory::MemoryChanges,
    output_file::Durability,
};
use support::{
    Scratch, has_program,
    private_ram::{PAGE, PrivateRam, ram_file},
};

fn refused<T>(result: Result<T, Failure>) -> (Code, &'static str) {
    let failure = result.err().expect("a failure");
    (failure.code, failure.reason)
}

#[test]
fn changes_go_through_a_capture_and_a_file_into_another_process() {
    let scratch = Scratch::new();
    let ram = scratch.path("ram");
    ram_file(&ram, 2000);
    let changes: Vec<_> = (0..2000)
        .filter(|page| page % 3 == 0 || (500..900).contains(page))
        .map(|page| (page, if page % 7 == 0 { 0 } else { page as u8 }))
        .collect();
    let parent = PrivateRam::start(&ram, &changes, &[1, 2, 4, 1999]);
    // By what it is, not by its name.
    fs::rename(&ram, scratch.path("renamed")).unwrap();
    let ram = scratch.path("renamed");

    let captured = MemoryChanges::capture(parent.pid, &ram).unwrap();
    assert_eq!(captured.pages() as usize, changes.len());
    let file = scratch.path("changes");
    captured.write(&file).unwrap();
    let stored = changes.iter().filter(|(_, byte)| *byte != 0).count();
    assert!(fs::metadata(&file).unwrap().len() as usize <= (stored + 4) * PAGE);
    let read = MemoryChanges::read(&file, captured.ram_bytes()).unwrap();
    assert_eq!(read.pages(), captured.pages());

    for source in [captured, read] {
        let clone = PrivateRam::start(&ram, &[], &[7]);
        source.apply(clone.pid, &ram).unwrap();
        assert!(clone.memory() == parent.memory());
        // And again: a clone of the clone.
        let again = MemoryChanges::capture(clone.pid, &ram).unwrap();
        assert_eq!(again.pages(), source.pages());
    }
}

#[test]
fn a_ram_file_is_made_of_base_and_changes() {
    let scratch = Scratch::new();
    let ram = scratch.path("ram");
    ram_file(&ram, 600);
    let file = fs::OpenOptions::new().write(true).open(&ram).unwrap();
    file.set_len(64 << 20).unwrap();
    let changes = [
        (0, 1),
        (3, 0),
        (4, 0),
        (5, 9),
        (599, 3),
        (1000, 4),
        (10_000, 0),
    ];
    let parent = PrivateRam::start(&ram, &changes, &[]);
    let captured = MemoryChanges::capture(parent.pid, &ram).unwrap();
    captured.write(&scratch.path("changes")).unwrap();
    let read = MemoryChanges::read(&scratch.path("changes"), 64 << 20).unwrap();
    let outputs = [("first", captured), ("second", read)].map(|(name, source)| {
        let output = scratch.path(name);
        let cancellation = Cancellation::default();
        let size_bytes = source
            .materialise(&ram, &output, Durability::Unsynced, &cancellation)
            .unwrap();
        assert!(size_bytes <= 600 * PAGE as u64);
        assert_eq!(size_bytes, fs::metadata(&output).unwrap().blocks() * 512);
        cancellation.cancel();
        let cancelled = source.materialise(&ram, &output, Durability::Unsynced, &cancellation);
        assert_eq!(refused(cancelled), (Code::Stopped, "aborted"));
        output
    });
    // Reading a mapped hole fills it on tmpfs, so only now.
    let memory = parent.memory();
    for output in outputs {
        assert!(fs::read(output).unwrap() == memory);
    }
    assert_eq!(scratch.names(), ["changes", "first", "ram", "second"]);
}

#[test]
fn only_the_ram_itself_is_taken() {
    let scratch = Scratch::new();
    let ram = scratch.path("ram");
    ram_file(&ram, 10);
    let parent = PrivateRam::start(&ram, &[(1, 1)], &[]);
    let captured = MemoryChanges::capture(parent.pid, &ram).unwrap();
    let not_mapped = (Code::Engine, "ram-not-mapped");

    // The same content, but another file.
    fs::copy(&ram, scratch.path("copy")).unwrap();
    let other = MemoryChanges::capture(parent.pid, &scratch.path("copy"));
    assert_eq!(refused(other), not_mapped);
    let nobody = Command::new("sleep").arg("60").spawn();
    let mut sleeper = nobody.unwrap();
    assert_eq!(
        refused(MemoryChanges::capture(sleeper.id(), &ram)),
        not_mapped
    );
    assert_eq!(refused(captured.apply(sleeper.id(), &ram)), not_mapped);
    sleeper.kill().unwrap();
    // Not reaped yet, and then reaped.
    let gone = (Code::Engine, "vmm-gone");
    while MemoryChanges::capture(sleeper.id(), &ram)
        .unwrap_err()
        .reason
        != "vmm-gone"
    {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(refused(captured.apply(sleeper.id(), &ram)), gone);
    sleeper.wait().unwrap();
    assert_eq!(refused(MemoryChanges::capture(sleeper.id(), &ram)), gone);

    // Another size than when it was mapped.
    let file = fs::OpenOptions::new().write(true).open(&ram).unwrap();
    file.set_len(11 * PAGE as u64).unwrap();
    assert_eq!(
        refused(MemoryChanges::capture(parent.pid, &ram)),
        not_mapped
    );
    let larger = PrivateRam::start(&ram, &[], &[]);
    assert_eq!(
        refused(captured.apply(larger.pid, &ram)),
        (Code::Engine, "ram-size")
    );
    file.set_len(10 * PAGE as u64 + 1).unwrap();
    let odd = MemoryChanges::capture(parent.pid, &ram);
    assert_eq!(refused(odd), (Code::InvalidArgument, "invalid-argument"));
    let absent = MemoryChanges::capture(parent.pid, &scratch.path("absent"));
    assert_eq!(refused(absent), (Code::Storage, "ENOENT"));
}

#[test]
fn a_vmm_may_end_at_any_moment() {
    let scratch = Scratch::new();
    let ram = scratch.path("ram");
    fs::File::create(&ram).unwrap().set_len(64 << 20).unwrap();
    let changes: Vec<_> = (0..8000).map(|page| (page * 2, 1)).collect();
    let source = PrivateRam::start(&ram, &changes, &[]);
    let captured = MemoryChanges::capture(source.pid, &ram).unwrap();
    for step in 0..24 {
        let victim = PrivateRam::start(&ram, &changes, &[]);
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_micros(step * 400));
                victim.kill();
            });
            let result = if step % 2 == 0 {
                MemoryChanges::capture(victim.pid, &ram).map(drop)
            } else {
                captured.apply(victim.pid, &ram)
            };
            if let Err(failure) = result {
                assert_eq!(failure.reason, "vmm-gone", "{failure}");
            }
        });
    }
}

#[test]
fn a_process_that_may_not_be_read_is_told_as_such() {
    // SAFETY: plain calls.
    if unsafe { libc::geteuid() } == 0 {
        eprintln!("skipped: root may read everything");
        return;
    }
    let scratch = Scratch::new();
    let ram = scratch.path("ram");
    ram_file(&ram, 4);
    let refusal = MemoryChanges::capture(1, &ram).unwrap_err();
    assert_eq!((refusal.code, refusal.reason), (Code::Engine, "EPERM"));
    assert!(refusal.message.contains("process 1"), "{refusal}");
}

/// Not a test: what a process that is no ancestor of the VMM does for the test below.
#[test]
#[ignore = "is started by another test"]
fn capture_as_told() {
    let (Ok(pid), Ok(ram)) = (env::var("CAPTURE_PID"), env::var("CAPTURE_RAM")) else {
        return;
    };
    match MemoryChanges::capture(pid.parse().unwrap(), ram.as_ref()) {
        Ok(changes) => println!("\ncaptured {}", changes.pages()),
        Err(failure) => println!("\n{} {failure}", failure.reason),
    }
}

/// With Yama's usual setting, only who started the VMM may read it, and whoever may not is told so.
#[test]
fn a_process_beside_the_vmm() {
    let scratch = Scratch::new();
    let ram = scratch.path("ram");
    ram_file(&ram, 4);
    let vmm = PrivateRam::start(&ram, &[(1, 1)], &[]);
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "capture_as_told", "--ignored", "--nocapture"])
        .env("CAPTURE_PID", vmm.pid.to_string())
        .env("CAPTURE_RAM", &ram)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let yama = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope");
    // SAFETY: a plain call.
    let is_root = unsafe { libc::geteuid() } == 0;
    let allowed = is_root || yama.as_deref().unwrap_or("0").trim() == "0";
    eprintln!("Yama: {yama:?}, root: {is_root}");
    let expected = if allowed {
        "\ncaptured 1\n"
    } else {
        "\nEPERM the kernel does not let this program read the memory of the VMM"
    };
    assert!(said.contains(expected), "{said}");
    assert!(allowed || said.contains("ptrace_scope = "), "{said}");
    assert_eq!(MemoryChanges::capture(vmm.pid, &ram).unwrap().pages(), 1);
}

/// All of the above again, without any privilege.
#[test]
fn as_nobody() {
    // SAFETY: plain calls.
    if unsafe { libc::geteuid() } != 0 || !has_program("setpriv") {
        eprintln!("skipped: needs root, to become nobody");
        return;
    }
    let scratch = Scratch::new();
    let everyone = |name: &str, mode: u32| {
        fs::set_permissions(scratch.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    // Not by this process: what other tests fork would hold the copy open for writing, and it could not be executed.
    let copy = Command::new("cp")
        .arg(env::current_exe().unwrap())
        .arg(scratch.path("tests"))
        .status();
    assert!(copy.unwrap().success());
    everyone("tests", 0o755);
    everyone("", 0o777);
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .args(["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"])
        .arg(scratch.path("tests"))
        .args(["--skip", "as_nobody"])
        .env("TMPDIR", scratch.path(""))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Not a test: how long it takes. `cargo test --release --test memory -- --ignored --nocapture`
#[test]
#[ignore = "measures, and checks nothing"]
fn speed() {
    let scratch = Scratch::new();
    let ram = scratch.path("ram");
    let file = fs::File::create(&ram).unwrap();
    file.set_len(512 << 20).unwrap();
    for mib in [0, 1, 9, 32, 128] {
        // A third in single pages, the rest in runs.
        let pages = mib * 256;
        let changes: Vec<_> = (0..pages)
            .map(|page| {
                let at = if page % 3 == 0 {
                    80_000 + page / 3 * 2
                } else {
                    100 + page
                };
                (at, page as u8 | 1)
            })
            .collect();
        let parent =
            PrivateRam::start(&ram, &changes, &(0..130_000).step_by(3).collect::<Vec<_>>());
        let target: Vec<_> = (0..9).map(|_| PrivateRam::start(&ram, &[], &[])).collect();
        let mut times: [Vec<f64>; 5] = Default::default();
        for (index, target) in target.iter().enumerate() {
            let mut time = |column: usize, begin: Instant| {
                times[column].push(begin.elapsed().as_secs_f64() * 1e3);
            };
            let begin = Instant::now();
            let captured = MemoryChanges::capture(parent.pid, &ram).unwrap();
            time(0, begin);
            let begin = Instant::now();
            if index % 2 == 0 {
                captured.apply(target.pid, &ram).unwrap();
                time(1, begin);
                continue;
            }
            let path = scratch.path("changes");
            captured.write(&path).unwrap();
            time(2, begin);
            let begin = Instant::now();
            let read = MemoryChanges::read(&path, 512 << 20).unwrap();
            time(3, begin);
            let begin = Instant::now();
            read.apply(target.pid, &ram).unwrap();
            time(4, begin);
        }
        let shown = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            format!("{:.2} ({:.2})", times[times.len() / 2], times[0])
        });
        println!(
            "{mib:4} MiB changed of 512, ms, median (least): capture, apply, write, read, apply from file: {shown:?}"
        );
    }
}
