//! Pages that follow each other, and how they are grouped for one call to the kernel.

/// Bytes of a page. Guests are x86-64 on x86-64 hosts; a host with larger pages is refused where its size shows.
pub const PAGE: u64 = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The pages lie in the store, behind those of the runs before.
    Stored,
    /// The pages are all zero, and nowhere.
    Zero,
}

/// Consecutive pages of the guest's RAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub first: u64,
    pub pages: u64,
    pub content: Content,
}

impl Run {
    pub fn end(&self) -> u64 {
        self.first + self.pages
    }
}

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub first: u64,
    pub pages: u64,
}

/// Stored pages that lie next to each other in the store, and where they belong in the RAM.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch {
    /// Bytes from the store's begin.
    pub position: u64,
    pub bytes: usize,
    pub segments: Vec<Segment>,
}

/// All stored pages, in order, in batches of at most so many pages and segments.
pub fn batches(runs: &[Run], max_pages: u64, max_segments: usize) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut segments = Vec::new();
    let (mut position, mut pages) = (0, 0);
    let mut close = |segments: &mut Vec<Segment>, pages: &mut u64| {
        if *pages == 0 {
            return;
        }
        batches.push(Batch {
            position,
            bytes: (*pages * PAGE) as usize,
            segments: std::mem::take(segments),
        });
        position += *pages * PAGE;
        *pages = 0;
    };
    for run in runs.iter().filter(|run| run.content == Content::Stored) {
        let mut first = run.first;
        while first < run.end() {
            let count = (run.end() - first).min(max_pages - pages);
            segments.push(Segment {
                first,
                pages: count,
            });
            pages += count;
            first += count;
            if pages == max_pages || segments.len() == max_segments {
                close(&mut segments, &mut pages);
            }
        }
    }
    close(&mut segments, &mut pages);
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(first: u64, pages: u64, content: Content) -> Run {
        Run {
            first,
            pages,
            content,
        }
    }

    #[test]
    fn batches_are_bounded_and_leave_nothing_out() {
        let runs = [
            run(0, 5, Content::Stored),
            run(5, 9, Content::Zero),
            run(20, 1, Content::Stored),
            run(30, 1, Content::Stored),
        ];
        let parts: Vec<_> = batches(&runs, 3, 2)
            .iter()
            .map(|batch| {
                (
                    batch.position / PAGE,
                    batch.bytes as u64 / PAGE,
                    batch
                        .segments
                        .iter()
                        .map(|segment| (segment.first, segment.pages))
                        .collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            parts,
            [
                (0, 3, vec![(0, 3)]),
                (3, 3, vec![(3, 2), (20, 1)]),
                (6, 1, vec![(30, 1)]),
            ]
        );
        assert_eq!(batches(&[], 3, 2), []);
    }
}
