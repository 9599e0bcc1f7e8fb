//! The proxy on glommio, one executor on the core it finds itself on.
use engines::{BUFFER, Framing, addresses};
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use glommio::net::{TcpListener, TcpStream};
use glommio::{LocalExecutorBuilder, Placement};
use std::io;

/// Passes one message on; what is left over stays in the buffer. `false`: the connection is over.
async fn pass(
    from: &mut TcpStream,
    to: &mut TcpStream,
    buf: &mut [u8],
    have: &mut usize,
) -> io::Result<bool> {
    let mut framing = Framing::default();
    loop {
        let mut ends = false;
        if *have > 0 {
            let ready = framing.ready(&buf[..*have])?;
            ends = ready.ends;
            if ready.len > 0 {
                to.write_all(&buf[..ready.len]).await?;
                buf.copy_within(ready.len..*have, 0);
                *have -= ready.len;
            }
        }
        if ends {
            return Ok(true);
        }
        match from.read(&mut buf[*have..]).await? {
            0 => return Ok(false),
            n => *have += n,
        }
    }
}

async fn serve(mut client: TcpStream, mut server: TcpStream) -> io::Result<()> {
    let mut bufs = (vec![0; BUFFER], vec![0; BUFFER]);
    let mut have = (0, 0);
    while pass(&mut client, &mut server, &mut bufs.0, &mut have.0).await?
        && pass(&mut server, &mut client, &mut bufs.1, &mut have.1).await?
    {}
    Ok(())
}

fn main() -> io::Result<()> {
    let (addr, origin) = addresses();
    let executor = LocalExecutorBuilder::new(Placement::Unbound).make().map_err(io::Error::from)?;
    executor.run(async move {
        let listener = TcpListener::bind(addr).map_err(io::Error::from)?;
        loop {
            let client = listener.accept().await.map_err(io::Error::from)?;
            client.set_nodelay(true).map_err(io::Error::from)?;
            let server = TcpStream::connect(origin).await.map_err(io::Error::from)?;
            server.set_nodelay(true).map_err(io::Error::from)?;
            glommio::spawn_local(async move {
                let _ = serve(client, server).await;
            })
            .detach();
        }
    })
}
