//! What is attacked: named on the command line, as an intruder may know or guess it.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::str::FromStr;

pub struct Targets(BTreeMap<String, String>);

impl Targets {
    /// Of `NAME=VALUE`.
    pub fn parse(args: &[&str]) -> Self {
        let pairs = args.iter().filter_map(|arg| arg.split_once('='));
        Targets(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// # Panics
    /// If there is none; an attempt asks for those only that it names.
    pub fn text(&self, name: &str) -> &str {
        &self.0[name]
    }

    pub fn path(&self, name: &str) -> CString {
        CString::new(self.text(name)).expect("arguments have no NUL bytes")
    }

    pub fn number<T: FromStr>(&self, name: &str) -> T {
        let Ok(number) = self.text(name).parse() else {
            panic!("{name} is no number")
        };
        number
    }
}
