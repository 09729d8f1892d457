//! Which clusters of a file are spoken for. Where one is named twice, a small file could stand for any amount of data.

pub struct UsedClusters {
    bits: Vec<u64>,
}

impl UsedClusters {
    /// For a file of so many clusters. Zeroed memory takes no room before it is touched.
    pub fn new(clusters: u64) -> Self {
        Self {
            bits: vec![0; clusters.div_ceil(64) as usize],
        }
    }

    /// False when the cluster is outside of the file or was taken before.
    pub fn take(&mut self, cluster: u64) -> bool {
        let Some(word) = self.bits.get_mut((cluster / 64) as usize) else {
            return false;
        };
        let bit = 1 << (cluster % 64);
        let free = *word & bit == 0;
        *word |= bit;
        free
    }
}
