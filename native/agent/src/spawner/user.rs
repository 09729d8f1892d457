//! Who an execution runs as: `name|uid[:group|gid]`, looked up in the container's own /etc/passwd and /etc/group, as Docker does.
//!
//! Both files are hostile: lines that make no sense are passed over.

/// IDs are taken up to here, as by other container runtimes; the kernel reserves the highest.
const MAX_ID: u32 = i32::MAX as u32;
/// As many supplementary groups as the kernel takes.
const MAX_GROUPS: usize = 65_536;

#[derive(Debug, PartialEq, Eq)]
pub struct Identity {
    pub uid: u32,
    pub gid: u32,
    pub groups: Vec<u32>,
    pub home: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum LookupError {
    NoUser,
    NoGroup,
    Malformed,
}

struct PasswdEntry<'a> {
    name: &'a [u8],
    uid: u32,
    gid: u32,
    home: &'a [u8],
}

struct GroupEntry<'a> {
    name: &'a [u8],
    gid: u32,
    members: &'a [u8],
}

/// Finds who `spec` means; an empty one means root.
pub fn resolve(spec: &[u8], passwd: &[u8], group: &[u8]) -> Result<Identity, LookupError> {
    let (user, wanted_group) = match spec.iter().position(|&byte| byte == b':') {
        Some(colon) => (&spec[..colon], Some(&spec[colon + 1..])),
        None => (spec, None),
    };
    if wanted_group.is_some_and(<[u8]>::is_empty) {
        return Err(LookupError::Malformed);
    }
    let user = if user.is_empty() { b"0" } else { user };
    let number = parse_id(user);
    let entry = users(passwd)
        .find(|entry| entry.name == user)
        .or_else(|| users(passwd).find(|entry| number == Some(entry.uid)));
    let mut identity = match (&entry, number) {
        (Some(entry), _) => Identity {
            uid: entry.uid,
            gid: entry.gid,
            groups: Vec::new(),
            home: entry.home.to_vec(),
        },
        (None, Some(uid)) => Identity {
            uid,
            gid: 0,
            groups: Vec::new(),
            home: Vec::new(),
        },
        (None, None) => return Err(LookupError::NoUser),
    };
    match (wanted_group, &entry) {
        (Some(wanted), _) => {
            let number = parse_id(wanted);
            let found = groups(group)
                .find(|entry| entry.name == wanted)
                .or_else(|| groups(group).find(|entry| number == Some(entry.gid)));
            identity.gid = found
                .map(|entry| entry.gid)
                .or(number)
                .ok_or(LookupError::NoGroup)?;
        }
        (None, Some(entry)) => {
            let member_of = groups(group).filter(|one| has_member(one.members, entry.name));
            identity.groups = member_of.map(|one| one.gid).take(MAX_GROUPS).collect();
        }
        (None, None) => {}
    }
    if !identity.home.starts_with(b"/") {
        identity.home = b"/".to_vec();
    }
    Ok(identity)
}

fn parse_id(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 10 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let id = std::str::from_utf8(text).ok()?.parse().ok()?;
    (id <= MAX_ID).then_some(id)
}

fn users(passwd: &[u8]) -> impl Iterator<Item = PasswdEntry<'_>> {
    passwd.split(|&byte| byte == b'\n').filter_map(|line| {
        let mut fields = line.split(|&byte| byte == b':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        let uid = parse_id(fields.nth(1)?)?;
        let gid = parse_id(fields.next()?)?;
        let home = fields.nth(1).unwrap_or_default();
        Some(PasswdEntry {
            name,
            uid,
            gid,
            home,
        })
    })
}

fn groups(group: &[u8]) -> impl Iterator<Item = GroupEntry<'_>> {
    group.split(|&byte| byte == b'\n').filter_map(|line| {
        let mut fields = line.split(|&byte| byte == b':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        let gid = parse_id(fields.nth(1)?)?;
        Some(GroupEntry {
            name,
            gid,
            members: fields.next().unwrap_or_default(),
        })
    })
}

fn has_member(members: &[u8], name: &[u8]) -> bool {
    members
        .split(|&byte| byte == b',')
        .any(|member| member == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Random;

    const PASSWD: &[u8] =
        b"root:x:0:0:root:/root:/bin/sh\nbroken\n:x:5:5::/:\nbig:x:4294967295:0::/:\n\
        web:x:33:33:www:/var/www:/bin/sh\nshort:x:7:8\n1000:x:44:45::/odd:";
    const GROUP: &[u8] = b"root:x:0:\nweb:x:33:\ndocker:x:99:web,root\nplug:x:46:web\nnouser:x:50:webx\nbad:x:-1:web";

    fn identity(spec: &str) -> Result<Identity, LookupError> {
        resolve(spec.as_bytes(), PASSWD, GROUP)
    }

    fn who(uid: u32, gid: u32, groups: &[u32], home: &str) -> Result<Identity, LookupError> {
        Ok(Identity {
            uid,
            gid,
            groups: groups.to_vec(),
            home: home.into(),
        })
    }

    #[test]
    fn finds_users_by_name_and_number() {
        assert_eq!(identity(""), who(0, 0, &[99], "/root"));
        assert_eq!(identity("root"), who(0, 0, &[99], "/root"));
        assert_eq!(identity("web"), who(33, 33, &[99, 46], "/var/www"));
        assert_eq!(identity("33"), who(33, 33, &[99, 46], "/var/www"));
        assert_eq!(identity("1234"), who(1234, 0, &[], "/"));
        assert_eq!(identity("short"), who(7, 8, &[], "/"));
        // A name wins over a number.
        assert_eq!(identity("1000"), who(44, 45, &[], "/odd"));
    }

    #[test]
    fn finds_groups_by_name_and_number() {
        assert_eq!(identity("web:docker"), who(33, 99, &[], "/var/www"));
        assert_eq!(identity("web:77"), who(33, 77, &[], "/var/www"));
        assert_eq!(identity(":46"), who(0, 46, &[], "/root"));
        assert_eq!(identity("9:9"), who(9, 9, &[], "/"));
    }

    #[test]
    fn says_what_is_missing() {
        assert_eq!(identity("nobody"), Err(LookupError::NoUser));
        assert_eq!(identity("big"), Err(LookupError::NoUser));
        assert_eq!(identity("4294967295"), Err(LookupError::NoUser));
        assert_eq!(identity("-1"), Err(LookupError::NoUser));
        assert_eq!(identity("web:bad"), Err(LookupError::NoGroup));
        assert_eq!(identity("web:"), Err(LookupError::Malformed));
    }

    #[test]
    fn takes_any_bytes_for_a_file() {
        let mut random = Random::new(4);
        const LETTERS: &[u8] = b":\n\n::0123456789abcx,\xff\0";
        for _ in 0..3000 {
            let mut noise = || {
                (0..random.below(200))
                    .map(|_| LETTERS[random.below(LETTERS.len())])
                    .collect()
            };
            let (spec, passwd, group): (Vec<u8>, Vec<u8>, Vec<u8>) = (noise(), noise(), noise());
            if let Ok(identity) = resolve(&spec[..spec.len().min(8)], &passwd, &group) {
                assert!(identity.uid <= MAX_ID && identity.gid <= MAX_ID);
                assert!(identity.home.starts_with(b"/"));
            }
        }
    }
}
