use std::io::{self, IoSliceMut, Write};
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::process::Command;

use epore::net::UnixStream;

use crate::control::{ask_for_credentials, send_descriptor};
use crate::support::polls::{poll_once, run};
use crate::support::unix::{pair, registered_pair};

/// The system ends a read behind a message that carries a descriptor. It was taken for the last one, and the next never read.
#[test]
fn a_message_behind_one_with_a_descriptor_is_read() -> io::Result<()> {
    run(async {
        let (stream, peer) = pair()?;
        send_descriptor(&peer, b'a', &peer)?;
        (&peer).write_all(b"b")?;
        assert_eq!((stream.try_read(&mut [0; 16])?, stream.read(&mut [0; 16]).await?), (1, 1));

        let (stream, peer) = registered_pair().await?;
        both_are_read(&stream, || {
            send_descriptor(&peer, b'a', &peer)?;
            (&peer).write_all(b"b")
        })
        .await
    })
}

/// It also ends one between two senders, if who they are is asked for.
#[test]
fn a_message_of_another_sender_is_read() -> io::Result<()> {
    run(async {
        let (stream, peer) = registered_pair().await?;
        ask_for_credentials(&stream)?;
        both_are_read(&stream, || {
            (&peer).write_all(b"a")?;
            let printed = Command::new("printf").arg("b").stdout(OwnedFd::from(peer.try_clone()?)).status()?;
            assert!(printed.success());
            Ok(())
        })
        .await
    })
}

/// Two messages of one byte, sent while it waits, into one buffer and into several.
async fn both_are_read(stream: &UnixStream, send: impl Fn() -> io::Result<()>) -> io::Result<()> {
    let (mut one, mut other) = ([0; 16], [0; 16]);
    let mut first = pin!(stream.read(&mut one));
    assert!(poll_once(first.as_mut()).await.is_pending());
    send()?;
    assert_eq!((first.await?, stream.read(&mut other).await?), (1, 1));

    let (mut one, mut other) = ([0; 8], [0; 8]);
    let mut buffers = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut other)];
    {
        let mut first = pin!(stream.read_vectored(&mut buffers));
        assert!(poll_once(first.as_mut()).await.is_pending());
        send()?;
        assert_eq!(first.await?, 1);
    }
    assert_eq!(stream.read_vectored(&mut buffers).await?, 1);
    Ok(())
}
