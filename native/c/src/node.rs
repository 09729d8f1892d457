//! What comes out: a tree of data, in which the accessors of the API look things up.

use std::sync::{Arc, LazyLock, OnceLock};

use serde_json::Value;

use crate::connection::Connection;
use crate::handle::Handle;
use crate::stream::{Incoming, Outgoing};
use crate::text::Text;

#[derive(Clone)]
pub enum Node {
    Null,
    Bool(bool),
    /// With its text, for who asks for that.
    Number(f64, OnceLock<Text>),
    Text(Text),
    Bytes(Text),
    List(Vec<Node>),
    Map(Vec<(Text, Node)>),
    Handle(Arc<Handle>),
    Reader(Arc<Incoming<Vec<u8>>>),
    Writer(Arc<Outgoing>),
    Items(Arc<Incoming<Node>>),
}

static WORDS: LazyLock<[Text; 2]> = LazyLock::new(|| [Text::new(b"false"), Text::new(b"true")]);

impl Node {
    /// Makes data of a value of the bridge's, and takes what it names: handles and streams.
    pub fn decode(value: &Value, body: &[u8], connection: &Arc<Connection>) -> Node {
        Self::of(value, body, Some(connection))
    }

    /// As [`Node::decode`], of data that names nothing.
    pub fn plain(value: &Value, body: &[u8]) -> Node {
        Self::of(value, body, None)
    }

    fn of(value: &Value, body: &[u8], connection: Option<&Arc<Connection>>) -> Node {
        match value {
            Value::Null => Node::Null,
            Value::Bool(value) => Node::Bool(*value),
            Value::Number(value) => {
                Node::Number(value.as_f64().unwrap_or_default(), OnceLock::new())
            }
            Value::String(text) => Node::Text(Text::new(text.as_bytes())),
            Value::Array(items) => Node::List(
                items
                    .iter()
                    .map(|item| Self::of(item, body, connection))
                    .collect(),
            ),
            Value::Object(fields) => Self::tagged(value, body, connection).unwrap_or_else(|| {
                Node::Map(
                    fields
                        .iter()
                        .map(|(name, item)| {
                            (Text::new(name.as_bytes()), Self::of(item, body, connection))
                        })
                        .collect(),
                )
            }),
        }
    }

    /// What JSON does not have. No map of the API's can be taken for it: none has numbers or lists under such a name. A `$bigint` has text,
    /// and is left to the accessor, which knows that one is there.
    fn tagged(value: &Value, body: &[u8], connection: Option<&Arc<Connection>>) -> Option<Node> {
        let fields = value.as_object()?;
        let (tag, inner) = fields.iter().next().filter(|_| fields.len() == 1)?;
        match tag.as_str() {
            "$bytes" => {
                let at = inner.get(0)?.as_u64()? as usize;
                let end = at.checked_add(inner.get(1)?.as_u64()? as usize)?;
                Some(Node::Bytes(Text::new(body.get(at..end)?)))
            }
            "$date" => Some(Node::Number(inner.as_f64()?, OnceLock::new())),
            "$handle" => {
                let connection = connection?;
                let properties = Self::of(inner.get("p")?, body, Some(connection));
                Some(Node::Handle(
                    connection.handle(inner.get("h")?.as_u64()?, properties),
                ))
            }
            "$readable" => Some(Node::Reader(connection?.readable(inner.as_u64()?))),
            "$writable" => Some(Node::Writer(connection?.writable(inner.as_u64()?))),
            "$items" => Some(Node::Items(connection?.items(inner.as_u64()?))),
            _ => None,
        }
    }

    pub fn field(&self, name: &str) -> Option<&Node> {
        let Node::Map(fields) = self else { return None };
        fields
            .iter()
            .find(|(key, _)| key.bytes() == name.as_bytes())
            .map(|(_, node)| node)
    }

    /// As text: what it is, or for numbers and truth values how JSON writes them.
    pub fn text(&self) -> Option<&Text> {
        match self {
            Node::Text(text) | Node::Bytes(text) => Some(text),
            Node::Bool(value) => Some(&WORDS[usize::from(*value)]),
            Node::Number(value, text) => {
                Some(text.get_or_init(|| Text::new(value.to_string().as_bytes())))
            }
            _ => None,
        }
    }

    pub fn number(&self) -> Option<f64> {
        if let Node::Number(value, _) = self {
            Some(*value)
        } else {
            None
        }
    }

    pub fn bigint(&self) -> Option<u64> {
        std::str::from_utf8(self.field("$bigint")?.text()?.bytes())
            .ok()?
            .parse()
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bytes_are_those_of_the_body() {
        let text = |value: Value| {
            Node::plain(&value, b"abcdef")
                .text()
                .map(|text| text.bytes().to_vec())
        };
        assert_eq!(text(json!({"$bytes": [1, 3]})), Some(b"bcd".to_vec()));
        for outside in [
            json!([4, 3]),
            json!([u64::MAX, 2]),
            json!([1]),
            json!(["1", 2]),
        ] {
            assert_eq!(text(json!({ "$bytes": outside })), None);
        }
    }

    #[test]
    fn labels_that_look_like_something_else_are_labels() {
        for name in ["$bytes", "$date", "$handle", "$readable", "$bigint"] {
            let labels = Node::plain(&json!({ name: "12" }), b"");
            assert_eq!(
                labels.field(name).and_then(Node::text).map(Text::bytes),
                Some(&b"12"[..])
            );
        }
    }

    #[test]
    fn numbers_have_a_text() {
        let text = |value: Value| {
            Node::plain(&value, b"")
                .text()
                .map(|text| String::from_utf8_lossy(text.bytes()).into_owned())
        };
        assert_eq!(text(json!(12)).as_deref(), Some("12"));
        assert_eq!(text(json!(1.5)).as_deref(), Some("1.5"));
        assert_eq!(text(json!(true)).as_deref(), Some("true"));
        assert_eq!(text(json!(null)), None);
        assert_eq!(
            Node::plain(&json!({"$bigint": "18446744073709551615"}), b"").bigint(),
            Some(u64::MAX)
        );
    }
}
