//! What C sees. Everything that goes out is a pointer to something of this library's own, and comes back to be let go of; what is in it is
//! read and changed by functions only, so that its layout is nobody's concern but this library's.

#[rustfmt::skip]
mod generated;
mod get;
mod lifetime;
mod method;
mod set;
mod streams;
