//! Walks an archive: entries in order, each followed by its data. Holds at most one extended header in memory.

use std::io::{BufRead, ErrorKind};

use super::{
    entry::{Entry, Kind},
    header::{self, BLOCK, Block, Header},
    pax::PaxHeader,
    sparse::{self, MapLines, Region, SparseMap},
};
use crate::{
    failure::{Failure, Result},
    rootfs::limits,
};

pub struct TarReader<R> {
    source: R,
    /// Bytes read; where an error is.
    offset: u64,
    /// Bytes of the current entry's data, and of the padding behind it, that are not read yet.
    data: u64,
    padding: u64,
    finished: bool,
}

impl<R: BufRead> TarReader<R> {
    pub fn new(source: R) -> Self {
        Self {
            source,
            offset: 0,
            data: 0,
            padding: 0,
            finished: false,
        }
    }

    /// Bytes of the archive read so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next entry, or `None` at the archive's end. What is left of the last one's data is skipped.
    pub fn next_entry(&mut self) -> Result<Option<Entry>> {
        if self.finished {
            return Ok(None);
        }
        let mut pending = Pending::default();
        loop {
            self.skip_rest()?;
            let Some(block) = self.header_block()? else {
                if !pending.is_empty() {
                    return Err(truncated());
                }
                self.finish()?;
                return Ok(None);
            };
            let header = Header::parse(&block)?;
            match header.typeflag {
                b'x' | b'X' => pending.pax = Some(PaxHeader::parse(&self.extension(&header)?)?),
                b'L' => pending.long_name = Some(nul_terminated(self.extension(&header)?)),
                b'K' => pending.long_link = Some(nul_terminated(self.extension(&header)?)),
                // A global header's records are no property of a file; container engines ignore them, and so a volume's label.
                b'g' | b'V' => self.expect_data(header.size)?,
                _ => return self.entry(&block, header, pending).map(Some),
            }
        }
    }

    /// Hands the current entry's stored bytes to `sink`, piece by piece.
    pub fn read_data(&mut self, mut sink: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        while self.data > 0 {
            let available = fill(&mut self.source)?;
            if available.is_empty() {
                return Err(truncated());
            }
            let length = usize::try_from(self.data)
                .map_or(available.len(), |left| left.min(available.len()));
            sink(&available[..length])?;
            self.source.consume(length);
            self.offset += length as u64;
            self.data -= length as u64;
        }
        Ok(())
    }

    fn entry(&mut self, block: &Block, header: Header, pending: Pending) -> Result<Entry> {
        let mut pax = pending.pax.unwrap_or_default();
        let sparse_name = pax.sparse.name.take();
        let path = pax.path.or(pending.long_name).unwrap_or(header.name);
        let link = pax
            .link_path
            .or(pending.long_link)
            .unwrap_or(header.link_name);
        let stored = pax.size.unwrap_or(header.size);
        let (major, minor) = (header.device_major, header.device_minor);
        let kind = match header.typeflag {
            b'1' => Kind::HardLink(link),
            b'2' => Kind::Symlink(link),
            b'3' => Kind::CharacterDevice { major, minor },
            b'4' => Kind::BlockDevice { major, minor },
            b'5' => Kind::Directory,
            b'6' => Kind::Fifo,
            // Before POSIX a directory was a file whose name ends in a slash.
            0 if path.last() == Some(&b'/') => Kind::Directory,
            b'D' => {
                self.expect_data(stored)?;
                Kind::Directory
            }
            b'S' => {
                let (size, regions) = self.old_gnu_sparse(block)?;
                self.expect_data(stored)?;
                Kind::File {
                    size,
                    regions: Some(sparse::validate(regions, size, stored)?),
                }
            }
            0 | b'0' | b'7' => {
                self.expect_data(stored)?;
                self.file(stored, pax.sparse.real_size, pax.sparse.into_map())?
            }
            other => {
                let flag = char::from(other).escape_default().to_string();
                let name = String::from_utf8_lossy(&path).into_owned();
                return Err(Failure::image(
                    "unsupported-entry",
                    format!("the entry {name:?} is of the unknown type '{flag}'"),
                ));
            }
        };
        Ok(Entry {
            path: sparse_name.unwrap_or(path),
            kind,
            mode: header.mode,
            uid: pax.uid.map_or_else(|| owner(header.uid), Ok)?,
            gid: pax.gid.map_or_else(|| owner(header.gid), Ok)?,
            mtime: pax.mtime.unwrap_or((header.mtime, 0)),
            xattrs: pax.xattrs,
        })
    }

