//! What goes in: arguments and options, as the program gives them, and how they are written for the bridge.

use std::ffi::c_void;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use crate::cancellation::Cancellation;
use crate::connection::locked;
use crate::failure::Failure;
use crate::node::Node;

/// What the program wants to be given back with its function. BoxLite does nothing else with it.
#[derive(Clone, Copy)]
pub struct UserData(pub *mut c_void);

// SAFETY: the header says which threads the function that it belongs to is called in.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

/// Reads up to `size` bytes into `buffer`: their number, 0 at the end, less when it cannot go on.
pub type ReadFunction =
    unsafe extern "C" fn(data: *mut c_void, buffer: *mut c_void, size: usize) -> i64;
pub type DoneFunction = unsafe extern "C" fn(data: *mut c_void);
pub type NodeFunction = unsafe extern "C" fn(data: *mut c_void, value: *const Node);

/// Bytes that the program gives piece by piece.
#[derive(Clone, Copy)]
pub struct Source {
    pub read: ReadFunction,
    pub done: Option<DoneFunction>,
    pub data: UserData,
}

impl Source {
    /// Tells the program that its function is not called any more.
    pub fn finish(&self) {
        if let Some(done) = self.done {
            // SAFETY: the program has given the function for this, with its data; this is the last call with it.
            unsafe { done(self.data.0) };
        }
    }
}

/// A function of the program that is told something.
#[derive(Clone, Copy)]
pub struct Function {
    pub call: NodeFunction,
    pub data: UserData,
}

#[derive(Clone)]
pub enum Argument {
    /// Not given.
    Nothing,
    Bool(bool),
    Int(i64),
    Number(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// Milliseconds since 1970.
    Date(i64),
    List(Vec<Argument>),
    Map(Vec<(String, Argument)>),
    Stream(Source),
    Function(Function),
    /// What cannot be sent, and why.
    Wrong(&'static str),
}

/// An argument's parts that are not in its JSON.
#[derive(Default)]
pub struct Extras {
    pub body: Vec<Vec<u8>>,
    pub sources: Vec<(u64, Source)>,
    pub functions: Vec<(u64, Function)>,
}

impl Argument {
    pub fn of_bytes(bytes: &[u8]) -> Self {
        std::str::from_utf8(bytes).map_or(Argument::Wrong("a text is not UTF-8"), |text| {
            Argument::Text(text.into())
        })
    }

    /// As the bridge reads it. `number` gives a number for a stream, and for a function.
    pub fn encode(
        &self,
        extras: &mut Extras,
        number: &mut impl FnMut(&Argument) -> u64,
    ) -> Result<Value, Failure> {
        Ok(match self {
            Argument::Nothing => Value::Null,
            Argument::Bool(value) => json!(value),
            Argument::Int(value) => json!(value),
            Argument::Number(value) => json!(value),
            Argument::Text(text) => json!(text),
            Argument::Date(milliseconds) => json!({ "$date": milliseconds }),
            Argument::Bytes(bytes) => {
                let offset: usize = extras.body.iter().map(Vec::len).sum();
                extras.body.push(bytes.clone());
                json!({ "$bytes": [offset, bytes.len()] })
            }
            Argument::List(items) => items
                .iter()
                .map(|item| item.encode(extras, number))
                .collect::<Result<_, _>>()?,
            Argument::Map(fields) => {
                let mut map = Map::new();
                for (name, field) in fields {
                    map.insert(name.clone(), field.encode(extras, number)?);
                }
                Value::Object(map)
            }
            Argument::Stream(source) => {
                let stream = number(self);
                extras.sources.push((stream, *source));
                json!({ "$stream": stream })
            }
            Argument::Function(function) => {
                let callback = number(self);
                extras.functions.push((callback, *function));
                json!({ "$callback": callback })
            }
            Argument::Wrong(why) => return Err(Failure::invalid(why)),
        })
    }
}

/// Options that a program puts together by setters; good for any number of calls.
#[derive(Default)]
pub struct Options {
    fields: Mutex<Vec<(String, Argument)>>,
    cancellation: Mutex<Option<Arc<Cancellation>>>,
}

impl Options {
    pub fn set(&self, name: &str, value: Argument) {
        let mut fields = locked(&self.fields);
        fields.retain(|(known, _)| known != name);
        if !matches!(value, Argument::Nothing) {
            fields.push((name.into(), value));
        }
    }

    pub fn add(&self, name: &str, value: Argument) {
        let mut fields = locked(&self.fields);
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, Argument::List(items))) => items.push(value),
            Some((_, other)) => *other = Argument::List(vec![value]),
            None => fields.push((name.into(), Argument::List(vec![value]))),
        }
    }

    /// An entry of a map.
    pub fn enter(&self, name: &str, key: Option<&[u8]>, value: Argument) {
        let Some(Ok(key)) = key.map(std::str::from_utf8) else {
            return self.set(name, Argument::Wrong("a key is not there, or not UTF-8"));
        };
        let mut fields = locked(&self.fields);
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, Argument::Map(entries))) => {
                entries.retain(|(known, _)| known != key);
                entries.push((key.into(), value));
            }
            Some(_) => {}
            None => fields.push((name.into(), Argument::Map(vec![(key.into(), value)]))),
        }
    }

    pub fn set_cancellation(&self, cancellation: Option<Arc<Cancellation>>) {
        *locked(&self.cancellation) = cancellation;
    }

    pub fn cancellation(&self) -> Option<Arc<Cancellation>> {
        locked(&self.cancellation).clone()
    }

    pub fn argument(&self) -> Argument {
        Argument::Map(locked(&self.fields).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(argument: &Argument) -> Result<Value, Failure> {
        argument.encode(&mut Extras::default(), &mut |_| 7)
    }

    #[test]
    fn options_have_what_was_set_last() {
        let options = Options::default();
        options.set("cpus", Argument::Int(1));
        options.set("cpus", Argument::Int(2));
        options.set("name", Argument::Text("x".into()));
        options.set("name", Argument::Nothing);
        options.add("ports", Argument::Int(80));
        options.add("ports", Argument::Int(81));
        options.enter("env", Some(b"A"), Argument::Text("1".into()));
        options.enter("env", Some(b"A"), Argument::Text("2".into()));
        assert_eq!(
            written(&options.argument()).ok(),
            Some(json!({"cpus": 2, "ports": [80, 81], "env": {"A": "2"}}))
        );
    }

    #[test]
    fn bytes_lie_one_after_another_in_the_body() {
        let mut extras = Extras::default();
        let both = Argument::List(vec![
            Argument::Bytes(b"ab".to_vec()),
            Argument::Bytes(b"c".to_vec()),
        ]);
        assert_eq!(
            both.encode(&mut extras, &mut |_| 0).ok(),
            Some(json!([{"$bytes": [0, 2]}, {"$bytes": [2, 1]}]))
        );
        assert_eq!(extras.body, [b"ab".to_vec(), b"c".to_vec()]);
    }

    #[test]
    fn text_that_is_none_is_refused() {
        assert!(written(&Argument::of_bytes(b"\xff")).is_err());
        let options = Options::default();
        options.enter("env", Some(b"\xff"), Argument::Nothing);
        options.enter("env", Some(b"A"), Argument::Nothing);
        assert!(written(&options.argument()).is_err());
    }
}
