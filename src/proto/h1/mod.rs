//! HTTP/1.1 (RFC 9112): heads in and out, body framing.
