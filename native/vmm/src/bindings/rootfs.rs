use std::sync::Arc;

use napi::{
    Env,
    bindgen_prelude::{Function, Object},
    threadsafe_function::ThreadsafeFunctionCallMode,
};
use napi_derive::napi;

use super::background;
use crate::rootfs::{self, Built, Compression, Control, Layer, Limits, Request};

#[napi(object)]
pub struct NativeLayer {
    pub path: String,
    /// `none`, `gzip` or `zstd`.
    pub compression: String,
}

#[napi(object)]
pub struct NativeRootfsRequest {
    pub layers: Vec<NativeLayer>,
    /// Made when missing.
    pub directories: Vec<String>,
    pub output: String,
    pub max_entries: f64,
    pub max_bytes: f64,
}

#[napi(object)]
pub struct NativeRootfs {
    pub size_bytes: f64,
    pub entries: f64,
}

/// A running build.
#[napi]
pub struct RootfsBuild {
    control: Arc<Control>,
    request: Option<Request>,
}

#[napi]
impl RootfsBuild {
    #[napi(constructor)]
    pub fn new(
        request: NativeRootfsRequest,
        on_progress: Function<'_, f64, ()>,
    ) -> napi::Result<Self> {
        // Weak: telling progress does not keep the event loop alive, the promise does.
        let progress = on_progress
            .build_threadsafe_function::<f64>()
            .callee_handled::<false>()
            .weak::<true>()
            .build()?;
        let control = Control::new(move |bytes| {
            progress.call(bytes as f64, ThreadsafeFunctionCallMode::NonBlocking);
        });
        Ok(Self {
            control: Arc::new(control),
            request: Some(decode(request)?),
        })
    }

    /// Builds the image. Once only.
    #[napi]
    pub fn run<'env>(&mut self, env: &'env Env) -> napi::Result<Object<'env>> {
        let control = Arc::clone(&self.control);
        let request = self
            .request
            .take()
            .ok_or_else(|| napi::Error::from_reason("this build has run already"))?;
        background::run(env, "boxlite-rootfs", move || {
            let Built {
                size_bytes,
                entries,
            } = rootfs::build(request, &control)?;
            Ok(NativeRootfs {
                size_bytes: size_bytes as f64,
                entries: entries as f64,
            })
        })
    }

    /// Lets `run` reject soon, with the reason `aborted`.
    #[napi]
    pub fn abort(&self) {
        self.control.abort();
    }
}

fn decode(request: NativeRootfsRequest) -> napi::Result<Request> {
    let layers = request.layers.into_iter().map(|layer| {
        let compression = match layer.compression.as_str() {
            "none" => Compression::None,
            "gzip" => Compression::Gzip,
            "zstd" => Compression::Zstd,
            other => {
                return Err(napi::Error::from_reason(format!(
                    "there is no compression {other:?}"
                )));
            }
        };
        Ok(Layer {
            path: layer.path.into(),
            compression,
        })
    });
    Ok(Request {
        layers: layers.collect::<napi::Result<_>>()?,
        directories: request.directories,
        output: request.output.into(),
        limits: Limits {
            max_entries: request.max_entries as u64,
            max_bytes: request.max_bytes as u64,
        },
    })
}
