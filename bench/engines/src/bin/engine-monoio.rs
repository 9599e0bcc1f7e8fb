//! The proxy on monoio, with the flags of a ring that its builder takes.
use engines::{BUFFER, Framing, addresses, connect, listen};
use monoio::buf::{IoBuf, IoBufMut};
use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use std::io;

/// Passes one message on; the buffer comes back, with what is left over. `None`: the connection is over.
async fn pass(from: &mut TcpStream, to: &mut TcpStream, mut buf: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let mut framing = Framing::default();
    loop {
        let mut ends = false;
        if !buf.is_empty() {
            let ready = framing.ready(&buf)?;
            ends = ready.ends;
            if ready.len > 0 {
                let (result, slice) = to.write_all(buf.slice(..ready.len)).await;
                result?;
                buf = slice.into_inner();
                let left = buf.len() - ready.len;
                buf.copy_within(ready.len.., 0);
                buf.truncate(left);
            }
        }
        if ends {
            return Ok(Some(buf));
        }
        let have = buf.len();
        let (result, slice) = from.read(buf.slice_mut(have..)).await;
        let n = result?;
        buf = slice.into_inner();
        if n == 0 {
            return Ok(None);
        }
    }
}

async fn serve(mut client: TcpStream, mut server: TcpStream) -> io::Result<()> {
    let mut bufs = (Vec::with_capacity(BUFFER), Vec::with_capacity(BUFFER));
    loop {
        let Some(request) = pass(&mut client, &mut server, bufs.0).await? else { return Ok(()) };
        let Some(answer) = pass(&mut server, &mut client, bufs.1).await? else { return Ok(()) };
        bufs = (request, answer);
    }
}

fn main() -> io::Result<()> {
    let (addr, origin) = addresses();
    let mut ring = io_uring_06::IoUring::builder();
    ring.setup_single_issuer().setup_defer_taskrun().setup_coop_taskrun();
    let mut runtime = monoio::RuntimeBuilder::<monoio::IoUringDriver>::new()
        .with_entries(1_024)
        .uring_builder(ring)
        .build()?;
    runtime.block_on(async move {
        let listener = TcpListener::from_std(listen(addr)?)?;
        loop {
            let (client, _) = listener.accept().await?;
            client.set_nodelay(true)?;
            let server = TcpStream::from_std(connect(origin)?)?;
            monoio::spawn(async move {
                let _ = serve(client, server).await;
            });
        }
    })
}
