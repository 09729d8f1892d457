use serde_json::{Value, json};

use crate::node::Node;

/// An error as the bridge sends it, or of this side's own: a map of `code`, `message`, `reason`, `cause`, `result`.
#[derive(Clone)]
pub struct Failure(Node);

impl Failure {
    pub fn new(code: &str, message: &str, reason: Option<&str>) -> Self {
        let mut fields = json!({ "code": code, "message": message });
        if let Some(reason) = reason {
            fields["reason"] = json!(reason);
        }
        Self::of(&fields, &[])
    }

    /// That of a frame. What it carries is plain data.
    pub fn of(fields: &Value, body: &[u8]) -> Self {
        Self(Node::plain(fields, body))
    }

    /// What says a field is wrong that the program has given.
    pub fn invalid(message: &str) -> Self {
        Self::new("InvalidArgument", message, None)
    }

    pub fn node(&self) -> &Node {
        &self.0
    }
}
