//! What a file says about its disk. Every number in it is checked before it is used.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::{
    super::layer::{Kind, Part, damaged, unsupported},
    entry::{self, Cluster, Wrong},
    header::{self, Header},
    used_clusters::UsedClusters,
};
use crate::{
    failure::{Failure, Result},
    input_file,
};

const MAX_CLUSTER: usize = 2 << 20;
/// What a file may have beside a disk that is full: a generous bound of its tables, of what was freed and of what a crash left unused.
const SLACK: u64 = 64 << 20;

pub struct Qcow2 {
    pub file: File,
    pub header: Header,
    path: PathBuf,
    length: u64,
    l1: Vec<u64>,
    used: UsedClusters,
    /// The L2 table of the range that was asked for last.
    table: Option<Table>,
}

struct Table {
    index: u64,
    /// Empty when there is none.
    clusters: Vec<Cluster>,
}

impl Qcow2 {
    pub fn open(path: &Path) -> Result<Self> {
        let (file, length) = input_file::open(path)?;
        let mut begin = vec![0; MAX_CLUSTER.min(length as usize)];
        let failed = |error: io::Error| Failure::storage("read", path, &error);
        read_padded(&file, &mut begin, 0).map_err(failed)?;
        let header = Header::decode(&begin).map_err(|wrong| match wrong {
            header::Wrong::Damaged(what) => damaged(path, what),
            header::Wrong::Unsupported(what) => unsupported(path, what),
        })?;
        if length > header.virtual_bytes * 2 + SLACK {
            return Err(damaged(path, "it is far larger than what it stands for"));
        }
        let cluster = header.cluster_bytes();
        let mut used = UsedClusters::new(length.div_ceil(cluster));
        let l1_bytes = header.l1_needed() * 8;
        let mut take = |offset: u64, bytes: u64| {
            (offset / cluster..offset / cluster + bytes.div_ceil(cluster))
                .all(|cluster| used.take(cluster))
        };
        let places = take(0, cluster)
            && take(header.l1_offset, l1_bytes)
            && take(
                header.refcount_offset,
                u64::from(header.refcount_clusters) * cluster,
            );
        if !places || header.l1_offset + l1_bytes > length {
            return Err(damaged(
                path,
                "its tables lie outside of it or over each other",
            ));
        }
        let mut bytes = vec![0; l1_bytes as usize];
        read_padded(&file, &mut bytes, header.l1_offset).map_err(failed)?;
        Ok(Self {
            l1: numbers(&bytes).collect(),
            path: path.to_owned(),
            file,
            header,
            length,
            used,
            table: None,
        })
    }

    pub fn part(&mut self, from: u64, to: u64) -> Result<Part> {
        let coverage = self.header.l2_coverage();
        let index = from / coverage;
        // Ranges are asked for in order, so that no table is loaded twice.
        let table = match self.table.take() {
            Some(table) if table.index == index => table,
            _ => self.load(index)?,
        };
        let clusters = &self.table.insert(table).clusters;
        let to = to.min((index + 1) * coverage);
        if clusters.is_empty() {
            return Ok(Part {
                bytes: to - from,
                kind: Kind::Below,
            });
        }
        let bits = self.header.cluster_bits;
        let first = ((from % coverage) >> bits) as usize;
        let inside = from % self.header.cluster_bytes();
        let kind = kind_of(clusters[first], inside);
        let mut end = ((from >> bits) + 1) << bits;
        for cluster in &clusters[first + 1..] {
            if end >= to || !continues(kind, kind_of(*cluster, 0), end - from) {
                break;
            }
            end += self.header.cluster_bytes();
        }
        Ok(Part {
            bytes: end.min(to) - from,
            kind,
        })
    }

    fn load(&mut self, index: u64) -> Result<Table> {
        let cluster = self.header.cluster_bytes();
        let none = Table {
            index,
            clusters: Vec::new(),
        };
        let Some(entry) = self.l1.get(index as usize) else {
            return Ok(none);
        };
        let Some(offset) = entry::l1(*entry, cluster).map_err(|wrong| self.wrong(wrong))? else {
            return Ok(none);
        };
        self.take(offset)?;
        let mut bytes = vec![0; cluster as usize];
        read_padded(&self.file, &mut bytes, offset)
            .map_err(|error| Failure::storage("read", &self.path, &error))?;
        let mut clusters = Vec::with_capacity(bytes.len() / 8);
        for number in numbers(&bytes) {
            let found = entry::l2(number, cluster).map_err(|wrong| self.wrong(wrong))?;
            if let Cluster::Data(offset) | Cluster::Zero(Some(offset)) = found {
                self.take(offset)?;
            }
            clusters.push(found);
        }
        Ok(Table { index, clusters })
    }

    fn take(&mut self, offset: u64) -> Result<()> {
        // The last cluster may not be whole.
        if offset < self.length && self.used.take(offset / self.header.cluster_bytes()) {
            return Ok(());
        }
        Err(damaged(
            &self.path,
            "it names a place outside of itself, or one place twice",
        ))
    }

    fn wrong(&self, wrong: Wrong) -> Failure {
        match wrong {
            Wrong::Compressed => unsupported(&self.path, "it holds compressed clusters"),
            Wrong::Invalid => damaged(&self.path, "a table in it holds an impossible entry"),
        }
    }
}

fn kind_of(cluster: Cluster, inside: u64) -> Kind {
    match cluster {
        Cluster::Below => Kind::Below,
        Cluster::Zero(_) => Kind::Zero,
        Cluster::Data(offset) => Kind::Data(offset + inside),
    }
}

/// Whether `next` is what lies `bytes` behind the begin of `kind`.
fn continues(kind: Kind, next: Kind, bytes: u64) -> bool {
    match (kind, next) {
        (Kind::Data(begin), Kind::Data(next)) => begin + bytes == next,
        _ => kind == next,
    }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes
        .chunks_exact(8)
        .map(|bytes| u64::from_be_bytes(bytes.try_into().expect("8 bytes")))
}

/// What lies behind the file's end is zero.
fn read_padded(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer[done..].fill(0);
    Ok(())
}
