//! A version-free HTTP message head. All its text lies in one arena: parsing copies the head's bytes in once, a rule that
//! sets a header appends, and nothing is allocated again while the arena's room lasts. Rules see only this form.
use super::authority;
use super::target::{self, Form};
use super::text::{self, FieldName};
use std::fmt;

/// Cuts spaces and tabs off both ends; other white space belongs to a value (RFC 9110, 5.6.3).
#[must_use]
pub fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && matches!(first, b' ' | b'\t')
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && matches!(last, b' ' | b'\t')
    {
        bytes = rest;
    }
    bytes
}

/// A stretch of a head's arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Slice {
    pub off: u32,
    pub len: u32,
}

/// One header field. The name is lower case in the arena, as HAProxy keeps and writes it; comparisons ignore ASCII case
/// (RFC 9110, 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: Slice,
    pub value: Slice,
}

/// HTTP versions we may meet on an HTTP/1 connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Version {
    Http10,
    #[default]
    Http11,
}

/// How the body ends (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Body {
    /// No body.
    #[default]
    None,
    /// Exactly so many bytes.
    Length(u64),
    /// Chunked coding.
    Chunked,
    /// To the end of the connection (answers only).
    UntilClose,
    /// No HTTP any more: both directions are bytes until they close (101, 2xx to CONNECT; answers only).
    Tunnel,
}

/// The arena and the fields, common to requests and answers. What is put in from outside of the codec takes the form that a
/// message may have (`proto::text`): a head is always one head.
#[derive(Clone, Default)]
pub struct Head {
    arena: Vec<u8>,
    fields: Vec<Field>,
    /// A field that frames the message, or speaks of its connection, was put in or taken out since it was read.
    unframed: bool,
}

