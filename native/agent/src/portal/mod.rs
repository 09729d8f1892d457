//! The way to the host: a virtio-serial port, the handshake that starts a session on it, and the sessions.
//!
//! ```text
//! device::open ──▶ idle ──hello──▶ session (HTTP/2) ──hang-up, new hello or protocol error──▶ idle
//! ```
//!
//! There is one session at a time. What runs in the container does not depend on it.

mod device;
mod handshake;
mod idle;
mod session;
mod stream;

pub use device::open;
pub use session::serve;
