//! Layers that lie, are cut or changed at random: refused with a reason, soon, and without a panic.

mod support;

use std::time::{Duration, Instant};

use boxlite_vmm::{
    failure::Code,
    rootfs::{Compression, Limits},
};
use proptest::prelude::*;
use support::{
    LIMITS, Scratch,
    archive::{Archive, Header, seal},
    build, build_files, build_with,
};

fn reason(archive: Vec<u8>) -> &'static str {
    let failure = build(&[archive]).unwrap_err();
    assert_eq!(failure.code, Code::Image, "{failure}");
    failure.reason
}

/// An archive with every kind of entry.
fn rich() -> Vec<u8> {
    let old_sparse = {
        let mut header = Header {
            size: 512,
            ..Header::new("old-sparse", b'S')
        }
        .encode();
        header[257..265].copy_from_slice(b"ustar  \0");
        header[386..397].copy_from_slice(b"00000010000");
        header[398..409].copy_from_slice(b"00000001000");
        header[483..494].copy_from_slice(b"00000100000");
        seal(&mut header);
        header
    };
    Archive::new()
        .directory("dir", 0o755)
        .file("dir/file", &[1; 6000])
        .symlink("link", "dir")
        .hard_link("link/hard", "dir/file")
        .entry(
            &Header {
                device: (1, 3),
                ..Header::new("null", b'3')
            },
            b"",
        )
        .entry(&Header::new("pipe", b'6'), b"")
        .pax(&[
            ("path", b"long/name"),
            ("mtime", b"1.5"),
            ("SCHILY.xattr.user.a", b"b"),
        ])
        .file("x", b"data")
        .entry(
            &Header {
                size: 5,
                ..Header::new("././@LongLink", b'L')
            },
            b"gnu/n",
        )
        .file("y", b"data")
        .raw(&old_sparse)
        .raw(&[3; 512])
        .pax(&[
            ("GNU.sparse.major", b"1"),
            ("GNU.sparse.minor", b"0"),
            ("GNU.sparse.name", b"new-sparse"),
            ("GNU.sparse.realsize", b"100000"),
        ])
        .entry(
            &Header {
                size: 1024,
                ..Header::new("z", b'0')
            },
            &[&b"1\n50000\n512\n"[..], &[0; 500], &[4; 512]].concat(),
        )
        .file("dir/.wh.gone", b"")
        .file("dir/.wh..wh..opq", b"")
        .end()
}

#[test]
fn the_rich_archive_is_good() {
    let image = build(&[rich()]).unwrap();
    assert_eq!(image.get("dir/hard").links, 2);
    assert!(image.nodes.contains_key("gnu/n") && image.nodes.contains_key("long/name"));
}

#[test]
fn every_cut_is_noticed() {
    let archive = rich();
    let boundaries = (0..archive.len())
        .filter(|length| length % 512 != 0)
        .step_by(97);
    for length in boundaries {
        assert_eq!(
            reason(archive[..length].to_vec()),
            "truncated-layer",
            "cut at {length}"
        );
    }
}

#[test]
fn damage_and_lies_have_a_reason() {
    let mut flipped = rich();
    flipped[3] ^= 1;
    assert_eq!(reason(flipped), "corrupt-layer");
    assert_eq!(reason(b"no archive at all".repeat(100)), "corrupt-layer");
    assert_eq!(
        reason(
            Archive::new()
                .entry(
                    &Header {
                        size: 1 << 32,
                        ..Header::new("f", b'0')
                    },
                    b"short"
                )
                .end()
        ),
        "truncated-layer"
    );
    assert_eq!(
        reason(
            Archive::new()
                .entry(
                    &Header {
                        size: 2 << 20,
                        ..Header::new("x", b'x')
                    },
                    b""
                )
                .end()
        ),
        "limit-exceeded"
    );
    assert_eq!(
        reason(Archive::new().entry(&Header::new("f", b'~'), b"").end()),
        "unsupported-entry"
    );
    assert_eq!(
        reason(Archive::new().pax(&[("path", b"x")]).end()),
        "truncated-layer"
    );
    assert_eq!(
        reason(
            Archive::new()
                .entry(
                    &Header {
                        device: (5000, 0),
                        ..Header::new("d", b'3')
                    },
                    b""
                )
                .end()
        ),
        "invalid-device"
    );
    assert_eq!(
        reason(Archive::new().symlink("s", "").end()),
        "invalid-link"
    );
    assert_eq!(
        reason(Archive::new().file("./", b"x").end()),
        "invalid-path"
    );
    assert_eq!(
        reason(
            Archive::new()
                .pax(&[("path", &b"n".repeat(256))])
                .file("f", b"")
                .end()
        ),
        "limit-exceeded"
    );
    assert_eq!(
        reason(Archive::new().raw(&[0; 512]).file("f", b"").end()),
        "corrupt-layer"
    );
}

#[test]
fn sparse_maps_must_fit() {
    let sparse = |map: &[u8], real: &[u8], data: &[u8]| {
        Archive::new()
            .pax(&[("GNU.sparse.map", map), ("GNU.sparse.size", real)])
            .file("s", data)
            .end()
    };
    assert_eq!(
        build(&[sparse(b"0,2,10,2", b"12", b"abcd")])
            .unwrap()
            .text("s"),
        "ab\0\0\0\0\0\0\0\0cd"
    );
    assert_eq!(
        build(&[sparse(b"", b"5", b"")]).unwrap().text("s"),
        "\0\0\0\0\0"
    );
    for (map, real) in [
        (&b"0,2,1,2"[..], &b"12"[..]),
        (b"0,2,10,2", b"11"),
        (b"0,2", b"12"),
        (b"0,4,18446744073709551615,0", b"12"),
        (b"0,2,x,2", b"12"),
        (b"0,2,10", b"12"),
    ] {
        assert_eq!(
            reason(sparse(map, real, b"abcd")),
            "corrupt-layer",
            "{map:?}"
        );
    }
    assert_eq!(
        reason(sparse(b"0,4", b"18446744073709551615", b"abcd")),
        "limit-exceeded"
    );
}