impl Head {
    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.arena.clear();
        self.fields.clear();
        self.unframed = false;
    }

    /// Whether the framing has to be written anew: fields that say it were changed, or what they follow from.
    #[inline]
    #[must_use]
    pub fn is_unframed(&self) -> bool {
        self.unframed
    }

    /// The framing was written anew, or was right when the head was read.
    pub(super) fn is_framed(&mut self) {
        self.unframed = false;
    }

    /// Bytes of all names and values.
    #[inline]
    #[must_use]
    pub fn text_len(&self) -> usize {
        self.fields.iter().map(|f| (f.name.len + f.value.len) as usize).sum()
    }

    /// Bytes in the arena: bounds what rules may add.
    #[must_use]
    pub fn arena_len(&self) -> usize {
        self.arena.len()
    }

    /// Room of its vectors: bytes, fields.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> (usize, usize) {
        (self.arena.capacity(), self.fields.capacity())
    }

    /// Copies bytes in that may stand where they are meant for.
    pub(super) fn push_text(&mut self, bytes: &[u8]) -> Slice {
        let off = self.arena.len() as u32;
        self.arena.extend_from_slice(bytes);
        Slice { off, len: bytes.len() as u32 }
    }

    /// The bytes of a slice.
    #[inline]
    #[must_use]
    pub fn text(&self, s: Slice) -> &[u8] {
        &self.arena[s.off as usize..(s.off + s.len) as usize]
    }

    /// The fields in order.
    #[inline]
    pub fn fields(&self) -> impl DoubleEndedIterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|f| (self.text(f.name), self.text(f.value)))
    }

    /// How many fields there are.
    #[must_use]
    pub fn field_count(&self) -> usize {
        self.fields.len()
    }

    /// Field `index`: (name, value).
    #[must_use]
    pub fn field(&self, index: usize) -> (&[u8], &[u8]) {
        let f = self.fields[index];
        (self.text(f.name), self.text(f.value))
    }

    /// Copies a field's value in.
    #[inline]
    fn push_value(&mut self, value: &[u8]) -> Slice {
        let off = self.arena.len();
        text::put_value(value, &mut self.arena);
        Slice { off: off as u32, len: (self.arena.len() - off) as u32 }
    }

    /// Appends a field whose text already lies in the arena, its name in lower case.
    #[inline]
    pub(super) fn push_field(&mut self, field: Field) {
        self.fields.push(field);
    }

    /// The first field of this name (ASCII case ignored).
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.fields().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    /// All fields of this name, in order.
    pub fn get_all<'a>(&'a self, name: &'a [u8]) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.fields().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    /// Appends a field (`http-request add-header`). Bytes that no value may have are encoded.
    pub fn add(&mut self, name: &FieldName, value: &[u8]) {
        self.unframed |= name.frames();
        self.push(name.as_bytes(), value);
    }

    /// Appends a field as it was read, of a message that is looked at and goes nowhere (health checks): it may hold what none
    /// that goes out may.
    pub fn add_as_read(&mut self, name: &[u8], value: &[u8]) {
        self.unframed = true;
        let name = self.push_text(name);
        self.text_mut(name).make_ascii_lowercase();
        let value = self.push_text(value);
        self.fields.push(Field { name, value });
    }

    /// Appends what we say of the connection ourselves.
    pub fn say_of_connection(&mut self, word: &[u8]) {
        self.push(b"connection", word);
    }

    /// Appends a field; its name is a token in lower case.
    pub(super) fn push(&mut self, name: &[u8], value: &[u8]) {
        debug_assert!(text::is_token(name) && !name.iter().any(u8::is_ascii_uppercase));
        let name = self.push_text(name);
        let value = self.push_value(value);
        self.fields.push(Field { name, value });
    }

    /// Removes all fields of this name; says how many there were.
    pub fn remove(&mut self, name: &[u8]) -> usize {
        self.remove_if(|n, _| n.eq_ignore_ascii_case(name))
    }

    /// Removes field `index`.
    pub fn remove_at(&mut self, index: usize) {
        self.unframed |= text::frames(self.field(index).0);
        self.fields.remove(index);
    }

    /// Removes the fields for which `gone(name, value)` holds; says how many there were.
    pub fn remove_if(&mut self, mut gone: impl FnMut(&[u8], &[u8]) -> bool) -> usize {
        let mut unframed = self.unframed;
        let count = self.drop_if(|name, value| {
            let gone = gone(name, value);
            unframed |= gone && text::frames(name);
            gone
        });
        self.unframed = unframed;
        count
    }

    /// The same by the codec itself.
    pub(super) fn drop_if(&mut self, mut gone: impl FnMut(&[u8], &[u8]) -> bool) -> usize {
        let before = self.fields.len();
        let arena = &self.arena;
        let text = |s: Slice| &arena[s.off as usize..(s.off + s.len) as usize];
        self.fields.retain(|f| !gone(text(f.name), text(f.value)));
        before - self.fields.len()
    }

    /// Removes all fields of this name, then appends one (`http-request set-header`).
    pub fn set(&mut self, name: &FieldName, value: &[u8]) {
        self.drop_if(|n, _| n == name.as_bytes());
        self.add(name, value);
    }

    /// Gives field `index` another value. Bytes that no value may have are encoded.
    pub fn set_value(&mut self, index: usize, value: &[u8]) {
        self.unframed |= text::frames(self.field(index).0);
        self.fields[index].value = self.push_value(value);
    }

    /// Shortens the value of field `index`.
    pub(super) fn truncate_value(&mut self, index: usize, len: usize) {
        let value = &mut self.fields[index].value;
        value.len = value.len.min(len as u32);
    }

    /// Keeps those elements of a comma-separated value for which `keep` holds, joined by `, `.
    pub(super) fn keep_list_items(&mut self, index: usize, keep: impl Fn(&[u8]) -> bool) {
        let value = self.fields[index].value;
        let (mut from, end) = (value.off as usize, (value.off + value.len) as usize);
        let start = self.arena.len();
        while from <= end {
            let to = self.arena[from..end].iter().position(|&b| b == b',').map_or(end, |n| from + n);
            let item = trim(&self.arena[from..to]);
            if keep(item) {
                let at = from + self.arena[from..to].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
                let range = at..at + item.len();
                if self.arena.len() > start {
                    self.arena.extend_from_slice(b", ");
                }
                self.arena.extend_from_within(range);
            }
            from = to + 1;
        }
        self.fields[index].value = Slice { off: start as u32, len: (self.arena.len() - start) as u32 };
    }

    /// Takes these options, and empty ones, out of the Connection fields; a field of which nothing is left goes.
    pub(super) fn drop_options(&mut self, options: &[&[u8]]) {
        let gone =
            |option: &[u8]| option.is_empty() || options.iter().any(|o| option.eq_ignore_ascii_case(o));
        for index in 0..self.field_count() {
            if self.field(index).0 == b"connection" {
                self.keep_list_items(index, |option| !gone(option));
            }
        }
        self.drop_if(|name, value| name == b"connection" && value.is_empty());
    }

    /// Takes a parsed head's bytes in: the fields that were pushed point into them. Names become lower case.
    pub(super) fn adopt(&mut self, bytes: &[u8]) {
        debug_assert!(self.arena.is_empty());
        self.arena.extend_from_slice(bytes);
        for field in &self.fields {
            let name = field.name;
            self.arena[name.off as usize..(name.off + name.len) as usize].make_ascii_lowercase();
        }
    }

    fn text_mut(&mut self, s: Slice) -> &mut [u8] {
        &mut self.arena[s.off as usize..(s.off + s.len) as usize]
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.fields().map(|(n, v)| (String::from_utf8_lossy(n), String::from_utf8_lossy(v))))
            .finish()
    }
}

