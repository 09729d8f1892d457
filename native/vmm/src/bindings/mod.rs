//! What JavaScript sees: plain data in and out, no logic. Doubles stand for counts and sizes, which stay far below 2^53.

mod background;
mod copy;
mod disk;
mod failure;
mod host;
mod memory;
mod rootfs;
mod sparse;
mod work;
