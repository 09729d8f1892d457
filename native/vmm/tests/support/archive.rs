//! Writes tar archives, good and bad ones.

#[derive(Default, Clone)]
pub struct Archive {
    bytes: Vec<u8>,
}

#[derive(Clone)]
pub struct Header<'a> {
    pub name: &'a [u8],
    pub kind: u8,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    pub mtime: u64,
    pub link: &'a [u8],
    pub device: (u32, u32),
}

impl<'a> Header<'a> {
    pub fn new(name: &'a str, kind: u8) -> Self {
        Self {
            name: name.as_bytes(),
            kind,
            mode: 0o644,
            uid: 0,
            gid: 0,
            size: 0,
            mtime: 0,
            link: b"",
            device: (0, 0),
        }
    }

    pub fn encode(&self) -> [u8; 512] {
        let mut block = [0; 512];
        block[..self.name.len()].copy_from_slice(self.name);
        octal(&mut block[100..108], self.mode.into());
        octal(&mut block[108..116], self.uid.into());
        octal(&mut block[116..124], self.gid.into());
        octal(&mut block[124..136], self.size);
        octal(&mut block[136..148], self.mtime);
        block[156] = self.kind;
        block[157..157 + self.link.len()].copy_from_slice(self.link);
        block[257..265].copy_from_slice(b"ustar\x0000");
        octal(&mut block[329..337], self.device.0.into());
        octal(&mut block[337..345], self.device.1.into());
        seal(&mut block);
        block
    }
}

fn octal(field: &mut [u8], value: u64) {
    let text = format!("{value:0width$o}", width = field.len() - 1);
    field[..text.len()].copy_from_slice(text.as_bytes());
}

/// Makes a header's checksum right again.
pub fn seal(block: &mut [u8]) {
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    octal(&mut block[148..155], sum);
    block[155] = b' ';
}

impl Archive {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    pub fn entry(mut self, header: &Header<'_>, data: &[u8]) -> Self {
        self.bytes.extend(header.encode());
        self.bytes.extend(data);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self
    }

    pub fn file(self, name: &str, data: &[u8]) -> Self {
        self.entry(
            &Header {
                size: data.len() as u64,
                ..Header::new(name, b'0')
            },
            data,
        )
    }

    pub fn directory(self, name: &str, mode: u32) -> Self {
        self.entry(
            &Header {
                mode,
                ..Header::new(name, b'5')
            },
            b"",
        )
    }

    pub fn symlink(self, name: &str, target: &str) -> Self {
        self.entry(
            &Header {
                link: target.as_bytes(),
                ..Header::new(name, b'2')
            },
            b"",
        )
    }

    pub fn hard_link(self, name: &str, target: &str) -> Self {
        self.entry(
            &Header {
                link: target.as_bytes(),
                ..Header::new(name, b'1')
            },
            b"",
        )
    }

    /// An extended header for the next entry.
    pub fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let data: Vec<u8> = records
            .iter()
            .flat_map(|(key, value)| record(key, value))
            .collect();
        self.entry(
            &Header {
                size: data.len() as u64,
                ..Header::new("pax", b'x')
            },
            &data,
        )
    }

    pub fn end(self) -> Vec<u8> {
        let mut bytes = self.bytes;
        bytes.extend([0; 1024]);
        bytes
    }

    /// Without the end mark.
    pub fn cut(self) -> Vec<u8> {
        self.bytes
    }
}

fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let body = [b" ", key.as_bytes(), b"=", value, b"\n"].concat();
    let mut length = body.len() + 1;
    while length.to_string().len() + body.len() != length {
        length += 1;
    }
    [length.to_string().as_bytes(), &body].concat()
}