#[test]
fn a_giant_sparse_file_costs_little() {
    let started = Instant::now();
    let map = format!("{},4", (4u64 << 40) - 4);
    let archive = Archive::new()
        .pax(&[
            ("GNU.sparse.map", map.as_bytes()),
            ("GNU.sparse.size", (4u64 << 40).to_string().as_bytes()),
        ])
        .file("s", b"abcd")
        .end();
    let image = build(&[archive]).unwrap();
    assert_eq!(
        image.get("s").content,
        support::image::Content::Large(4 << 40)
    );
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn bombs_hit_a_limit() {
    let loops = Archive::new()
        .symlink("a", "b")
        .symlink("b", "a")
        .file("a/x", b"")
        .end();
    assert_eq!(reason(loops), "symlink-loop");
    // Each link leads 400 directories deep, and the next begins there.
    let deep = (0..3).fold(Archive::new(), |archive, index| {
        let start = if index == 0 {
            String::new()
        } else {
            format!("link{}/", index - 1)
        };
        let path = format!("{start}{}end", "d/".repeat(400));
        let link = format!("link{index}");
        archive
            .pax(&[("path", path.as_bytes())])
            .directory("x", 0o755)
            .pax(&[("linkpath", path.as_bytes())])
            .symlink(&link, "x")
    });
    assert_eq!(reason(deep.end()), "limit-exceeded");
    let parents = Archive::new()
        .pax(&[("path", &b"p/".repeat(900))])
        .directory("x", 0o755)
        .end();
    assert_eq!(
        build_with(
            &[parents],
            Limits {
                max_entries: 100,
                ..LIMITS
            }
        )
        .unwrap_err()
        .reason,
        "limit-exceeded"
    );
    let zeros = Archive::new().file("zeros", &vec![0; 10 << 20]).end();
    assert_eq!(
        build_with(
            &[zeros],
            Limits {
                max_bytes: 1 << 20,
                ..LIMITS
            }
        )
        .unwrap_err()
        .reason,
        "limit-exceeded"
    );
    let attributes = (0..9).fold(Archive::new(), |archive, _| {
        archive
            .pax(&[
                ("SCHILY.xattr.user.x", &[1; 65_535]),
                ("SCHILY.xattr.user.y", &[1; 65_535]),
                ("SCHILY.xattr.user.z", &[1; 65_535]),
            ])
            .file("f", b"")
    });
    assert_eq!(reason(attributes.end()), "limit-exceeded");
}

#[test]
fn a_compressed_bomb_is_stopped_while_it_unpacks() {
    let scratch = Scratch::new();
    let header = Header {
        size: 7 << 30,
        ..Header::new("bomb", b'0')
    };
    // 2 GiB of zeros in 200 kB; the limit ends it after 1 MiB.
    let mut bomb = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    std::io::Write::write_all(&mut bomb, &header.encode()).unwrap();
    for _ in 0..2048 {
        std::io::Write::write_all(&mut bomb, &vec![0; 1 << 20]).unwrap();
    }
    let layer = scratch.write("bomb.zst", &bomb.finish().unwrap());
    let started = Instant::now();
    let limits = Limits {
        max_bytes: 1 << 20,
        ..LIMITS
    };
    let failure = build_files(
        &[(layer, Compression::Zstd)],
        &scratch.path("image"),
        limits,
    )
    .unwrap_err();
    assert_eq!(failure.reason, "limit-exceeded");
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[test]
fn damaged_compression_is_noticed_even_behind_the_archive() {
    let scratch = Scratch::new();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &rich()).unwrap();
    let whole = gzip.finish().unwrap();
    let attempt = |bytes: &[u8]| {
        build_files(
            &[(scratch.write("layer", bytes), Compression::Gzip)],
            &scratch.path("image"),
            LIMITS,
        )
    };
    attempt(&whole).unwrap();
    let mut bad_checksum = whole.clone();
    let last = bad_checksum.len() - 8;
    bad_checksum[last] ^= 1;
    assert_eq!(attempt(&bad_checksum).unwrap_err().reason, "corrupt-layer");
    assert_eq!(
        attempt(&whole[..whole.len() - 3]).unwrap_err().reason,
        "truncated-layer"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is changed, the build ends soon, with a readable image or a failure that blames the layer.
    #[test]
    fn mutated_archives_never_break_the_builder(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        fix_checksums in any::<bool>(),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut archive = rich();
        for (place, value) in &changes {
            let at = place.index(archive.len());
            archive[at] = *value;
            if fix_checksums {
                let block = at / 512 * 512;
                seal(&mut archive[block..block + 512]);
            }
        }
        if let Some(cut) = cut {
            archive.truncate(cut.index(archive.len()));
        }
        let started = Instant::now();
        if let Err(failure) = build_with(&[archive], Limits { max_entries: 1000, max_bytes: 64 << 20 }) {
            prop_assert_eq!(failure.code, Code::Image, "{}", failure);
        }
        prop_assert!(started.elapsed() < Duration::from_secs(3));
    }
}
