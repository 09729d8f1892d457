//! A writer of qcow2 files that is no part of the product: any clusters, anywhere in the file.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cluster {
    /// Filled with this byte.
    Data(u8),
    Zero,
    /// Zero, with a cluster of the file set aside for it that holds something else.
    ZeroWithRoom,
}

pub struct Layout {
    pub virtual_bytes: u64,
    pub cluster_bits: u32,
    pub clusters: BTreeMap<u64, Cluster>,
    /// Data clusters are placed from the file's end to its begin.
    pub backwards: bool,
}

impl Layout {
    pub fn build(&self) -> Vec<u8> {
        let size = 1u64 << self.cluster_bits;
        let per_table = size / 8;
        let coverage = per_table * size;
        let l1_entries = self.virtual_bytes.div_ceil(coverage);
        let l1_clusters = (l1_entries * 8).div_ceil(size);
        let mut tables: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for cluster in self.clusters.keys() {
            tables
                .entry(cluster / per_table)
                .or_insert_with(|| vec![0; per_table as usize]);
        }
        let first_table = 3 + l1_clusters;
        let first_data = first_table + tables.len() as u64;
        let total = first_data + self.clusters.len() as u64;
        let mut file = vec![0; (total * size) as usize];
        put_header(
            &mut file,
            self.virtual_bytes,
            self.cluster_bits,
            l1_entries as u32,
            3 * size,
        );
        put(&mut file, size, &(2 * size).to_be_bytes());
        for cluster in 0..total.min(size / 2) {
            put(&mut file, 2 * size + 2 * cluster, &[0, 1]);
        }
        for (position, (cluster, content)) in self.clusters.iter().enumerate() {
            let position = position as u64;
            let host = if self.backwards {
                total - 1 - position
            } else {
                first_data + position
            } * size;
            let copied = 1 << 63;
            let (entry, byte) = match content {
                Cluster::Data(byte) => (host | copied, *byte),
                Cluster::Zero => (1, 0),
                Cluster::ZeroWithRoom => (host | copied | 1, 0xbd),
            };
            file[host as usize..(host + size) as usize].fill(byte);
            tables.get_mut(&(cluster / per_table)).unwrap()[(cluster % per_table) as usize] = entry;
        }
        for (position, (index, table)) in tables.iter().enumerate() {
            let host = (first_table + position as u64) * size;
            put(
                &mut file,
                3 * size + index * 8,
                &(host | 1 << 63).to_be_bytes(),
            );
            for (entry, number) in table.iter().enumerate() {
                put(&mut file, host + entry as u64 * 8, &number.to_be_bytes());
            }
        }
        file
    }

    /// Writes over a disk what the layer holds.
    pub fn apply(&self, disk: &mut Vec<u8>) {
        let size = 1usize << self.cluster_bits;
        disk.resize(self.virtual_bytes as usize, 0);
        for (cluster, content) in &self.clusters {
            let begin = (*cluster as usize * size).min(disk.len());
            let end = (begin + size).min(disk.len());
            disk[begin..end].fill(match content {
                Cluster::Data(byte) => *byte,
                Cluster::Zero | Cluster::ZeroWithRoom => 0,
            });
        }
    }
}

pub fn put(file: &mut [u8], offset: u64, bytes: &[u8]) {
    file[offset as usize..offset as usize + bytes.len()].copy_from_slice(bytes);
}

fn put_header(file: &mut [u8], size: u64, cluster_bits: u32, l1_entries: u32, l1_offset: u64) {
    put(file, 0, b"QFI\xfb");
    put(file, 4, &3u32.to_be_bytes());
    put(file, 20, &cluster_bits.to_be_bytes());
    put(file, 24, &size.to_be_bytes());
    put(file, 36, &l1_entries.to_be_bytes());
    put(file, 40, &l1_offset.to_be_bytes());
    put(file, 48, &(1u64 << cluster_bits).to_be_bytes());
    put(file, 56, &1u32.to_be_bytes());
    put(file, 96, &4u32.to_be_bytes());
    put(file, 100, &104u32.to_be_bytes());
}
