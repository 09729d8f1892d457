//! The way to the host: a virtio-serial port, the greeting that starts a session on it, and the sessions.
//!
//! ```text
//! device::open ──▶ idle ──hello──▶ session (HTTP/2) ──hang-up, new greeting or protocol error──▶ idle
//!                  │  ▲
//!                  probe
//! ```
//!
//! There is one session at a time. What runs in the container does not depend on it.

mod device;
mod frames;
mod greeting;
mod idle;
mod port;
mod session;
mod stream;

pub use device::open;
pub use session::{Session, serve};
