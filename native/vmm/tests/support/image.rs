//! Reads EROFS images, as strictly as the kernel and stricter: directories must be sorted, numbers and link counts right.
//! Written from the format's description alone, apart from the writer.

use std::collections::{BTreeMap, HashMap};

const BLOCK: usize = 4096;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Directory,
    File(Vec<u8>),
    /// Too large to be read whole; only its size.
    Large(u64),
    Symlink(Vec<u8>),
    Character(u32),
    Block(u32),
    Fifo,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub content: Content,
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    pub mtime: (i64, u32),
    pub links: u32,
    pub nid: u64,
    pub xattrs: BTreeMap<String, Vec<u8>>,
}

/// All nodes by path; the root's path is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub nodes: BTreeMap<String, Node>,
}

impl Image {
    pub fn read(bytes: &[u8]) -> Self {
        let reader = Reader::new(bytes);
        let mut nodes = BTreeMap::new();
        let mut pending = vec![(String::new(), reader.root, reader.root)];
        while let Some((path, nid, parent)) = pending.pop() {
            let (node, data) = reader.node(nid);
            if node.content == Content::Directory {
                for (name, child, kind) in entries(&data) {
                    match name.as_slice() {
                        b"." => assert_eq!(child, nid, "{path}: ."),
                        b".." => assert_eq!(child, parent, "{path}: .."),
                        _ => {
                            let (below, _) = reader.node(child);
                            assert_eq!(kind, type_of(&below.content), "{path}: type of an entry");
                            let name = String::from_utf8_lossy(&name).into_owned();
                            let path = if path.is_empty() {
                                name
                            } else {
                                format!("{path}/{name}")
                            };
                            pending.push((path, child, nid));
                        }
                    }
                }
            }
            nodes.insert(path, node);
        }
        let image = Self { nodes };
        image.check_links(reader.inodes);
        image
    }

    pub fn paths(&self) -> Vec<&str> {
        self.nodes
            .keys()
            .map(String::as_str)
            .filter(|path| !path.is_empty())
            .collect()
    }

    pub fn get(&self, path: &str) -> &Node {
        self.nodes
            .get(path)
            .unwrap_or_else(|| panic!("no {path} among {:?}", self.paths()))
    }

    pub fn text(&self, path: &str) -> String {
        match &self.get(path).content {
            Content::File(data) => String::from_utf8(data.clone()).unwrap(),
            other => panic!("{path} is {other:?}"),
        }
    }

    fn check_links(&self, inodes: u64) {
        let mut names: HashMap<u64, u32> = HashMap::new();
        for (path, node) in &self.nodes {
            *names.entry(node.nid).or_default() += 1;
            if node.content == Content::Directory {
                let prefix = if path.is_empty() {
                    String::new()
                } else {
                    format!("{path}/")
                };
                let below = self.nodes.iter().filter(|(other, node)| {
                    let is_child = other
                        .strip_prefix(&prefix)
                        .is_some_and(|rest| !rest.is_empty() && !rest.contains('/'));
                    is_child && node.content == Content::Directory
                });
                assert_eq!(node.links as usize, 2 + below.count(), "links of {path}");
            }
        }
        for (path, node) in self
            .nodes
            .iter()
            .filter(|(_, node)| node.content != Content::Directory)
        {
            assert_eq!(node.links, names[&node.nid], "links of {path}");
        }
        assert_eq!(
            names.len() as u64,
            inodes,
            "the superblock's count of inodes"
        );
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    metadata: usize,
    root: u64,
    inodes: u64,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        assert_eq!(bytes.len() % BLOCK, 0);
        let superblock = &bytes[1024..];
        assert_eq!(u32_at(superblock, 0), 0xE0F5_E1E2);
        assert_eq!(superblock[12], 12, "block size");
        assert_eq!(
            u32_at(superblock, 36) as usize * BLOCK,
            bytes.len(),
            "blocks"
        );
        assert_eq!(
            u32_at(superblock, 80) & !4,
            0,
            "only chunked files are needed of a reader"
        );
        Self {
            bytes,
            metadata: u32_at(superblock, 40) as usize * BLOCK,
            root: u16_at(superblock, 14).into(),
            inodes: u64_at(superblock, 16),
        }
    }

