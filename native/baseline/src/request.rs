//! The requests: a word and its arguments on one line.
//!
//! | line | answer |
//! | --- | --- |
//! | `echo TEXT` | the same line |
//! | `exec PROGRAM [ARG…]` | what `busybox PROGRAM ARG…` prints, then `exit CODE` on a line (−1 when a signal ended it) |
//! | `send N` | N zero bytes |
//! | `pour PROGRAM [ARG…]` | what `busybox PROGRAM ARG…` prints, which has the port itself as its stdout |
//! | `receive N` | `received N` when the N bytes that follow the line have come |

#[derive(Debug, PartialEq, Eq)]
pub enum Request<'a> {
    Echo,
    Exec(Vec<&'a str>),
    Pour(Vec<&'a str>),
    Send(u64),
    Receive(u64),
}

impl<'a> Request<'a> {
    /// Reads a line without its end; `None` for what is no request.
    pub fn parse(line: &'a str) -> Option<Self> {
        let (word, rest) = line.split_once(' ')?;
        match word {
            "echo" => Some(Self::Echo),
            "exec" => Some(Self::Exec(rest.split(' ').collect())),
            "pour" => Some(Self::Pour(rest.split(' ').collect())),
            "send" => rest.parse().ok().map(Self::Send),
            "receive" => rest.parse().ok().map(Self::Receive),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Request;

    #[test]
    fn reads_each_request() {
        assert_eq!(Request::parse("echo hi there"), Some(Request::Echo));
        assert_eq!(
            Request::parse("exec echo hi"),
            Some(Request::Exec(vec!["echo", "hi"]))
        );
        assert_eq!(
            Request::parse("send 268435456"),
            Some(Request::Send(268_435_456))
        );
        assert_eq!(
            Request::parse("pour cat /init"),
            Some(Request::Pour(vec!["cat", "/init"]))
        );
        assert_eq!(Request::parse("receive 0"), Some(Request::Receive(0)));
    }

    #[test]
    fn refuses_what_is_none() {
        for line in ["", "echo", "send", "send -1", "send many", "stop now"] {
            assert_eq!(Request::parse(line), None, "{line}");
        }
    }
}
