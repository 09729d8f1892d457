//! Chains of disk layers: against a simple model, and with files that lie.

mod support;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use boxlite_vmm::{
    cancellation::Cancellation,
    disk::{self, Flatten, Format, Layer},
    failure::{Code, Failure},
    output_file::Durability,
};
use proptest::prelude::*;
use support::{
    Scratch,
    qcow2::{Cluster, Layout, put},
    random::Random,
};

fn flatten(layers: &[(PathBuf, Format)], output: &Path) -> Result<u64, Failure> {
    let request = Flatten {
        layers: layers
            .iter()
            .map(|(path, format)| Layer {
                path: path.clone(),
                format: *format,
            })
            .collect(),
        output: output.to_owned(),
        durability: Durability::Unsynced,
    };
    disk::flatten(&request, |_, _| (), &Cancellation::default())
}

fn inspect(path: &Path, format: Format) -> Result<u64, Failure> {
    disk::inspect(&Layer {
        path: path.to_owned(),
        format,
    })
}

fn layout() -> impl Strategy<Value = Layout> {
    let cluster = prop_oneof![
        4 => (1..=255u8).prop_map(Cluster::Data),
        1 => Just(Cluster::Zero),
        1 => Just(Cluster::ZeroWithRoom),
    ];
    (
        12..15u32,
        1..2000u64,
        prop::collection::btree_map(0..300u64, cluster, 0..30),
        any::<bool>(),
    )
        .prop_map(|(cluster_bits, sectors, mut clusters, backwards)| {
            let virtual_bytes = sectors * 1536;
            clusters.retain(|cluster, _| (cluster << cluster_bits) < virtual_bytes);
            Layout {
                virtual_bytes,
                cluster_bits,
                clusters,
                backwards,
            }
        })
}

impl std::fmt::Debug for Layout {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} bytes in clusters of 2^{}: {:?}",
            self.virtual_bytes, self.cluster_bits, self.clusters
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// The model is a vector of bytes over which each layer is written, base first.
    #[test]
    fn a_chain_shows_what_its_layers_hold(
        base in prop::option::of(prop::collection::vec(any::<u8>(), 1..200)),
        layers in prop::collection::vec(layout(), 1..5),
    ) {
        let scratch = Scratch::new();
        let mut model = Vec::new();
        let mut chain = Vec::new();
        if let Some(blocks) = base {
            model = blocks.iter().flat_map(|byte| [*byte / 2; 2048]).collect();
            chain.push((scratch.write("base", &model), Format::Raw));
        }
        for (index, layer) in layers.iter().enumerate() {
            layer.apply(&mut model);
            let path = scratch.write(&format!("layer{index}"), &layer.build());
            prop_assert_eq!(inspect(&path, Format::Qcow2).unwrap(), layer.virtual_bytes);
            chain.push((path, Format::Qcow2));
        }
        let output = scratch.path("flat");
        flatten(&chain, &output).unwrap();
        prop_assert!(fs::read(&output).unwrap() == model);
    }
}

fn sample() -> Layout {
    let clusters = [
        (0, Cluster::Data(1)),
        (1, Cluster::Data(2)),
        (5, Cluster::Zero),
        (7, Cluster::ZeroWithRoom),
        (600, Cluster::Data(3)),
        (1500, Cluster::Data(4)),
    ];
    Layout {
        virtual_bytes: 8 << 20,
        cluster_bits: 12,
        clusters: BTreeMap::from(clusters),
        backwards: false,
    }
}

/// What a changed sample fails with.
fn refusal(change: impl FnOnce(&mut Vec<u8>)) -> Failure {
    let scratch = Scratch::new();
    let mut file = sample().build();
    change(&mut file);
    let path = scratch.write("layer", &file);
    let failure = flatten(&[(path, Format::Qcow2)], &scratch.path("flat")).unwrap_err();
    assert_eq!(scratch.names(), ["layer"]);
    assert_eq!(failure.code, Code::Storage);
    failure
}

