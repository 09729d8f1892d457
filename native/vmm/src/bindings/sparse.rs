use napi::{
    Env,
    bindgen_prelude::{Object, Uint32Array},
};
use napi_derive::napi;

use super::{
    background,
    work::{Cancellation, durability},
};
use crate::{
    failure::Failure,
    sparse::{self, CopyRequest},
};

#[napi(object)]
pub struct NativeCopyRequest {
    pub from: String,
    pub to: String,
    /// Infinity for no limit.
    pub max_data_bytes: f64,
    pub sync: bool,
}

#[napi(object)]
pub struct NativeCopied {
    pub reflink: bool,
    pub data_bytes: f64,
}

#[napi]
pub fn copy_sparse<'env>(
    env: &'env Env,
    request: NativeCopyRequest,
    cancellation: &Cancellation,
) -> napi::Result<Object<'env>> {
    let flag = cancellation.flag.clone();
    background::run(env, "boxlite-copy", move || {
        let request = CopyRequest {
            from: request.from.into(),
            to: request.to.into(),
            max_data_bytes: request.max_data_bytes as u64,
            durability: durability(request.sync),
        };
        let copied = sparse::copy(&request, &flag).map_err(Failure::or_exhausted)?;
        Ok(NativeCopied {
            reflink: copied.reflink,
            data_bytes: copied.data_bytes as f64,
        })
    })
}

#[napi]
pub fn can_reflink<'env>(env: &'env Env, directory: String) -> napi::Result<Object<'env>> {
    background::run(env, "boxlite-copy", move || {
        sparse::can_reflink(directory.as_ref()).map_err(Failure::or_exhausted)
    })
}

/// 16 hexadecimal digits.
#[napi]
pub fn checksum_file<'env>(
    env: &'env Env,
    path: String,
    cancellation: &Cancellation,
) -> napi::Result<Object<'env>> {
    let flag = cancellation.flag.clone();
    background::run(env, "boxlite-checksum", move || {
        Ok(format!("{:016x}", sparse::checksum(path.as_ref(), &flag)?))
    })
}

#[napi(object)]
pub struct NativeDataBlocks {
    pub blocks: Uint32Array,
    pub data_bytes: f64,
}

#[napi]
pub fn data_blocks<'env>(
    env: &'env Env,
    path: String,
    block_bytes: f64,
    cancellation: &Cancellation,
) -> napi::Result<Object<'env>> {
    let flag = cancellation.flag.clone();
    background::run(env, "boxlite-blocks", move || {
        let found = sparse::data_blocks(path.as_ref(), block_bytes as u64, &flag)?;
        Ok(NativeDataBlocks {
            blocks: Uint32Array::new(found.blocks),
            data_bytes: found.data_bytes as f64,
        })
    })
}
