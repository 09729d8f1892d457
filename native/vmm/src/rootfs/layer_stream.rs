//! Reads and decompresses layers on a thread of its own, ahead of the one that parses them.
//!
//! Blocks of bytes pass through a bounded channel, base layer first; each layer ends with a mark.
//! A failure passes through it as well and ends it.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use flate2::bufread::MultiGzDecoder;

use super::Control;
use crate::failure::{Failure, Result};

const PIECE: usize = 256 << 10;
/// Pieces that may wait to be parsed.
const DEPTH: usize = 16;
/// A frame may ask for this much memory: `zstd --ultra -22` does, `--long=31` asks for more.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

#[derive(Debug, Clone)]
pub struct Layer {
    pub path: PathBuf,
    pub compression: Compression,
}

enum Message {
    Data(Vec<u8>),
    EndOfLayer,
    Failed(Failure),
}

/// The decompressed bytes of all layers. Ends its thread when dropped.
pub struct LayerStream {
    messages: Option<Receiver<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl LayerStream {
    pub fn start(layers: Vec<Layer>, control: Arc<Control>) -> Result<Self> {
        let (sender, messages) = sync_channel(DEPTH);
        let thread = thread::Builder::new()
            .name("boxlite-layers".into())
            .spawn(move || {
                if let Err(failure) = layers
                    .iter()
                    .try_for_each(|layer| decompress(layer, &control, &sender))
                {
                    // The parser may be gone already; then nobody wants to know.
                    let _ = sender.send(Message::Failed(failure));
                }
            })
            .map_err(|error| {
                Failure::from(error).within("cannot start a thread to decompress layers")
            })?;
        Ok(Self {
            messages: Some(messages),
            thread: Some(thread),
        })
    }

    /// The next layer's bytes.
    pub fn layer(&mut self) -> LayerReader<'_> {
        LayerReader {
            messages: self.messages.as_ref().expect("taken only when dropped"),
            piece: Vec::new(),
            position: 0,
            ended: false,
        }
    }
}

impl Drop for LayerStream {
    fn drop(&mut self) {
        // Without a receiver the thread's next send fails, and it ends.
        self.messages.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// One layer; ends at its mark.
pub struct LayerReader<'a> {
    messages: &'a Receiver<Message>,
    piece: Vec<u8>,
    position: usize,
    ended: bool,
}

impl BufRead for LayerReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position == self.piece.len() && !self.ended {
            self.position = 0;
            self.piece = match self.messages.recv() {
                Ok(Message::Data(piece)) => piece,
                Ok(Message::EndOfLayer) => {
                    self.ended = true;
                    Vec::new()
                }
                Ok(Message::Failed(failure)) => return Err(failure.into()),
                Err(_) => {
                    return Err(Failure::new(
                        crate::failure::Code::Internal,
                        "internal",
                        "the thread that decompresses layers died",
                    )
                    .into());
                }
            };
        }
        Ok(&self.piece[self.position..])
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount;
    }
}

impl Read for LayerReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(buffer.len());
        buffer[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}

fn decompress(layer: &Layer, control: &Arc<Control>, sender: &SyncSender<Message>) -> Result<()> {
    let file = File::open(&layer.path)
        .map_err(|error| Failure::storage("open the layer", &layer.path, &error))?;
    let input = BufReader::with_capacity(
        PIECE,
        Counted {
            file,
            path: &layer.path,
            control,
        },
    );
    match layer.compression {
        Compression::None => pump(input, layer, sender),
        Compression::Gzip => pump(MultiGzDecoder::new(input), layer, sender),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input)
                .map_err(|error| corrupt(layer, &error))?;
            decoder
                .window_log_max(ZSTD_WINDOW_LOG_MAX)
                .map_err(|error| corrupt(layer, &error))?;
            pump(decoder, layer, sender)
        }
    }
}

fn pump(mut source: impl Read, layer: &Layer, sender: &SyncSender<Message>) -> Result<()> {
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        source
            .by_ref()
            .take(PIECE as u64)
            .read_to_end(&mut piece)
            .map_err(|error| match error.downcast::<Failure>() {
                Ok(failure) => failure,
                Err(error) => corrupt(layer, &error),
            })?;
        let is_last = piece.len() < PIECE;
        let gone = |_| Failure::aborted("reading layers");
        if !piece.is_empty() {
            sender.send(Message::Data(piece)).map_err(gone)?;
        }
        if is_last {
            return sender.send(Message::EndOfLayer).map_err(gone);
        }
    }
}

fn corrupt(layer: &Layer, error: &io::Error) -> Failure {
    let reason = if error.kind() == io::ErrorKind::UnexpectedEof {
        "truncated-layer"
    } else {
        "corrupt-layer"
    };
    let format = match layer.compression {
        Compression::None => "tar",
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
    };
    Failure::image(
        reason,
        format!("its {format} data is damaged or cut short ({error})"),
    )
}

/// The layer's file; counts what is read of it and notices an abort.
struct Counted<'a> {
    file: File,
    path: &'a Path,
    control: &'a Control,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.control.check()?;
        let length = self
            .file
            .read(buffer)
            .map_err(|error| Failure::storage("read the layer", self.path, &error))?;
        self.control.add_read(length as u64);
        Ok(length)
    }
}
