//! Heads as bytes. Names go out in lower case, as HAProxy writes them (`Head` holds them so).
use crate::proto::http::{Head, RequestHead, ResponseHead, Version};

/// Appends a request's head: request line, fields, empty line.
pub fn write_request(head: &RequestHead, out: &mut Vec<u8>) {
    debug_assert!(!head.head.is_unframed(), "rules have changed its framing: frame_request");
    let (method, uri) = (head.method(), head.uri());
    out.reserve(method.len() + uri.len() + head.head.arena_len() + 64);
    out.extend_from_slice(method);
    out.push(b' ');
    out.extend_from_slice(uri);
    out.push(b' ');
    out.extend_from_slice(version(head.version));
    out.extend_from_slice(b"\r\n");
    write_fields(&head.head, out);
}

/// Appends an answer's head: status line, fields, empty line.
pub fn write_response(head: &ResponseHead, out: &mut Vec<u8>) {
    debug_assert!(!head.head.is_unframed(), "rules have changed its framing: frame_response");
    out.reserve(head.head.arena_len() + 64);
    write_status_line(head.version, head.status, head.reason(), out);
    write_fields(&head.head, out);
}

/// Appends a status line with its CR LF.
pub fn write_status_line(http: Version, status: u16, reason: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(version(http));
    out.push(b' ');
    out.extend_from_slice(itoa::Buffer::new().format(status).as_bytes());
    out.push(b' ');
    out.extend_from_slice(reason);
    out.extend_from_slice(b"\r\n");
}

/// HAProxy's reason phrase for a status (`http_get_reason()`).
#[must_use]
pub fn reason_phrase(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        102 => "Processing",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        207 => "Multi-Status",
        210 => "Content Different",
        226 => "IM Used",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        303 => "See Other",
        304 => "Not Modified",
        305 => "Use Proxy",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        310 => "Too many Redirects",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Time-out",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Requested range unsatisfiable",
        417 => "Expectation failed",
        418 => "I'm a teapot",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Method failure",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        449 => "Retry With",
        450 => "Blocked by Windows Parental Controls",
        451 => "Unavailable For Legal Reasons",
        456 => "Unrecoverable Error",
        499 => "client has closed connection",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway or Proxy Error",
        503 => "Service Unavailable",
        504 => "Gateway Time-out",
        505 => "HTTP Version not supported",
        506 => "Variant also negotiate",
        507 => "Insufficient storage",
        508 => "Loop detected",
        509 => "Bandwidth Limit Exceeded",
        510 => "Not extended",
        511 => "Network authentication required",
        520 => "Web server is returning an unknown error",
        _ => match status / 100 {
            1 => "Informational",
            2 => "Success",
            3 => "Redirection",
            4 => "Client Error",
            5 => "Server Error",
            _ => "Other",
        },
    }
}

fn version(version: Version) -> &'static [u8] {
    match version {
        Version::Http10 => b"HTTP/1.0",
        Version::Http11 => b"HTTP/1.1",
    }
}

fn write_fields(head: &Head, out: &mut Vec<u8>) {
    for (name, value) in head.fields() {
        debug_assert!(!name.iter().any(u8::is_ascii_uppercase), "names in a Head are lower case");
        out.extend_from_slice(name);
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
}
