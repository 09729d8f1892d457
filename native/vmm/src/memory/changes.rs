//! Taking the changes from one VMM, giving them to another.

use std::path::Path;

use super::{
    page_store::{PageStore, anonymous},
    pagemap,
    ram_mapping::RamMapping,
    runs::{Batch, Content, PAGE, Run, Segment, batches},
    transfer::{self, MAX_PLACES},
    vmm_process::VmmProcess,
};
use crate::failure::{Code, Failure, Result};

/// Pages that go through one call or one read: 1 MiB, which stays in a core's cache.
const BATCH_PAGES: u64 = 256;

static ZEROS: [u8; 256 << 10] = [0; 256 << 10];

/// The pages of a guest's RAM that differ from the file that its VMM maps privately.
#[derive(Debug)]
pub struct MemoryChanges {
    ram_bytes: u64,
    /// By page, not overlapping, inside the RAM.
    runs: Vec<Run>,
    store: PageStore,
}

impl MemoryChanges {
    pub(super) fn new(ram_bytes: u64, runs: Vec<Run>, store: PageStore) -> Self {
        Self {
            ram_bytes,
            runs,
            store,
        }
    }

    /// Reads them from a VMM whose guest stands still; otherwise they are of no one moment.
    pub fn capture(pid: u32, ram: &Path) -> Result<Self> {
        pagemap::check_page_size()?;
        let process = VmmProcess::open(pid)?;
        let mapping = RamMapping::find(&process, ram)?;
        let runs = pagemap::changed_pages(&process, &mapping)?;
        let bytes = runs.iter().map(|run| run.pages * PAGE).sum::<u64>() as usize;
        let mut pages = anonymous(bytes)?;
        for Batch {
            position,
            bytes,
            segments,
        } in batches(&runs, BATCH_PAGES, MAX_PLACES)
        {
            let begin = position as usize;
            transfer::read(
                &process,
                &mapping,
                &segments,
                &mut pages[begin..begin + bytes],
            )?;
        }
        process.ensure_alive()?;
        let pages = pages.make_read_only().map_err(Failure::from)?;
        Ok(Self::new(mapping.ram_bytes, runs, PageStore::Memory(pages)))
    }

    /// Writes them into a VMM that maps the same RAM file privately and does not run yet.
    pub fn apply(&self, pid: u32, ram: &Path) -> Result<()> {
        pagemap::check_page_size()?;
        let process = VmmProcess::open(pid)?;
        let mapping = RamMapping::find(&process, ram)?;
        self.check_ram(mapping.ram_bytes, ram)?;
        self.each_batch(BATCH_PAGES, |segments, pages| {
            transfer::write(&process, &mapping, segments, pages)
        })?;
        for run in self.runs_of(Content::Zero) {
            let step = ZEROS.len() as u64 / PAGE;
            for first in (run.first..run.end()).step_by(step as usize) {
                let pages = step.min(run.end() - first);
                let zeros = &ZEROS[..(pages * PAGE) as usize];
                transfer::write(&process, &mapping, &[Segment { first, pages }], zeros)?;
            }
        }
        process.ensure_alive()
    }

    /// All stored pages in order, so many at a time.
    pub(super) fn each_batch(
        &self,
        max_pages: u64,
        mut use_pages: impl FnMut(&[Segment], &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut scratch = Vec::new();
        for Batch {
            position,
            bytes,
            segments,
        } in batches(&self.runs, max_pages, MAX_PLACES)
        {
            use_pages(&segments, self.store.get(position, bytes, &mut scratch)?)?;
        }
        Ok(())
    }

    pub(super) fn runs_of(&self, content: Content) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.content == content)
    }

    pub(super) fn check_ram(&self, ram_bytes: u64, ram: &Path) -> Result<()> {
        if ram_bytes == self.ram_bytes {
            return Ok(());
        }
        Err(Failure::new(
            Code::Engine,
            "ram-size",
            format!(
                "{} has {ram_bytes} bytes, but the changes are of a RAM of {} bytes",
                ram.display(),
                self.ram_bytes
            ),
        ))
    }

    pub fn ram_bytes(&self) -> u64 {
        self.ram_bytes
    }

    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// All changed pages, zero ones too.
    pub fn pages(&self) -> u64 {
        self.runs.iter().map(|run| run.pages).sum()
    }
}
