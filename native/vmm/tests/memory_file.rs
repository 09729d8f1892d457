//! The file of memory changes: any content comes back, and anything that is wrong with a file is found.

mod support;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
};

use boxlite_vmm::{
    cancellation::Cancellation,
    failure::{Code, Failure},
    memory::{Content, MemoryChanges},
    output_file::Durability,
};
use memmap2::MmapOptions;
use proptest::prelude::*;
use support::{
    Scratch,
    private_ram::{PAGE, ram_file},
    random::Random,
};
use xxhash_rust::xxh3::xxh3_64;

const PAGES: usize = 64;
const RAM: u64 = (PAGES * PAGE) as u64;

/// What this very process changed, in a private mapping of the file. Gives its memory, too.
fn capture(ram: &Path, changes: &BTreeMap<usize, u8>) -> (MemoryChanges, Vec<u8>) {
    let file = File::open(ram).unwrap();
    // SAFETY: private, and nobody changes the file.
    let mut map = unsafe { MmapOptions::new().map_copy(&file) }.unwrap();
    for (page, byte) in changes {
        map[page * PAGE..(page + 1) * PAGE].fill(*byte);
    }
    let captured = MemoryChanges::capture(std::process::id(), ram).unwrap();
    (captured, map.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, ..ProptestConfig::default() })]

    #[test]
    fn what_was_captured_comes_back(
        changes in prop::collection::btree_map(0..PAGES, prop_oneof![Just(0), any::<u8>()], 0..PAGES),
    ) {
        let scratch = Scratch::new();
        let (ram, file) = (scratch.path("ram"), scratch.path("changes"));
        ram_file(&ram, PAGES);
        let (captured, memory) = capture(&ram, &changes);
        prop_assert_eq!(captured.pages() as usize, changes.len());
        captured.write(&file).unwrap();
        let read = MemoryChanges::read(&file, RAM).unwrap();
        prop_assert_eq!(read.pages(), captured.pages());
        let zeros = changes.values().filter(|byte| **byte == 0).count();
        let told = read.runs().iter().filter(|run| run.content == Content::Zero);
        prop_assert_eq!(told.map(|run| run.pages).sum::<u64>() as usize, zeros);
        // And written again, from the file that they are in.
        read.write(&scratch.path("again")).unwrap();
        prop_assert!(fs::read(scratch.path("again")).unwrap() == fs::read(&file).unwrap());
        for source in [captured, read] {
            let output = scratch.path("whole");
            source
                .materialise(&ram, &output, Durability::Unsynced, &Cancellation::default())
                .unwrap();
            prop_assert!(fs::read(output).unwrap() == memory);
        }
    }
}

/// Pages 2, 3 and 9 with content, 4 zero, 20 to 29 with content.
fn sample(scratch: &Scratch) -> Vec<u8> {
    ram_file(&scratch.path("ram"), PAGES);
    let mut changes = BTreeMap::from([(2, 1), (3, 2), (4, 0), (9, 3)]);
    changes.extend((20..30).map(|page| (page, page as u8)));
    let (captured, _) = capture(&scratch.path("ram"), &changes);
    captured.write(&scratch.path("changes")).unwrap();
    fs::read(scratch.path("changes")).unwrap()
}

fn read(scratch: &Scratch, content: &[u8]) -> Result<MemoryChanges, Failure> {
    MemoryChanges::read(&scratch.write("damaged", content), RAM)
}

fn is_damage(failure: &Failure) -> bool {
    (failure.code, failure.reason) == (Code::Storage, "memory-damaged")
}

/// The file with a checksum that is right, whatever else is wrong with it.
fn sealed(mut content: Vec<u8>) -> Vec<u8> {
    if content.len() >= 48 {
        content[40..48].fill(0);
        let checksum = xxh3_64(&content);
        content[40..48].copy_from_slice(&checksum.to_le_bytes());
    }
    content
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let scratch = Scratch::new();
    let whole = sample(&scratch);
    assert!(sealed(whole.clone()) == whole);
    assert_eq!(read(&scratch, &whole).unwrap().pages(), 14);
    let table = 64 + 4 * 16;
    for offset in (0..table).chain((table..whole.len()).step_by(509)) {
        let mut file = whole.clone();
        file[offset] ^= 1 << (offset % 8);
        let failure = read(&scratch, &file).unwrap_err();
        assert!(is_damage(&failure), "offset {offset}: {failure}");
    }
    for length in (0..80).chain((80..whole.len()).step_by(1021)) {
        let failure = read(&scratch, &whole[..length]).unwrap_err();
        assert!(is_damage(&failure), "length {length}: {failure}");
    }
    let longer = [&whole[..], &[0]].concat();
    assert!(is_damage(&read(&scratch, &longer).unwrap_err()));
    let other_ram = MemoryChanges::read(&scratch.path("changes"), RAM + PAGE as u64);
    assert!(is_damage(&other_ram.unwrap_err()));
    let absent = MemoryChanges::read(&scratch.path("absent"), RAM).unwrap_err();
    assert_eq!(absent.reason, "ENOENT");
    let directory = MemoryChanges::read(&scratch.path(""), RAM).unwrap_err();
    assert_eq!(directory.reason, "not-a-file");
}

