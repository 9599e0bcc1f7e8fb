//! Words that stand for a fetch with a match method, and the ACLs that exist without being declared
//! (configuration manual, 7.3 and 7.4).
//!
//! The rows are HAProxy's own list, sorted; those whose fetch we do not have yet are refused by the fetch's name.

/// ACL word, fetch, match method.
const WORDS: &[(&str, &str, &str)] = &[
    ("base", "base", "str"),
    ("base_beg", "base", "beg"),
    ("base_dir", "base", "dir"),
    ("base_dom", "base", "dom"),
    ("base_end", "base", "end"),
    ("base_len", "base", "len"),
    ("base_reg", "base", "reg"),
    ("base_sub", "base", "sub"),
    ("cook", "req.cook", "str"),
    ("cook_beg", "req.cook", "beg"),
    ("cook_dir", "req.cook", "dir"),
    ("cook_dom", "req.cook", "dom"),
    ("cook_end", "req.cook", "end"),
    ("cook_len", "req.cook", "len"),
    ("cook_reg", "req.cook", "reg"),
    ("cook_sub", "req.cook", "sub"),
    ("hdr", "req.hdr", "str"),
    ("hdr_beg", "req.hdr", "beg"),
    ("hdr_dir", "req.hdr", "dir"),
    ("hdr_dom", "req.hdr", "dom"),
    ("hdr_end", "req.hdr", "end"),
    ("hdr_len", "req.hdr", "len"),
    ("hdr_reg", "req.hdr", "reg"),
    ("hdr_sub", "req.hdr", "sub"),
    ("http_auth_group", "http_auth_group", "str"),
    ("method", "method", "str"),
    ("path", "path", "str"),
    ("path_beg", "path", "beg"),
    ("path_dir", "path", "dir"),
    ("path_dom", "path", "dom"),
    ("path_end", "path", "end"),
    ("path_len", "path", "len"),
    ("path_reg", "path", "reg"),
    ("path_sub", "path", "sub"),
    ("payload", "req.payload", "bin"),
    ("payload_lv", "req.payload_lv", "bin"),
    ("req.ssl_ver", "req.ssl_ver", "int"),
    ("req_rdp_cookie", "req.rdp_cookie", "str"),
    ("req_rdp_cookie_cnt", "req.rdp_cookie_cnt", "int"),
    ("req_ssl_sni", "req.ssl_sni", "str"),
    ("req_ssl_ver", "req.ssl_ver", "int"),
    ("req_ver", "req.ver", "str"),
    ("resp_ver", "res.ver", "str"),
    ("scook", "res.cook", "str"),
    ("scook_beg", "res.cook", "beg"),
    ("scook_dir", "res.cook", "dir"),
    ("scook_dom", "res.cook", "dom"),
    ("scook_end", "res.cook", "end"),
    ("scook_len", "res.cook", "len"),
    ("scook_reg", "res.cook", "reg"),
    ("scook_sub", "res.cook", "sub"),
    ("shdr", "res.hdr", "str"),
    ("shdr_beg", "res.hdr", "beg"),
    ("shdr_dir", "res.hdr", "dir"),
    ("shdr_dom", "res.hdr", "dom"),
    ("shdr_end", "res.hdr", "end"),
    ("shdr_len", "res.hdr", "len"),
    ("shdr_reg", "res.hdr", "reg"),
    ("shdr_sub", "res.hdr", "sub"),
    ("ssl_fc_sni_end", "ssl_fc_sni", "end"),
    ("ssl_fc_sni_reg", "ssl_fc_sni", "reg"),
    ("url", "url", "str"),
    ("url_beg", "url", "beg"),
    ("url_dir", "url", "dir"),
    ("url_dom", "url", "dom"),
    ("url_end", "url", "end"),
    ("url_len", "url", "len"),
    ("url_reg", "url", "reg"),
    ("url_sub", "url", "sub"),
    ("urlp", "urlp", "str"),
    ("urlp_beg", "urlp", "beg"),
    ("urlp_dir", "urlp", "dir"),
    ("urlp_dom", "urlp", "dom"),
    ("urlp_end", "urlp", "end"),
    ("urlp_len", "urlp", "len"),
    ("urlp_reg", "urlp", "reg"),
    ("urlp_sub", "urlp", "sub"),
];

/// Predefined ACLs: name, line.
const PREDEFINED: &[(&str, &str)] = &[
    ("FALSE", "always_false"),
    ("HTTP", "req.proto_http"),
    ("HTTP_1.0", "req.ver 1.0"),
    ("HTTP_1.1", "req.ver 1.1"),
    ("HTTP_2.0", "req.ver 2.0"),
    ("HTTP_3.0", "req.ver 3.0"),
    ("HTTP_CONTENT", "req.hdr_val(content-length) gt 0"),
    ("HTTP_URL_ABS", "url_reg ^[^/:]*://"),
    ("HTTP_URL_SLASH", "url_beg /"),
    ("HTTP_URL_STAR", "url *"),
    ("LOCALHOST", "src 127.0.0.1/8 ::1"),
    ("METH_CONNECT", "method CONNECT"),
    ("METH_DELETE", "method DELETE"),
    ("METH_GET", "method GET HEAD"),
    ("METH_HEAD", "method HEAD"),
    ("METH_OPTIONS", "method OPTIONS"),
    ("METH_POST", "method POST"),
    ("METH_PUT", "method PUT"),
    ("METH_TRACE", "method TRACE"),
    ("RDP_COOKIE", "req.rdp_cookie_cnt gt 0"),
    ("REQ_CONTENT", "req.len gt 0"),
    ("TRUE", "always_true"),
    ("WAIT_END", "wait_end"),
];

/// The words that stand for more, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|w| w.0)
}

/// Writes an expression's first word out: `path_beg` becomes `path` and the method `beg`. Arguments and converters stay.
#[must_use]
pub fn expand(expr: &str) -> (String, Option<&'static str>) {
    let end = expr.find(['(', ',']).unwrap_or(expr.len());
    match WORDS.binary_search_by_key(&&expr[..end], |w| w.0) {
        Ok(i) => (format!("{}{}", WORDS[i].1, &expr[end..]), Some(WORDS[i].2)),
        Err(_) => (expr.to_owned(), None),
    }
}

/// The line of a predefined ACL.
#[must_use]
pub fn predefined(name: &str) -> Option<&'static str> {
    PREDEFINED.iter().find(|p| p.0 == name).map(|p| p.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_and_expand_with_their_arguments() {
        assert!(WORDS.is_sorted_by_key(|w| w.0));
        assert_eq!(expand("hdr_beg(host,1),lower"), ("req.hdr(host,1),lower".to_owned(), Some("beg")));
        assert_eq!(expand("src"), ("src".to_owned(), None));
    }
}
