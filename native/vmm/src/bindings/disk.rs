use napi::{
    Env,
    bindgen_prelude::{Function, Object},
    threadsafe_function::ThreadsafeFunctionCallMode,
};
use napi_derive::napi;

use super::{
    background,
    work::{Cancellation, NativeWritten, durability},
};
use crate::{
    disk::{self, Flatten, Format, Layer},
    failure::{Failure, Result},
};

/// Makes a disk of this many MiB.
#[napi]
pub fn format_disk<'env>(
    env: &'env Env,
    path: String,
    size_mib: f64,
) -> napi::Result<Object<'env>> {
    background::run(env, "boxlite-format", move || -> Result<()> {
        crate::ext4::format(path.as_ref(), size_mib as u64)
    })
}

#[napi]
pub fn create_overlay<'env>(
    env: &'env Env,
    path: String,
    size_bytes: f64,
    sync: bool,
) -> napi::Result<Object<'env>> {
    background::run(env, "boxlite-overlay", move || {
        disk::create(path.as_ref(), size_bytes as u64, durability(sync))
            .map_err(Failure::or_exhausted)
    })
}

#[napi(object)]
pub struct NativeDiskLayer {
    pub path: String,
    /// `raw` or `qcow2`.
    pub format: String,
}

impl TryFrom<NativeDiskLayer> for Layer {
    type Error = Failure;

    fn try_from(layer: NativeDiskLayer) -> Result<Self> {
        let format = match layer.format.as_str() {
            "raw" => Format::Raw,
            "qcow2" => Format::Qcow2,
            other => {
                return Err(Failure::invalid_argument(format!(
                    "there is no disk format {other:?}"
                )));
            }
        };
        Ok(Self {
            path: layer.path.into(),
            format,
        })
    }
}

/// The virtual size.
#[napi]
pub fn inspect_layer<'env>(env: &'env Env, layer: NativeDiskLayer) -> napi::Result<Object<'env>> {
    background::run(env, "boxlite-disk", move || {
        Ok(disk::inspect(&layer.try_into()?)? as f64)
    })
}

#[napi(object)]
pub struct NativeFlattenRequest {
    pub layers: Vec<NativeDiskLayer>,
    pub output: String,
    pub sync: bool,
}

#[napi(object)]
pub struct NativeProgress {
    pub done_bytes: f64,
    pub total_bytes: f64,
}

#[napi]
pub fn flatten_disk<'env>(
    env: &'env Env,
    request: NativeFlattenRequest,
    cancellation: &Cancellation,
    on_progress: Function<'_, NativeProgress, ()>,
) -> napi::Result<Object<'env>> {
    let flag = cancellation.flag.clone();
    // Weak: telling progress does not keep the event loop alive, the promise does.
    let progress = on_progress
        .build_threadsafe_function::<NativeProgress>()
        .callee_handled::<false>()
        .weak::<true>()
        .build()?;
    background::run(env, "boxlite-disk", move || {
        let layers = request.layers.into_iter().map(Layer::try_from);
        let request = Flatten {
            layers: layers.collect::<Result<_>>()?,
            output: request.output.into(),
            durability: durability(request.sync),
        };
        let tell = |done: u64, total: u64| {
            let told = NativeProgress {
                done_bytes: done as f64,
                total_bytes: total as f64,
            };
            progress.call(told, ThreadsafeFunctionCallMode::NonBlocking);
        };
        let size_bytes =
            disk::flatten(&request, tell, &flag).map_err(Failure::or_exhausted)? as f64;
        Ok(NativeWritten { size_bytes })
    })
}