    fn node(&self, nid: u64) -> (Node, Vec<u8>) {
        let at = self.metadata + nid as usize * 32;
        let inode = &self.bytes[at..at + 64];
        let format = u16_at(inode, 0);
        assert_eq!(format & 1, 1, "extended inode");
        let count = usize::from(u16_at(inode, 2));
        let xattr_size = if count == 0 { 0 } else { 12 + 4 * (count - 1) };
        let mode = u16_at(inode, 4);
        let size = u64_at(inode, 8);
        let location = u32_at(inode, 16);
        let data = match size {
            0..0x1000_0000 if matches!(mode >> 12, 4 | 8 | 10) => self.data(
                format >> 1 & 7,
                at + 64 + xattr_size,
                size as usize,
                location,
            ),
            _ => Vec::new(),
        };
        let content = match mode >> 12 {
            1 => Content::Fifo,
            2 => Content::Character(location),
            4 => Content::Directory,
            6 => Content::Block(location),
            8 if size >= 0x1000_0000 => Content::Large(size),
            8 => Content::File(data.clone()),
            10 => Content::Symlink(data.clone()),
            other => panic!("type {other}"),
        };
        let node = Node {
            content,
            mode: mode & 0o7777,
            uid: u32_at(inode, 24),
            gid: u32_at(inode, 28),
            mtime: (u64_at(inode, 32) as i64, u32_at(inode, 40)),
            links: u32_at(inode, 44),
            nid,
            xattrs: xattrs(&self.bytes[at + 64..at + 64 + xattr_size]),
        };
        (node, data)
    }

    fn data(&self, layout: u16, behind: usize, size: usize, location: u32) -> Vec<u8> {
        let blocks = location as usize * BLOCK;
        match layout {
            0 => self.bytes[if size == 0 {
                0..0
            } else {
                blocks..blocks + size
            }]
            .to_vec(),
            2 => {
                let tail = size % BLOCK;
                assert!(
                    tail > 0 && behind % BLOCK + tail <= BLOCK,
                    "an inline tail lies in one block"
                );
                let whole = if size > tail {
                    &self.bytes[blocks..blocks + size - tail]
                } else {
                    &[]
                };
                [whole, &self.bytes[behind..behind + tail]].concat()
            }
            4 => {
                let chunk = BLOCK << (location & 31);
                let mut data = Vec::new();
                for index in 0..size.div_ceil(chunk) {
                    let length = chunk.min(size - data.len());
                    match u32_at(self.bytes, behind + index * 4) {
                        u32::MAX => data.resize(data.len() + length, 0),
                        block => data.extend(
                            &self.bytes[block as usize * BLOCK..block as usize * BLOCK + length],
                        ),
                    }
                }
                data
            }
            other => panic!("layout {other}"),
        }
    }
}

fn entries(data: &[u8]) -> Vec<(Vec<u8>, u64, u8)> {
    let mut all: Vec<(Vec<u8>, u64, u8)> = Vec::new();
    for block in data.chunks(BLOCK) {
        let count = usize::from(u16_at(block, 8)) / 12;
        for index in 0..count {
            let entry = &block[index * 12..];
            let start = usize::from(u16_at(entry, 8));
            let end = if index + 1 < count {
                usize::from(u16_at(entry, 20))
            } else {
                block.len()
            };
            let name = &block[start..end];
            let name = &name[..name
                .iter()
                .position(|byte| *byte == 0)
                .unwrap_or(name.len())];
            all.push((name.to_vec(), u64_at(entry, 0), entry[10]));
        }
    }
    assert!(
        all.windows(2).all(|pair| pair[0].0 < pair[1].0),
        "names ascend"
    );
    all
}

fn xattrs(area: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut rest = area.get(12..).unwrap_or_default();
    while !rest.is_empty() {
        let (name, value) = (usize::from(rest[0]), usize::from(u16_at(rest, 2)));
        let prefix = [
            "",
            "user.",
            "system.posix_acl_access",
            "system.posix_acl_default",
            "trusted.",
            "",
            "security.",
        ][usize::from(rest[1])];
        all.insert(
            format!("{prefix}{}", String::from_utf8_lossy(&rest[4..4 + name])),
            rest[4 + name..4 + name + value].to_vec(),
        );
        rest = &rest[(4 + name + value).next_multiple_of(4)..];
    }
    all
}

fn type_of(content: &Content) -> u8 {
    match content {
        Content::File(_) | Content::Large(_) => 1,
        Content::Directory => 2,
        Content::Character(_) => 3,
        Content::Block(_) => 4,
        Content::Fifo => 5,
        Content::Symlink(_) => 7,
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}
