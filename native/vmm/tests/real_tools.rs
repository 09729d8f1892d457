//! Against GNU tar, fsck.erofs and the kernel of this host, as far as they are here.

mod support;

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::Path,
    process::Command,
};

use boxlite_vmm::rootfs::Compression;
use support::{LIMITS, Scratch, build_files, has_program, image::Image};

fn run(command: &str, arguments: &[&str], directory: &Path) -> String {
    let output = Command::new(command)
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// A file with data in three places and holes between.
fn sparse_file(path: &Path) -> Vec<u8> {
    let file = File::create(path).unwrap();
    file.set_len(3_000_017).unwrap();
    for (offset, byte) in [(0, 1), (1_000_000, 2), (2_999_000, 3)] {
        file.write_all_at(&[byte; 1017], offset).unwrap();
    }
    fs::read(path).unwrap()
}

#[test]
fn every_sparse_format_of_gnu_tar_is_read() {
    if !has_program("tar") {
        return;
    }
    let scratch = Scratch::new();
    let long = format!("long/{}/{}", "n".repeat(120), "m".repeat(200));
    fs::create_dir_all(scratch.path(&long)).unwrap();
    let expected = sparse_file(&scratch.path("sparse"));
    let formats = [
        &["--format=gnu"][..],
        &["--format=posix", "--sparse-version=0.0"],
        &["--format=posix", "--sparse-version=0.1"],
        &["--format=posix", "--sparse-version=1.0"],
    ];
    for format in formats {
        run(
            "tar",
            &[format, &["-S", "-cf", "layer.tar", "sparse", "long"]].concat(),
            &scratch.path(""),
        );
        assert!(
            fs::metadata(scratch.path("layer.tar")).unwrap().len() < 100_000,
            "tar found the holes"
        );
        let built = build_files(
            &[(scratch.path("layer.tar"), Compression::None)],
            &scratch.path("image"),
            LIMITS,
        )
        .unwrap();
        assert!(
            built.size_bytes < 100_000,
            "{format:?}: {} bytes",
            built.size_bytes
        );
        let image = Image::read(&fs::read(scratch.path("image")).unwrap());
        assert!(
            image.get("sparse").content == support::image::Content::File(expected.clone()),
            "{format:?}"
        );
        image.get(&long);
    }
}

#[test]
fn a_real_tree_is_the_same_when_mounted() {
    // SAFETY: takes and touches nothing.
    if unsafe { libc::geteuid() } != 0 || !Path::new("/dev/loop-control").exists() {
        eprintln!("skipped: mounting an image needs root and loop devices");
        return;
    }
    if !fs::read_to_string("/proc/filesystems")
        .unwrap()
        .contains("erofs")
        || !has_program("tar")
        || !has_program("mount")
    {
        eprintln!("skipped: mounting an image needs EROFS in this kernel");
        return;
    }
    let scratch = Scratch::new();
    let (tree, mounted) = (scratch.path("tree"), scratch.path("mounted"));
    for directory in [&tree, &mounted] {
        fs::create_dir(directory).unwrap();
    }
    run("cp", &["-a", "/etc", "etc"], &tree);
    sparse_file(&tree.join("sparse"));
    File::create(tree.join("large"))
        .unwrap()
        .write_all_at(b"end", 5 << 30)
        .unwrap();
    run("mknod", &["device", "c", "200", "70000"], &tree);
    run("mkfifo", &["pipe"], &tree);
    run("ln", &["etc/passwd", "hard"], &tree);
    run("ln", &["-s", &"t".repeat(4090), "far"], &tree);
    run("chown", &["100000:3000000000", "pipe"], &tree);
    run(
        "tar",
        &[
            "--format=posix",
            "-S",
            "-C",
            "tree",
            "-cf",
            "layer.tar",
            ".",
        ],
        &scratch.path(""),
    );
    build_files(
        &[(scratch.path("layer.tar"), Compression::None)],
        &scratch.path("image"),
        LIMITS,
    )
    .unwrap();
    if has_program("fsck.erofs") {
        run("fsck.erofs", &["image"], &scratch.path(""));
    }
    run(
        "mount",
        &["-t", "erofs", "-o", "loop,ro", "image", "mounted"],
        &scratch.path(""),
    );
    let outcome = std::panic::catch_unwind(|| {
        assert_eq!(listing(&mounted), listing(&tree));
        run(
            "diff",
            &[
                "-r",
                "--no-dereference",
                "--exclude=device",
                "--exclude=pipe",
                "--exclude=large",
                "tree",
                "mounted",
            ],
            &scratch.path(""),
        );
        let ends = ["tree/large", "mounted/large"]
            .map(|file| run("tail", &["-c", "1000003", file], &scratch.path("")));
        assert!(ends[0] == ends[1], "the end of a file beyond 4 GiB");
    });
    run("umount", &["mounted"], &scratch.path(""));
    outcome.unwrap();
}

/// Type, mode, owner, links, time, and size or target of everything.
fn listing(directory: &Path) -> Vec<String> {
    let format = "%P %y %m %U %G %n %T@ %l";
    let text = run(
        "find",
        &[
            ".",
            "(",
            "-type",
            "d",
            "-printf",
            &format!("{format}\n"),
            ")",
            "-o",
            "-printf",
            &format!("{format} %s\n"),
        ],
        directory,
    );
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}
