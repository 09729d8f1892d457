use std::os::fd::{AsFd, OwnedFd};

use hyper::rt::{Read, ReadBuf, Write};
use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::*;
use crate::portal::frames::tests::frame;
use crate::portal::greeting::tests::greeting;
use crate::test::Random;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The port's two ends. Like the port, they keep pieces apart.
fn port() -> (OwnedFd, Rc<Port>) {
    let flags = SocketFlags::NONBLOCK;
    let (host, guest) =
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
    (host, Rc::new(Port::new(guest).unwrap()))
}

fn hello() -> Greeting {
    greeting(&mut Random::new(7), b'1')
}

/// The bytes that come, read as HTTP/2 does, `size` at a time; empty at the end.
async fn read(stream: &PortalStream, size: usize) -> Vec<u8> {
    let mut space = vec![MaybeUninit::uninit(); size];
    let mut buffer = ReadBuf::uninit(&mut space);
    std::future::poll_fn(|cx| Pin::new(&mut stream.clone()).poll_read(cx, buffer.unfilled()))
        .await
        .unwrap();
    buffer.filled().to_vec()
}

async fn read_all(stream: &PortalStream, size: usize, length: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < length {
        let piece = read(stream, size).await;
        assert!(!piece.is_empty());
        all.extend(piece);
    }
    all
}

#[tokio::test]
async fn passes_on_a_session_and_ends_it_at_a_hello_in_a_frame() {
    for size in [1, 7, 24, 4096, 10_000] {
        let (host, guest) = port();
        let stream = PortalStream::new(guest, PREFACE[..10].to_vec(), &hello());
        let frames = frame(&[7; 9000]);
        // Cut in the middle of the payload.
        let session = [PREFACE, &frames[..5000]].concat();
        for piece in session[10..].chunks(1000) {
            rustix::io::write(&host, piece).unwrap();
        }
        let other = greeting(&mut Random::new(8), b'1');
        rustix::io::write(&host, other.bytes()).unwrap();
        assert_eq!(read_all(&stream, size, session.len()).await, session);
        assert_eq!(stream.over(), None);
        assert_eq!(read(&stream, size).await, b"");
        assert_eq!(stream.over(), Some(Over::Interrupted(other)));
    }
}

#[tokio::test]
async fn sees_a_hello_while_nobody_takes_its_output() {
    let (host, guest) = port();
    let stream = PortalStream::new(guest, PREFACE.to_vec(), &hello());
    // More than the port takes: HTTP/2 has to wait, and does not read.
    let bytes = vec![0; 16 * 1024];
    let full = |cx: &mut Context<'_>| {
        let mut stream = stream.clone();
        loop {
            match Pin::new(&mut stream).poll_write(cx, &bytes) {
                Poll::Ready(result) => result.unwrap(),
                Poll::Pending => return Poll::Ready(()),
            };
            stream.send(cx).unwrap();
        }
    };
    std::future::poll_fn(full).await;
    let data = frame(&[1; 3000]);
    rustix::io::write(&host, &data).unwrap();
    rustix::io::write(&host, hello().bytes()).unwrap();
    let over = std::future::poll_fn(|cx| {
        stream.look_ahead(cx).unwrap();
        match stream.over() {
            None => Poll::Pending,
            Some(over) => Poll::Ready(over),
        }
    })
    .await;
    assert_eq!(over, Over::Interrupted(hello()));
    // What came before it is still there.
    let before = read_all(&stream, 100, PREFACE.len() + data.len()).await;
    assert_eq!(before, [PREFACE, &data].concat());
    assert_eq!(read(&stream, 100).await, b"");
}

#[tokio::test]
async fn wakes_its_reader_also_when_it_looked_ahead() {
    let (host, guest) = port();
    let stream = PortalStream::new(guest, Vec::new(), &hello());
    let turns = async {
        let mut read_bytes = 0;
        std::future::poll_fn(|cx| {
            let mut space = [MaybeUninit::uninit(); 50];
            loop {
                let mut buffer = ReadBuf::uninit(&mut space);
                match Pin::new(&mut stream.clone()).poll_read(cx, buffer.unfilled()) {
                    Poll::Ready(result) => result.unwrap(),
                    Poll::Pending => break,
                }
                read_bytes += buffer.filled().len();
            }
            stream.look_ahead(cx).unwrap();
            if read_bytes == 10 * 100 {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    };
    let sends = async {
        for _ in 0..10 {
            rustix::io::write(host.as_fd(), &[b'x'; 100]).unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    let both = async {
        let (mut turns, mut sends) = (std::pin::pin!(turns), std::pin::pin!(sends));
        let mut sent = false;
        std::future::poll_fn(|cx| {
            sent = sent || sends.as_mut().poll(cx).is_ready();
            turns.as_mut().poll(cx)
        })
        .await;
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), both)
        .await
        .unwrap();
}

#[tokio::test]
async fn ends_when_the_host_hangs_up() {
    let (host, guest) = port();
    let stream = PortalStream::new(guest, Vec::new(), &hello());
    rustix::io::write(&host, b"PRI").unwrap();
    drop(host);
    assert_eq!(read(&stream, 100).await, b"PRI");
    assert_eq!(read(&stream, 100).await, b"");
    assert_eq!(stream.over(), Some(Over::HungUp));
}

#[tokio::test]
async fn goes_on_after_a_hang_up_that_does_not_last() {
    // A FIFO tells the end of its writers as the port tells that of its host, and takes new ones.
    let path = std::env::temp_dir().join(format!("boxlite-portal-{}", std::process::id()));
    let mode = Mode::from(0o600);
    rustix::fs::mknodat(CWD, &path, FileType::Fifo, mode, 0).unwrap();
    let open = |flags| rustix::fs::open(&path, flags | OFlags::NONBLOCK, Mode::empty()).unwrap();
    let port = Port::new(open(OFlags::RDONLY)).unwrap();
    let stream = PortalStream::new(Rc::new(port), Vec::new(), &hello());
    let connected = async {
        for text in ["PRI * ", "HTTP/2.0"] {
            tokio::time::sleep(HANG_UP / 5).await;
            let host = open(OFlags::WRONLY);
            rustix::io::write(&host, text.as_bytes()).unwrap();
        }
    };
    let reads = async { read_all(&stream, 100, 14).await };
    let (mut connected, mut reads) = (std::pin::pin!(connected), std::pin::pin!(reads));
    let mut done = false;
    let all = std::future::poll_fn(|cx| {
        done = done || connected.as_mut().poll(cx).is_ready();
        reads.as_mut().poll(cx)
    });
    assert_eq!(all.await, b"PRI * HTTP/2.0");
    assert_eq!(stream.over(), None);
    assert_eq!(read(&stream, 100).await, b"");
    assert_eq!(stream.over(), Some(Over::HungUp));
    std::fs::remove_file(&path).unwrap();
}