    fn file(
        &mut self,
        stored: u64,
        real_size: Option<u64>,
        map: Option<SparseMap>,
    ) -> Result<Kind> {
        let Some(map) = map else {
            return Ok(Kind::File {
                size: stored,
                regions: None,
            });
        };
        let size = real_size
            .ok_or_else(|| Failure::image("corrupt-layer", "a sparse file lacks its real size"))?;
        let regions = match map {
            SparseMap::Known(regions) => regions,
            SparseMap::BeforeData => self.map_before_data()?,
        };
        Ok(Kind::File {
            size,
            regions: Some(sparse::validate(regions, size, self.data)?),
        })
    }

    fn map_before_data(&mut self) -> Result<Vec<Region>> {
        let mut lines = MapLines::default();
        let mut block = [0; BLOCK];
        loop {
            if self.data < BLOCK as u64 {
                return Err(Failure::image(
                    "corrupt-layer",
                    "a sparse file's map is longer than its data",
                ));
            }
            self.read_exact(&mut block)?;
            self.data -= BLOCK as u64;
            if lines.push(&block)? {
                return Ok(lines.into_regions());
            }
        }
    }

    fn old_gnu_sparse(&mut self, block: &Block) -> Result<(u64, Vec<Region>)> {
        let mut regions = Vec::new();
        sparse::old_gnu_regions(&block[386..482], &mut regions)?;
        let size = header::unsigned(&block[483..495], "real size")?;
        let mut more = block[482] != 0;
        while more {
            let mut extension = [0; BLOCK];
            self.read_exact(&mut extension)?;
            sparse::old_gnu_regions(&extension[..504], &mut regions)?;
            more = extension[504] != 0;
        }
        Ok((size, regions))
    }

    /// The whole data of an extended header or long name.
    fn extension(&mut self, header: &Header) -> Result<Vec<u8>> {
        if header.size > limits::MAX_EXTENSION {
            return Err(Failure::image(
                "limit-exceeded",
                format!("an extended tar header has {} bytes", header.size),
            ));
        }
        self.expect_data(header.size)?;
        let mut data = Vec::with_capacity(header.size as usize);
        self.read_data(|piece| {
            data.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(data)
    }

    fn expect_data(&mut self, size: u64) -> Result<()> {
        if size > i64::MAX as u64 - BLOCK as u64 {
            return Err(Failure::image(
                "limit-exceeded",
                format!("a tar entry claims {size} bytes"),
            ));
        }
        self.data = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
        Ok(())
    }

    fn skip_rest(&mut self) -> Result<()> {
        self.data += std::mem::take(&mut self.padding);
        self.read_data(|_| Ok(()))
    }

    /// The next block that is not zero, or `None` at the end: end of file, or two zero blocks.
    fn header_block(&mut self) -> Result<Option<Block>> {
        let mut block = [0; BLOCK];
        if !self.read_block(&mut block)? {
            return Ok(None);
        }
        if block.iter().any(|byte| *byte != 0) {
            return Ok(Some(block));
        }
        if self.read_block(&mut block)? && block.iter().any(|byte| *byte != 0) {
            return Err(Failure::image(
                "corrupt-layer",
                "a lone zero block stands between tar entries",
            ));
        }
        Ok(None)
    }

    /// Reads what is behind the end mark, so that the decompressor checks its own end.
    fn finish(&mut self) -> Result<()> {
        self.finished = true;
        loop {
            let length = fill(&mut self.source)?.len();
            if length == 0 {
                return Ok(());
            }
            self.source.consume(length);
            self.offset += length as u64;
        }
    }

    /// False at a clean end of file.
    fn read_block(&mut self, block: &mut Block) -> Result<bool> {
        if fill(&mut self.source)?.is_empty() {
            return Ok(false);
        }
        self.read_exact(block).map(|()| true)
    }

    fn read_exact(&mut self, block: &mut Block) -> Result<()> {
        self.source
            .read_exact(block)
            .map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => truncated(),
                _ => error.into(),
            })?;
        self.offset += BLOCK as u64;
        Ok(())
    }
}

/// Headers that speak about the entry behind them.
#[derive(Default)]
struct Pending {
    pax: Option<PaxHeader>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.pax.is_none() && self.long_name.is_none() && self.long_link.is_none()
    }
}

fn fill<R: BufRead>(source: &mut R) -> Result<&[u8]> {
    source.fill_buf().map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => truncated(),
        _ => error.into(),
    })
}

fn nul_terminated(mut text: Vec<u8>) -> Vec<u8> {
    text.truncate(header::text(&text).len());
    text
}

fn owner(id: i64) -> Result<u32> {
    u32::try_from(id).map_err(|_| {
        Failure::image(
            "corrupt-layer",
            format!("a tar entry belongs to the impossible id {id}"),
        )
    })
}

fn truncated() -> Failure {
    Failure::image(
        "truncated-layer",
        "the layer ends in the middle of an entry; it was cut short",
    )
}