#[test]
fn what_is_no_layer_of_ours_is_refused() {
    let reason =
        |offset: u64, bytes: &'static [u8]| refusal(|file| put(file, offset, bytes)).reason;
    for (offset, bytes) in [
        (4, &[0, 0, 0, 2][..]),
        // A backing file.
        (8, &[0, 0, 0, 0, 0, 0, 0, 104]),
        (16, &[0, 0, 0, 9]),
        // Encryption, internal snapshots, features: corrupt, data elsewhere, compression type, subclusters, unknown.
        (32, &[0, 0, 0, 2]),
        (60, &[0, 0, 0, 1]),
        (79, &[2]),
        (79, &[4]),
        (79, &[8]),
        (79, &[16]),
        (72, &[128]),
        (96, &[0, 0, 0, 6]),
        (104, b"DATA"),
        (104, &[0x05, 0x37, 0xbe, 0x77]),
        // Clusters of 512 bytes and of 4 GiB.
        (20, &[0, 0, 0, 9]),
        (20, &[0, 0, 0, 32]),
    ] {
        assert_eq!(
            reason(offset, bytes),
            "layer-unsupported",
            "offset {offset}: {bytes:?}"
        );
    }
    for (offset, bytes) in [
        (0, &[0; 4][..]),
        (24, &[0xff; 8]),
        (24, &[0; 8]),
        (31, &[1]),
        (36, &[0; 4]),
        (36, &[0xff; 4]),
        (40, &[0xff; 8]),
        (40, &[0; 8]),
        (47, &[1]),
        (48, &[0xff; 8]),
        (56, &[0xff; 4]),
        (100, &[0, 0, 0, 8]),
        (100, &[0xff; 4]),
        (104, &[0xff; 8]),
    ] {
        assert_eq!(
            reason(offset, bytes),
            "layer-damaged",
            "offset {offset}: {bytes:?}"
        );
    }
    // The bit that says that reference counts need a repair changes nothing for a reader.
    let scratch = Scratch::new();
    let mut file = sample().build();
    file[79] = 1;
    let path = scratch.write("layer", &file);
    assert_eq!(inspect(&path, Format::Qcow2).unwrap(), 8 << 20);
}

/// The sample's second L2 entry, and where its tables and first data lie.
const L1: u64 = 3 * 4096;
const L2: u64 = 4 * 4096;
const DATA: u64 = 7 * 4096;

#[test]
fn entries_that_lead_astray_are_refused() {
    let entry = |offset: u64, number: u64| refusal(|file| put(file, offset, &number.to_be_bytes()));
    assert!(entry(L2 + 8, DATA).message.contains("twice"));
    for target in [0, L1, L2, 4096] {
        // A table of this file, as data: the header is at 0, which means 'none', so its neighbour is named.
        let target = target.max(4096);
        assert_eq!(entry(L2 + 8, target).reason, "layer-damaged");
    }
    assert_eq!(entry(L2 + 8, 1 << 40).reason, "layer-damaged");
    assert_eq!(entry(L2 + 8, DATA + 512).reason, "layer-damaged");
    assert_eq!(entry(L2 + 8, 1 << 62 | DATA).reason, "layer-unsupported");
    // One table for two ranges would make a small file a large disk.
    assert!(entry(L1 + 8, L2).message.contains("twice"));
    assert_eq!(entry(L1 + 8, 1 << 50).reason, "layer-damaged");
    assert_eq!(entry(L1 + 8, L2 | 1).reason, "layer-damaged");
    assert_eq!(refusal(|file| file.truncate(100)).reason, "layer-damaged");
    assert_eq!(
        refusal(|file| file.truncate(13_000)).reason,
        "layer-damaged"
    );
}

#[test]
fn a_sparse_giant_is_no_layer() {
    let scratch = Scratch::new();
    let path = scratch.write("layer", &sample().build());
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(1 << 40).unwrap();
    assert_eq!(
        inspect(&path, Format::Qcow2).unwrap_err().reason,
        "layer-damaged"
    );
}

#[test]
fn raw_disks_are_whole_sectors_and_lie_at_the_bottom() {
    let scratch = Scratch::new();
    let raw = scratch.write("raw", &[1; 1536]);
    assert_eq!(inspect(&raw, Format::Raw).unwrap(), 1536);
    for content in [&[][..], &[1; 100]] {
        let path = scratch.write("odd", content);
        assert_eq!(
            inspect(&path, Format::Raw).unwrap_err().reason,
            "layer-damaged"
        );
    }
    let layer = scratch.write("layer", &sample().build());
    let chain = [(layer, Format::Qcow2), (raw, Format::Raw)];
    let failure = flatten(&chain, &scratch.path("flat")).unwrap_err();
    assert_eq!(failure.code, Code::InvalidArgument);
    let failure = flatten(&[], &scratch.path("flat")).unwrap_err();
    assert_eq!(failure.code, Code::InvalidArgument);
    assert_eq!(
        inspect(&scratch.path(""), Format::Raw).unwrap_err().reason,
        "not-a-file"
    );
}

