//! An origin of the demonstration: a small web server on its own thread and core.
use crate::net::{Core, IoMode, Listener, Stream};
use crate::proto::h1::{self, BodyReader, Parsed};
use crate::proto::http::{Body, RequestHead};
use std::io;
use std::net::{SocketAddr, TcpListener};

/// Starts an origin on a free port; it lives as long as the process.
pub fn start(name: &'static str) -> io::Result<SocketAddr> {
    let socket = TcpListener::bind("127.0.0.1:0")?;
    let addr = socket.local_addr()?;
    socket2::SockRef::from(&socket).set_tcp_nodelay(true)?;
    std::thread::Builder::new().name(format!("origin-{name}")).spawn(move || {
        let started = Core::new(IoMode::Auto).and_then(|core| {
            let listener = core.listen(socket.into())?;
            core.spawn(serve(core.clone(), listener, name));
            core.run();
            Ok(())
        });
        if let Err(e) = started {
            eprintln!("ringmain demo: origin {name}: {e}");
        }
    })?;
    Ok(addr)
}

async fn serve(core: Core, listener: Listener, name: &'static str) {
    while let Ok((stream, _)) = listener.accept().await {
        core.spawn(connection(stream, name));
    }
}

/// Answers requests until the connection ends or one cannot be read.
async fn connection(stream: Stream, name: &'static str) {
    let mut served = 0u64;
    let mut req = RequestHead::default();
    let mut bytes: Vec<u8> = Vec::new();
    loop {
        match h1::parse_request(&bytes, &h1::Limits::default(), &mut req) {
            Err(_) => return,
            Ok(Parsed::Complete { consumed }) => {
                bytes.drain(..consumed);
                if !skip_body(&stream, req.body, &mut bytes).await {
                    return;
                }
                served += 1;
                if stream.send(answer(&req, name, served)).await.is_err() || !req.keep_alive {
                    return;
                }
            }
            Ok(Parsed::Partial) => match stream.recv().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                _ => return,
            },
        }
    }
}

/// Reads a request's body away; false when it is broken.
async fn skip_body(stream: &Stream, body: Body, bytes: &mut Vec<u8>) -> bool {
    let mut reader = BodyReader::new(body);
    loop {
        let Ok(walk) = reader.walk(bytes) else { return false };
        bytes.drain(..walk.consumed);
        if walk.done {
            return true;
        }
        match stream.recv().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            _ => return false,
        }
    }
}

fn answer(req: &RequestHead, name: &str, served: u64) -> Vec<u8> {
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    };
    let (kind, body) = if req.path().starts_with(b"/api") {
        ("application/json", format!("{{\"origin\":\"{name}\",\"request\":{served}}}\n"))
    } else {
        let fields: String =
            req.head.fields().map(|(n, v)| format!("<tr><th>{}<td>{}\n", text(n), text(v))).collect();
        let page = format!(
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
             <title>{name} behind Ringmain</title><style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui;\
             max-width:42rem;margin:3rem auto;padding:0 1rem}}th{{text-align:left;vertical-align:top;white-space:nowrap;padding-right:1rem}}td{{overflow-wrap:anywhere}}</style>\
             <h1>This is {name}</h1><p>Request {served} on this connection: <code>{} {}</code>. Reload to be sent to \
             another origin by weight.</p><h2>What came in</h2><table>{fields}</table>",
            text(req.method()),
            text(req.uri()),
        );
        ("text/html; charset=utf-8", page)
    };
    let mut out = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nX-Origin: {name}\r\n\r\n",
        body.len()
    );
    if req.method() != b"HEAD" {
        out.push_str(&body);
    }
    out.into_bytes()
}
