//! Accessors: what is in a result, in an error, or known of a handle. Null where nothing is, or something of another kind.

use std::ffi::{c_char, c_int};
use std::ptr::{from_ref, null};
use std::sync::Arc;

use crate::abi::generated::ERROR_CODES;
use crate::failure::Failure;
use crate::handle::Handle;
use crate::node::Node;
use crate::stream::{Incoming, Outgoing};
use crate::text::Text;

pub type Reader = Incoming<Vec<u8>>;
pub type Items = Incoming<Node>;

/// What has fields. They are there as long as it is.
pub trait Fields {
    fn look_up(&self, name: &str) -> Option<*const Node>;
}

impl Fields for Node {
    fn look_up(&self, name: &str) -> Option<*const Node> {
        self.field(name).map(from_ref)
    }
}

impl Fields for Failure {
    fn look_up(&self, name: &str) -> Option<*const Node> {
        self.node().look_up(name)
    }
}

impl Fields for Handle {
    fn look_up(&self, name: &str) -> Option<*const Node> {
        self.property(name)
    }
}

/// # Safety
/// The pointer is null, or this library's and not freed; what is returned is used before it is.
pub unsafe fn field<'a, T: Fields>(this: *const T, name: &str) -> Option<&'a Node> {
    unsafe {
        this.as_ref()
            .and_then(|this| this.look_up(name))
            .map(|node| &*node)
    }
}

/// An accessor of a field.
macro_rules! getter {
    ($name:ident($this:ty), $field:literal, $kind:ident) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(
            this: *const $this,
        ) -> <$crate::abi::get::$kind as $crate::abi::get::Kind>::C {
            unsafe {
                <$crate::abi::get::$kind as $crate::abi::get::Kind>::of($crate::abi::get::field(
                    this, $field,
                ))
            }
        }
    };
    // Where null means something else than 0.
    ($name:ident($this:ty), $field:literal, optional $kind:ident) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(
            this: *const $this,
            value: *mut <$crate::abi::get::$kind as $crate::abi::get::Kind>::C,
        ) -> bool {
            let Some(node) = (unsafe { $crate::abi::get::field(this, $field) })
                .filter(|node| !matches!(node, $crate::node::Node::Null))
            else {
                return false;
            };
            if let Some(value) = unsafe { value.as_mut() } {
                *value = <$crate::abi::get::$kind as $crate::abi::get::Kind>::of(Some(node));
            }
            true
        }
    };
}

/// The items of a list, and the entries of a map.
macro_rules! list {
    ($count:ident, $at:ident, $kind:ident) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $count(this: *const $crate::node::Node) -> usize {
            unsafe { $crate::abi::get::count(this) }
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $at(
            this: *const $crate::node::Node,
            index: usize,
        ) -> <$crate::abi::get::$kind as $crate::abi::get::Kind>::C {
            <$crate::abi::get::$kind as $crate::abi::get::Kind>::of(
                unsafe { $crate::abi::get::at(this, index) }.map(|(_, node)| node),
            )
        }
    };
    ($count:ident, $key:ident, $at:ident, $find:ident, $kind:ident) => {
        list!($count, $at, $kind);

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $key(
            this: *const $crate::node::Node,
            index: usize,
        ) -> *const std::ffi::c_char {
            unsafe { $crate::abi::get::at(this, index) }
                .and_then(|(key, _)| key)
                .map_or(std::ptr::null(), $crate::text::Text::as_ptr)
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $find(
            this: *const $crate::node::Node,
            key: *const std::ffi::c_char,
        ) -> <$crate::abi::get::$kind as $crate::abi::get::Kind>::C {
            <$crate::abi::get::$kind as $crate::abi::get::Kind>::of(unsafe {
                $crate::abi::get::find(this, key)
            })
        }
    };
}

pub(super) use {getter, list};

/// What an accessor gives.
pub trait Kind {
    type C;
    fn of(node: Option<&Node>) -> Self::C;
}

macro_rules! kinds {
    ($($name:ident -> $c:ty: $node:ident => $value:expr;)*) => {
        $(
            pub struct $name;
            impl Kind for $name {
                type C = $c;
                fn of($node: Option<&Node>) -> $c {
                    $value
                }
            }
        )*
    };
}

kinds! {
    AsText -> *const c_char: node => node.and_then(Node::text).map_or(null(), Text::as_ptr);
    AsInt -> i64: node => node.and_then(Node::number).unwrap_or_default() as i64;
    AsFloat -> f64: node => node.and_then(Node::number).unwrap_or_default();
    AsFlag -> bool: node => matches!(node, Some(Node::Bool(true)));
    AsBigint -> u64: node => node.and_then(Node::bigint).unwrap_or_default();
    AsStruct -> *const Node: node => node.filter(|node| matches!(node, Node::Map(_))).map_or(null(), from_ref);
    AsList -> *const Node: node => node.filter(|node| matches!(node, Node::List(_))).map_or(null(), from_ref);
    AsBytes -> *const Node: node => node.filter(|node| matches!(node, Node::Bytes(_))).map_or(null(), from_ref);
    AsHandle -> *const Handle: node => if let Some(Node::Handle(handle)) = node { Arc::as_ptr(handle) } else { null() };
    AsReader -> *const Reader: node => if let Some(Node::Reader(stream)) = node { Arc::as_ptr(stream) } else { null() };
    AsWriter -> *const Outgoing: node => if let Some(Node::Writer(stream)) = node { Arc::as_ptr(stream) } else { null() };
    AsCode -> c_int: node => code_of(node);
}

/// The number of an error's code; one that this version does not know is `Internal`.
fn code_of(node: Option<&Node>) -> c_int {
    let name = node
        .and_then(Node::text)
        .map(Text::bytes)
        .unwrap_or_default();
    let number = |name: &[u8]| ERROR_CODES.iter().position(|code| code.as_bytes() == name);
    number(name)
        .or_else(|| number(b"Internal"))
        .unwrap_or_default() as c_int
        + 1
}

pub unsafe fn count(this: *const Node) -> usize {
    match unsafe { this.as_ref() } {
        Some(Node::List(items)) => items.len(),
        Some(Node::Map(entries)) => entries.len(),
        _ => 0,
    }
}

pub unsafe fn at<'a>(this: *const Node, index: usize) -> Option<(Option<&'a Text>, &'a Node)> {
    match unsafe { this.as_ref() } {
        Some(Node::List(items)) => items.get(index).map(|node| (None, node)),
        Some(Node::Map(entries)) => entries.get(index).map(|(key, node)| (Some(key), node)),
        _ => None,
    }
}

pub unsafe fn find<'a>(this: *const Node, key: *const c_char) -> Option<&'a Node> {
    let key = unsafe { crate::text::bytes_of(key) }?;
    let Some(Node::Map(entries)) = (unsafe { this.as_ref() }) else {
        return None;
    };
    entries
        .iter()
        .find(|(known, _)| known.bytes() == key)
        .map(|(_, node)| node)
}
