//! How layers are applied over each other (OCI image-spec, layer.md).

mod support;

use support::{
    archive::{Archive, Header},
    build,
    image::Content,
};

#[test]
fn a_whiteout_hides_lower_layers_only_wherever_it_stands() {
    let base = Archive::new()
        .file("a/old", b"1")
        .file("a/kept", b"2")
        .file("b", b"3")
        .end();
    let before = Archive::new()
        .file(".wh.b", b"")
        .file("b", b"new")
        .file("a/.wh.old", b"")
        .end();
    let after = Archive::new()
        .file("b", b"new")
        .file("a/.wh.old", b"")
        .file(".wh.b", b"")
        .end();
    for top in [before, after] {
        let image = build(&[base.clone(), top]).unwrap();
        assert_eq!(image.paths(), ["a", "a/kept", "b"]);
        assert_eq!(image.text("b"), "new");
    }
}

#[test]
fn an_opaque_directory_keeps_only_its_own_layer() {
    let base = Archive::new()
        .directory("d", 0o700)
        .file("d/old", b"1")
        .file("d/sub/old", b"2")
        .end();
    let top = Archive::new()
        .directory("d", 0o711)
        .file("d/new", b"n")
        .file("d/sub/new", b"n")
        .file("d/.wh..wh..opq", b"")
        .end();
    let image = build(&[base, top]).unwrap();
    assert_eq!(image.paths(), ["d", "d/new", "d/sub", "d/sub/new"]);
    assert_eq!(image.get("d").mode, 0o711);
}

#[test]
fn a_hidden_directory_with_new_files_starts_anew() {
    let base = Archive::new()
        .directory("d", 0o700)
        .file("d/old", b"")
        .end();
    let top = Archive::new().file("d/new", b"").file(".wh.d", b"").end();
    let image = build(&[base, top]).unwrap();
    assert_eq!(image.paths(), ["d", "d/new"]);
    assert_eq!(image.get("d").mode, 0o755);
}

#[test]
fn a_later_layer_may_hide_what_an_earlier_one_brought_back() {
    let layer = |archive: Archive| archive.end();
    let image = build(&[
        layer(Archive::new().file("x", b"1")),
        layer(Archive::new().file(".wh.x", b"")),
        layer(Archive::new().file("x", b"3")),
        layer(
            Archive::new()
                .file(".wh.absent", b"")
                .file("no/such/.wh.dir", b""),
        ),
    ])
    .unwrap();
    assert_eq!(image.paths(), ["x"]);
    assert_eq!(image.text("x"), "3");
}

#[test]
fn kinds_replace_each_other() {
    let base = Archive::new()
        .file("file-to-dir", b"")
        .directory("dir-to-file", 0o755)
        .file("dir-to-file/below", b"")
        .symlink("link-to-dir", "elsewhere")
        .end();
    let top = Archive::new()
        .directory("file-to-dir", 0o755)
        .file("dir-to-file", b"now")
        .directory("link-to-dir", 0o755)
        .end();
    let image = build(&[base, top]).unwrap();
    assert_eq!(image.paths(), ["dir-to-file", "file-to-dir", "link-to-dir"]);
    assert_eq!(image.text("dir-to-file"), "now");
    assert_eq!(image.get("link-to-dir").content, Content::Directory);
}

#[test]
fn a_directory_over_a_directory_keeps_its_files_and_changes_its_attributes() {
    let base = Archive::new().directory("d", 0o755).file("d/f", b"x").end();
    let top = Archive::new()
        .entry(
            &Header {
                mode: 0o1777,
                uid: 7,
                gid: 8,
                mtime: 9,
                ..Header::new("d/", b'5')
            },
            b"",
        )
        .end();
    let image = build(&[base, top]).unwrap();
    let node = image.get("d");
    assert_eq!(
        (node.mode, node.uid, node.gid, node.mtime),
        (0o1777, 7, 8, (9, 0))
    );
    assert_eq!(image.text("d/f"), "x");
}

#[test]
fn symbolic_links_lead_inside_the_image() {
    let base = Archive::new()
        .directory("usr/lib", 0o755)
        .symlink("lib", "usr/lib")
        .symlink("absolute", "/usr/lib")
        .symlink("escape", "../../../../usr")
        .symlink("dangling", "/var/none")
        .end();
    let top = Archive::new()
        .file("lib/a", b"1")
        .file("absolute/b", b"2")
        .file("escape/c", b"3")
        .file("dangling/d", b"4")
        .file("lib/.wh.gone", b"")
        .end();
    let image = build(&[base, top]).unwrap();
    assert_eq!(
        image.paths(),
        [
            "absolute",
            "dangling",
            "escape",
            "lib",
            "usr",
            "usr/c",
            "usr/lib",
            "usr/lib/a",
            "usr/lib/b",
            "var",
            "var/none",
            "var/none/d"
        ]
    );
}

#[test]
fn hard_links_share_one_file_across_layers() {
    let base = Archive::new().file("a", b"data").symlink("s", "a").end();
    let top = Archive::new()
        .hard_link("b", "/a")
        .hard_link("dir/c", "./b")
        .hard_link("t", "s")
        .hard_link("a", "a")
        .end();
    let image = build(&[base, top]).unwrap();
    assert_eq!(image.get("a").nid, image.get("dir/c").nid);
    assert_eq!(image.get("b").links, 3);
    assert_eq!(image.get("t").content, Content::Symlink(b"a".to_vec()));

    let replaced = build(&[
        Archive::new().file("a", b"old").hard_link("b", "a").end(),
        Archive::new().file("a", b"new").end(),
    ])
    .unwrap();
    assert_eq!(
        (replaced.text("a").as_str(), replaced.text("b").as_str()),
        ("new", "old")
    );
    assert_eq!(replaced.get("b").links, 1);
}