/// Why something cannot be put into a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    Method,
    Target,
    Host,
}

/// A request's head. `uri` is the request target as it came (RFC 9112, section 3.2).
#[derive(Clone, Debug, Default)]
pub struct RequestHead {
    pub head: Head,
    pub method: Slice,
    /// The method it came with, where a rule has set another; empty elsewhere.
    pub came_with: Slice,
    pub uri: Slice,
    pub version: Version,
    pub body: Body,
    /// How large it came, in HAProxy's bytes (`proto::size`).
    pub size: u64,
    /// The connection may be kept after this request, by the client's own words (RFC 9112, section 9.3).
    pub keep_alive: bool,
    /// `Expect: 100-continue` was asked.
    pub expect_continue: bool,
    /// `Upgrade` with `Connection: upgrade` was asked.
    pub upgrade: bool,
    /// The upgrade asked is to WebSocket (RFC 6455), and carries its key.
    pub websocket: bool,
}

impl RequestHead {
    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        let mut head = std::mem::take(&mut self.head);
        head.clear();
        *self = RequestHead { head, ..RequestHead::default() };
    }

    /// The method's bytes.
    #[inline]
    #[must_use]
    pub fn method(&self) -> &[u8] {
        self.head.text(self.method)
    }

    /// The method it came with, whatever rules have set: the client reads the answer by it.
    #[inline]
    #[must_use]
    pub fn received_method(&self) -> &[u8] {
        if self.came_with.len == 0 { self.method() } else { self.head.text(self.came_with) }
    }

    /// The request target's bytes.
    #[inline]
    #[must_use]
    pub fn uri(&self) -> &[u8] {
        self.head.text(self.uri)
    }

    /// Replaces the request target: bytes that no target may have are encoded. An absolute one names the host as well, which
    /// Host then says too.
    ///
    /// # Errors
    /// It is none of the forms of RFC 9112, 3.2, for this method; the request is as it was.
    pub fn set_uri(&mut self, uri: &[u8]) -> Result<(), Unfit> {
        let uri = text::target(uri);
        let form = target::form(self.method(), &uri).map_err(|_| Unfit::Target)?;
        if let Form::Absolute(authority) = form
            && !self.head.get(b"host").is_some_and(|host| host.eq_ignore_ascii_case(authority.text))
        {
            self.head.set(&FieldName::HOST, authority.text);
        }
        self.uri = self.head.push_text(&uri);
        Ok(())
    }

    /// Gives the request one Host, and an absolute target the same one.
    ///
    /// # Errors
    /// It is no host; the request is as it was.
    pub fn set_host(&mut self, host: &[u8]) -> Result<(), Unfit> {
        if !authority::is_host(host) {
            return Err(Unfit::Host);
        }
        let uri = self.uri();
        if !uri.starts_with(b"/")
            && let Ok(Form::Absolute(old)) = target::form(self.method(), uri)
        {
            let new = [&uri[..old.at], host, &uri[old.at + old.text.len()..]].concat();
            target::form(self.method(), &new).map_err(|_| Unfit::Host)?;
            self.uri = self.head.push_text(&new);
        }
        self.head.set(&FieldName::HOST, host);
        Ok(())
    }

    /// Puts a path into an absolute target that has none.
    pub(super) fn root_uri(&mut self) {
        let new = [self.uri(), b"/"].concat();
        self.uri = self.head.push_text(&new);
    }

    /// Takes `len` bytes out of the request target at `at`.
    pub(super) fn cut_uri(&mut self, at: usize, len: usize) {
        let end = self.uri.len as usize;
        self.head.text_mut(self.uri).copy_within(at + len..end, at);
        self.uri.len -= len as u32;
    }

    /// Replaces the method.
    ///
    /// # Errors
    /// It is no token, or one of both is CONNECT, whose targets are of another form; the request is as it was.
    pub fn set_method(&mut self, method: &[u8]) -> Result<(), Unfit> {
        if !text::is_token(method) || (method == b"CONNECT") != (self.method() == b"CONNECT") {
            return Err(Unfit::Method);
        }
        target::form(method, self.uri()).map_err(|_| Unfit::Method)?;
        if self.came_with.len == 0 {
            self.came_with = self.method;
        }
        self.method = self.head.push_text(method);
        Ok(())
    }

    /// The path of the target, from its first `/` to before `?` or `#`; empty for `*` and for CONNECT's authority
    /// (HAProxy's `path` fetch).
    #[must_use]
    pub fn path(&self) -> &[u8] {
        let whole = self.path_and_query();
        let end = memchr::memchr2(b'?', b'#', whole).unwrap_or(whole.len());
        &whole[..end]
    }

    /// Path and query, as `pathq`.
    #[must_use]
    pub fn path_and_query(&self) -> &[u8] {
        let uri = self.uri();
        match uri.first() {
            Some(b'/') => uri,
            None | Some(b'*') => b"",
            Some(_) => match memchr::memmem::find(uri, b"://") {
                None => b"",
                Some(at) => match memchr::memchr(b'/', &uri[at + 3..]) {
                    Some(slash) => &uri[at + 3 + slash..],
                    None => b"",
                },
            },
        }
    }

    /// The query, without its `?`; `None` where there is no `?`.
    #[must_use]
    pub fn query(&self) -> Option<&[u8]> {
        let uri = self.uri();
        memchr::memchr(b'?', uri).map(|at| &uri[at + 1..])
    }
}