#[test]
fn numbers_that_cannot_be_are_refused_even_with_the_right_checksum() {
    let scratch = Scratch::new();
    let whole = sample(&scratch);
    let run = |number: usize, field: usize| 64 + 16 * number + field;
    for (what, offset, bytes) in [
        ("version", 8, &2u32.to_le_bytes()[..]),
        ("page size", 12, &65536u32.to_le_bytes()),
        ("RAM", 16, &0u64.to_le_bytes()),
        ("runs", 24, &u64::MAX.to_le_bytes()),
        ("runs", 24, &(1u64 << 60).to_le_bytes()),
        ("runs", 24, &3u64.to_le_bytes()),
        ("stored", 32, &u64::MAX.to_le_bytes()),
        ("stored", 32, &14u64.to_le_bytes()),
        ("first page", run(0, 0), &u64::MAX.to_le_bytes()),
        ("first page", run(0, 0), &10u64.to_le_bytes()),
        ("first page", run(3, 0), &60u64.to_le_bytes()),
        ("count", run(0, 8), &0u32.to_le_bytes()),
        ("count", run(0, 8), &3u32.to_le_bytes()),
        ("count", run(1, 8), &u32::MAX.to_le_bytes()),
        ("count", run(2, 8), &2u32.to_le_bytes()),
        ("content", run(1, 12), &2u32.to_le_bytes()),
        ("content", run(1, 12), &0u32.to_le_bytes()),
    ] {
        let mut file = whole.clone();
        file[offset..offset + bytes.len()].copy_from_slice(bytes);
        let failure = read(&scratch, &sealed(file)).err();
        assert!(
            failure.as_ref().is_some_and(is_damage),
            "{what} at {offset}: {failure:?}"
        );
    }
}

/// Any bytes, with a checksum that is right: damage, or changes that keep to the RAM.
#[test]
fn damaged_files_are_survived() {
    let scratch = Scratch::new();
    let whole = sample(&scratch);
    let ram = scratch.path("ram");
    let mut passed = 0;
    for seed in 0..2000 {
        let mut random = Random::new(seed);
        let mut file = whole.clone();
        for _ in 0..=random.below(2) {
            let offset = match random.below(2) {
                0 => random.below(64 + 4 * 16 + 8),
                _ => 64 + random.below(4 * 16),
            } as usize;
            match random.below(3) {
                0 => file[offset] ^= 1 << random.below(8),
                1 => file[offset] = random.below(70) as u8,
                _ => {
                    let number = [0, 1, PAGES as u64, u64::MAX, random.next()];
                    let number = number[random.below(5) as usize];
                    file[offset & !7..][..8].copy_from_slice(&number.to_le_bytes());
                }
            }
        }
        if random.below(20) == 0 {
            file.truncate(random.below(file.len() as u64) as usize);
        }
        match read(&scratch, &sealed(file)) {
            Ok(changes) => {
                passed += 1;
                let mut next = 0;
                for run in changes.runs() {
                    assert!(run.first >= next && run.pages > 0, "seed {seed}");
                    next = run.end();
                }
                assert!(next <= PAGES as u64, "seed {seed}");
                if passed % 20 == 0 {
                    changes
                        .materialise(
                            &ram,
                            &scratch.path(&format!("whole{seed}")),
                            Durability::Unsynced,
                            &Cancellation::default(),
                        )
                        .unwrap();
                }
            }
            Err(failure) => assert!(is_damage(&failure), "seed {seed}: {failure}"),
        }
    }
    assert!(passed > 100, "{passed}");
}

#[test]
fn a_file_that_is_cut_short_in_use_is_damage() {
    let scratch = Scratch::new();
    sample(&scratch);
    let path = scratch.path("changes");
    let changes = MemoryChanges::read(&path, RAM).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(8192).unwrap();
    let failure = changes.write(&scratch.path("again")).unwrap_err();
    assert!(is_damage(&failure), "{failure}");
    assert!(!scratch.names().iter().any(|name| name.contains("again")));
}
