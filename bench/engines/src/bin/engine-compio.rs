//! The proxy on compio, `SINGLE_ISSUER | DEFER_TASKRUN | COOP_TASKRUN`.
use compio::buf::{BufResult, IntoInner, IoBuf};
use compio::driver::ProactorBuilder;
use compio::io::{AsyncRead, AsyncWriteExt};
use compio::net::{TcpListener, TcpStream};
use compio::runtime::RuntimeBuilder;
use engines::{BUFFER, Framing, addresses, connect, listen};
use std::io;

/// Passes one message on; the buffer comes back, with what is left over. `None`: the connection is over.
async fn pass(mut from: &TcpStream, mut to: &TcpStream, mut buf: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let mut framing = Framing::default();
    loop {
        let mut ends = false;
        if !buf.is_empty() {
            let ready = framing.ready(&buf)?;
            ends = ready.ends;
            if ready.len > 0 {
                let BufResult(result, slice) = to.write_all(buf.slice(..ready.len)).await;
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
        let BufResult(result, slice) = from.read(buf.slice(have..)).await;
        let n = result?;
        buf = slice.into_inner();
        if n == 0 {
            return Ok(None);
        }
    }
}

async fn serve(client: TcpStream, server: TcpStream) -> io::Result<()> {
    let mut bufs = (Vec::with_capacity(BUFFER), Vec::with_capacity(BUFFER));
    loop {
        let Some(request) = pass(&client, &server, bufs.0).await? else { return Ok(()) };
        let Some(answer) = pass(&server, &client, bufs.1).await? else { return Ok(()) };
        bufs = (request, answer);
    }
}

fn main() -> io::Result<()> {
    let (addr, origin) = addresses();
    let mut proactor = ProactorBuilder::new();
    proactor.single_issuer(true).defer_taskrun(true).coop_taskrun(true).taskrun_flag(true).capacity(1_024);
    let runtime = RuntimeBuilder::new().with_proactor(proactor).build()?;
    runtime.block_on(async move {
        let listener = TcpListener::from_std(listen(addr)?)?;
        loop {
            let (client, _) = listener.accept().await?;
            client.set_nodelay(true)?;
            let server = TcpStream::from_std(connect(origin)?)?;
            compio::runtime::spawn(async move {
                let _ = serve(client, server).await;
            })
            .detach();
        }
    })
}