#[test]
fn a_flat_disk_is_as_sparse_as_its_layers() {
    let scratch = Scratch::new();
    let base = scratch.path("base");
    fs::File::create(&base).unwrap().set_len(1 << 30).unwrap();
    let top = scratch.path("top");
    disk::create(&top, 2 << 30, Durability::Unsynced).unwrap();
    assert!(fs::metadata(&top).unwrap().blocks() * 512 <= 32 << 10);
    assert_eq!(inspect(&top, Format::Qcow2).unwrap(), 2 << 30);
    let output = scratch.path("flat");
    let chain = [(base, Format::Raw), (top.clone(), Format::Qcow2)];
    let size_bytes = flatten(&chain, &output).unwrap();
    assert_eq!(fs::metadata(&output).unwrap().len(), 2 << 30);
    assert!(size_bytes <= 8192, "{size_bytes}");
    let again = disk::create(&top, 512, Durability::Synced).unwrap_err();
    assert_eq!(again.code, Code::AlreadyExists);
    for size in [512, (16 << 40) - 512, 16 << 40] {
        let path = scratch.path(&format!("layer{size}"));
        disk::create(&path, size, Durability::Synced).unwrap();
        assert_eq!(inspect(&path, Format::Qcow2).unwrap(), size);
    }
    for size in [0, 513, (16 << 40) + 512] {
        let failure = disk::create(&scratch.path("no"), size, Durability::Synced).unwrap_err();
        assert_eq!(failure.code, Code::InvalidArgument);
    }
}

#[test]
fn a_cancelled_flatten_leaves_nothing() {
    let scratch = Scratch::new();
    let path = scratch.write("layer", &sample().build());
    let cancellation = Cancellation::default();
    cancellation.cancel();
    let request = Flatten {
        layers: vec![Layer {
            path,
            format: Format::Qcow2,
        }],
        output: scratch.path("flat"),
        durability: Durability::Unsynced,
    };
    let failure = disk::flatten(&request, |_, _| (), &cancellation).unwrap_err();
    assert_eq!(failure.reason, "aborted");
    assert_eq!(scratch.names(), ["layer"]);
}

/// Any bytes anywhere: a refusal or a disk of bounded size, never a panic.
#[test]
fn damaged_layers_are_survived() {
    let scratch = Scratch::new();
    let whole = sample().build();
    let data = sample().clusters.len() as u64 * 4096;
    let output = scratch.path("flat");
    let (mut refused, mut passed) = (0, 0);
    for seed in 0..2000 {
        let mut random = Random::new(seed);
        let mut file = whole.clone();
        for _ in 0..=random.below(3) {
            // Mostly where the numbers are.
            let offset = match random.below(4) {
                0 => random.below(112),
                1 => L1 + random.below(64),
                2 => L2 + random.below(3 * 4096),
                _ => random.below(file.len() as u64),
            };
            match random.below(3) {
                0 => file[offset as usize] ^= 1 << random.below(8),
                1 => file[offset as usize] = random.next() as u8,
                _ => {
                    let number = [
                        0,
                        1,
                        1 << 63,
                        u64::MAX,
                        random.next(),
                        random.below(20) * 4096,
                    ];
                    let at = offset & !7;
                    put(
                        &mut file,
                        at,
                        &number[random.below(6) as usize].to_be_bytes(),
                    );
                }
            }
        }
        if random.below(10) == 0 {
            file.truncate(random.below(file.len() as u64) as usize);
        }
        let path = scratch.write("layer", &file);
        let inspected = inspect(&path, Format::Qcow2);
        let _ = fs::remove_file(&output);
        match flatten(&[(path, Format::Qcow2)], &output) {
            Ok(size_bytes) => {
                passed += 1;
                assert_eq!(fs::metadata(&output).unwrap().len(), inspected.unwrap());
                assert!(size_bytes <= data + whole.len() as u64, "seed {seed}");
            }
            Err(failure) => {
                refused += 1;
                assert!(
                    failure.reason.starts_with("layer-"),
                    "seed {seed}: {failure:?}"
                );
            }
        }
    }
    assert!(refused > 300 && passed > 300, "{refused} {passed}");
}
