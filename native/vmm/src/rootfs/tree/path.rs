//! Names of layer entries: cleaned to a path inside the image root, and told apart from whiteouts
//! (OCI image-spec, layer.md, "Whiteouts").

use std::borrow::Cow;

use crate::{
    failure::{Failure, Result},
    rootfs::limits::{MAX_NAME, MAX_PATH},
};

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
/// AUFS kept its own records under names with this prefix; they are no files.
const WHITEOUT_META: &[u8] = b".wh..wh.";

/// A path inside the root without empty, `.` and `..` parts and without a leading slash; the root is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanPath<'a>(Cow<'a, [u8]>);

/// What an entry's name asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target<'a> {
    Path(CleanPath<'a>),
    /// Hide this path of lower layers.
    Whiteout {
        parent: CleanPath<'a>,
        name: Vec<u8>,
    },
    /// Hide all that lower layers have in this directory.
    Opaque(CleanPath<'a>),
    Ignored,
}

impl<'a> CleanPath<'a> {
    /// `..` goes up, but never above the root, as in container engines.
    pub fn new(path: &'a [u8]) -> Result<Self> {
        if path.len() > MAX_PATH {
            return Err(too_long(path, "path", MAX_PATH));
        }
        if path.contains(&0) {
            return Err(Failure::image(
                "invalid-path",
                format!(
                    "the path {:?} contains a NUL byte",
                    String::from_utf8_lossy(path)
                ),
            ));
        }
        let trimmed = trim(path);
        if parts(trimmed).all(|part| !part.is_empty() && part != b"." && part != b"..") {
            return Self::checked(Cow::Borrowed(trimmed));
        }
        let mut clean: Vec<&[u8]> = Vec::new();
        for part in parts(trimmed) {
            match part {
                b"" | b"." => {}
                b".." => {
                    clean.pop();
                }
                _ => clean.push(part),
            }
        }
        Self::checked(Cow::Owned(clean.join(&b'/')))
    }

    fn checked(path: Cow<'a, [u8]>) -> Result<Self> {
        let long = parts(&path)
            .find(|part| part.len() > MAX_NAME)
            .map(|part| too_long(part, "name", MAX_NAME));
        long.map_or(Ok(Self(path)), Err)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The directory and the last name; `None` for the root.
    pub fn split(&self) -> Option<(&[u8], &[u8])> {
        if self.0.is_empty() {
            return None;
        }
        Some(match self.0.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (&self.0[..slash], &self.0[slash + 1..]),
            None => (b"", &self.0),
        })
    }

    fn parent(self) -> Self {
        match self.0.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => Self(Cow::Owned(self.0[..slash].to_vec())),
            None => Self(Cow::Borrowed(b"")),
        }
    }
}

impl<'a> Target<'a> {
    pub fn of(path: &'a [u8]) -> Result<Self> {
        let clean = CleanPath::new(path)?;
        let (directory, name) = clean.split().unwrap_or_default();
        let invalid = |what| {
            Failure::image(
                "invalid-whiteout",
                format!("{:?} {what}", String::from_utf8_lossy(path)),
            )
        };
        if parts(directory).any(|part| part.starts_with(WHITEOUT_META)) {
            return Ok(Self::Ignored);
        }
        if parts(directory).any(|part| part.starts_with(WHITEOUT)) {
            return Err(invalid("lies inside a whiteout"));
        }
        let Some(hidden) = name.strip_prefix(WHITEOUT) else {
            return Ok(Self::Path(clean));
        };
        match hidden {
            b"" | b"." | b".." => Err(invalid("is a whiteout that names no file")),
            _ if name == OPAQUE => Ok(Self::Opaque(clean.parent())),
            _ if name.starts_with(WHITEOUT_META) => Ok(Self::Ignored),
            _ => {
                let name = hidden.to_vec();
                Ok(Self::Whiteout {
                    parent: clean.parent(),
                    name,
                })
            }
        }
    }
}

fn trim(mut path: &[u8]) -> &[u8] {
    loop {
        path = match path {
            [b'/', rest @ ..] | [b'.', b'/', rest @ ..] | [rest @ .., b'/'] => rest,
            b"." => b"",
            _ => return path,
        };
    }
}

/// The parts between slashes; none for the empty path.
fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
        .take(if path.is_empty() { 0 } else { usize::MAX })
}

fn too_long(text: &[u8], what: &str, limit: usize) -> Failure {
    let start = String::from_utf8_lossy(&text[..text.len().min(64)]).into_owned();
    Failure::image(
        "limit-exceeded",
        format!(
            "the {what} {start:?}… has {} bytes; at most {limit} are allowed",
            text.len()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(path: &str) -> String {
        String::from_utf8(CleanPath::new(path.as_bytes()).unwrap().as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn paths_stay_inside_the_root() {
        for (path, expected) in [
            ("./etc/passwd", "etc/passwd"),
            ("/etc//x/", "etc/x"),
            ("../../etc", "etc"),
            ("a/../../b/./c", "b/c"),
            ("./", ""),
            (".", ""),
            ("/", ""),
            ("..", ""),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
    }

    #[test]
    fn whiteouts_are_told_apart() {
        let whiteout = |path: &'static str| Target::of(path.as_bytes());
        assert!(matches!(whiteout("a/.wh.b"), Ok(Target::Whiteout { name, .. }) if name == b"b"));
        assert!(
            matches!(whiteout("a/.wh..wh..opq"), Ok(Target::Opaque(path)) if path.as_bytes() == b"a")
        );
        assert!(
            matches!(whiteout(".wh..wh..opq"), Ok(Target::Opaque(path)) if path.as_bytes() == b"")
        );
        assert!(matches!(whiteout(".wh..wh.plnk/1.2"), Ok(Target::Ignored)));
        for path in [".wh.", ".wh..", ".wh...", ".wh.a/b"] {
            assert_eq!(
                whiteout(path).unwrap_err().reason,
                "invalid-whiteout",
                "{path}"
            );
        }
    }

    #[test]
    fn long_names_are_refused() {
        assert!(CleanPath::new(&[b'a'; 255]).is_ok());
        assert!(CleanPath::new(&[b'a'; 256]).is_err());
        assert!(CleanPath::new(&b"a/".repeat(2048)).is_err());
    }
}