/// An answer's head.
#[derive(Clone, Debug, Default)]
pub struct ResponseHead {
    pub head: Head,
    pub version: Version,
    /// 100 to 999.
    pub status: u16,
    pub reason: Slice,
    pub body: Body,
    /// How large it came, in HAProxy's bytes (`proto::size`).
    pub size: u64,
    /// The connection may be kept after this answer, by the server's own words.
    pub keep_alive: bool,
}

impl ResponseHead {
    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        let mut head = std::mem::take(&mut self.head);
        head.clear();
        *self = ResponseHead { head, ..ResponseHead::default() };
    }

    /// Gives the answer another status; how its body is framed may follow from it.
    pub fn set_status(&mut self, status: u16, reason: &[u8]) {
        self.status = status;
        self.reason = self.head.push_value(reason);
        self.head.unframed = true;
    }

    /// The reason phrase of a message that goes nowhere.
    pub fn set_reason_as_read(&mut self, reason: &[u8]) {
        self.reason = self.head.push_text(reason);
    }

    /// The reason phrase's bytes.
    #[must_use]
    pub fn reason(&self) -> &[u8] {
        self.head.text(self.reason)
    }
}

/// Where a cookie's value, from `at` on, ends: at a comma or semicolon outside of quotes, as HAProxy reads them.
#[must_use]
pub fn cookie_value_end(text: &[u8], at: usize) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (i, &b) in text.iter().enumerate().skip(at) {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b';' if !quoted => return i,
            _ => {}
        }
    }
    text.len()
}