#[test]
fn a_hard_link_needs_a_file() {
    for target in ["missing", "dir", "", "/", "f/x"] {
        let archive = Archive::new()
            .directory("dir", 0o755)
            .file("f", b"")
            .hard_link("l", target)
            .end();
        assert_eq!(
            build(&[archive]).unwrap_err().reason,
            "invalid-link",
            "{target:?}"
        );
    }
}

#[test]
fn devices_pipes_owners_and_times_are_kept() {
    let archive = Archive::new()
        .entry(
            &Header {
                device: (1, 3),
                mode: 0o666,
                ..Header::new("null", b'3')
            },
            b"",
        )
        .entry(
            &Header {
                device: (259, 70_000),
                mode: 0o660,
                ..Header::new("disk", b'4')
            },
            b"",
        )
        .entry(&Header::new("pipe", b'6'), b"")
        .entry(
            &Header {
                mode: 0o4755,
                uid: 2_000_000,
                gid: 5,
                mtime: 1_700_000_000,
                ..Header::new("suid", b'0')
            },
            b"",
        )
        .pax(&[
            ("uid", b"4294967295"),
            ("gid", b"3000000000"),
            ("mtime", b"-0.5"),
            ("path", "päth/\u{1F600}".as_bytes()),
        ])
        .file("x", b"data")
        .end();
    let image = build(&[archive]).unwrap();
    assert_eq!(image.get("null").content, Content::Character(0x103));
    assert_eq!(
        image.get("disk").content,
        Content::Block(259 << 8 | 70_000 & 0xff | (70_000 & !0xff) << 12)
    );
    assert_eq!(image.get("pipe").content, Content::Fifo);
    let suid = image.get("suid");
    assert_eq!(
        (suid.mode, suid.uid, suid.gid, suid.mtime),
        (0o4755, 2_000_000, 5, (1_700_000_000, 0))
    );
    let wide = image.get("päth/\u{1F600}");
    assert_eq!(
        (wide.uid, wide.gid, wide.mtime),
        (u32::MAX, 3_000_000_000, (-1, 500_000_000))
    );
    assert_eq!(image.get("päth").mode, 0o755);
}

#[test]
fn attributes_are_kept_but_not_those_that_steer_overlayfs() {
    let archive = Archive::new()
        .pax(&[
            ("SCHILY.xattr.user.note", b"hi\n=x"),
            (
                "SCHILY.xattr.security.capability",
                &[1, 0, 0, 2, 0, 32, 0, 0],
            ),
            ("SCHILY.xattr.trusted.overlay.redirect", b"/etc"),
            ("SCHILY.xattr.trusted.other", b""),
            ("SCHILY.xattr.system.posix_acl_access", &[2, 0, 0, 0]),
            ("SCHILY.xattr.com.apple.quarantine", b"x"),
        ])
        .file("f", &[7; 2000])
        .end();
    let image = build(&[archive]).unwrap();
    let names: Vec<_> = image.get("f").xattrs.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "security.capability",
            "system.posix_acl_access",
            "trusted.other",
            "user.note"
        ]
    );
    assert_eq!(image.get("f").xattrs["user.note"], b"hi\n=x");
    assert_eq!(image.get("f").content, Content::File(vec![7; 2000]));
}

#[test]
fn large_attributes_push_the_tail_into_a_block() {
    let value = vec![9; 60_000];
    let archive = Archive::new()
        .pax(&[("SCHILY.xattr.user.big", &value)])
        .file("f", b"tail")
        .pax(&[("SCHILY.xattr.user.big", &value)])
        .symlink("s", "f")
        .end();
    let image = build(&[archive]).unwrap();
    assert_eq!(image.text("f"), "tail");
    assert_eq!(image.get("f").xattrs["user.big"], value);
    assert_eq!(image.get("s").content, Content::Symlink(b"f".to_vec()));
}

#[test]
fn sizes_around_a_block_and_large_directories_are_right() {
    let mut archive = Archive::new();
    let sizes = [
        0, 1, 2047, 2048, 2049, 4095, 4096, 4097, 6144, 6145, 8192, 1_000_000,
    ];
    for size in sizes {
        archive = archive.file(&format!("size-{size}"), &vec![size as u8 | 1; size]);
    }
    for index in 0..3000 {
        archive = archive.file(&format!("many/!{index:0>90}"), b"x");
    }
    let image = build(&[archive.end()]).unwrap();
    for size in sizes {
        assert_eq!(
            image.get(&format!("size-{size}")).content,
            Content::File(vec![size as u8 | 1; size])
        );
    }
    assert_eq!(
        image
            .paths()
            .iter()
            .filter(|path| path.starts_with("many/"))
            .count(),
        3000
    );
}

#[test]
fn the_same_layers_give_the_same_bytes_and_removed_files_leave_none() {
    let scratch = support::Scratch::new();
    let secret = b"a secret that a later layer removes".repeat(1000);
    let base = scratch.write(
        "base",
        &Archive::new()
            .file("secret", &secret)
            .file("other", b"x")
            .end(),
    );
    let top = scratch.write("top", &Archive::new().file(".wh.secret", b"").end());
    let layers = [base, top].map(|path| (path, boxlite_vmm::rootfs::Compression::None));
    for name in ["one", "two"] {
        support::build_files(&layers, &scratch.path(name), support::LIMITS).unwrap();
    }
    let bytes = std::fs::read(scratch.path("one")).unwrap();
    assert!(bytes == std::fs::read(scratch.path("two")).unwrap());
    assert!(!bytes.windows(32).any(|window| window == &secret[..32]));
}
