//! What keeps a client on its server: cookies, stick rules, and the conditions that force or forbid it (manual 4.2 `cookie`,
//! `stick`, `persist`, `force-persist`, `ignore-persist`, `option persist`).
use crate::base::ids::TableId;
use crate::rules::Condition;
use crate::rules::sample::{self, SampleExpr};
use crate::share::table::{KeyKind, Spec};
use crate::syntax::Span;

/// How the cookie gets to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CookieMode {
    /// The application sets it; it is only looked at.
    #[default]
    Passive,
    /// The proxy adds it to answers.
    Insert,
    /// The application sets it, the proxy writes the server's value into it.
    Rewrite,
    /// The server's value goes before that of an application's cookie.
    Prefix,
}

/// `cookie` of a backend.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cookie {
    pub name: String,
    pub mode: CookieMode,
    /// The server does not see it, and a client that has it gets none.
    pub indirect: bool,
    /// Answers with a new cookie say that nobody may share them.
    pub nocache: bool,
    pub postonly: bool,
    /// A cookie that the server sets itself is left alone.
    pub preserve: bool,
    pub httponly: bool,
    pub secure: bool,
    /// Servers without a `cookie` of their own get one made of their address and `dynamic-cookie-key`.
    pub dynamic: bool,
    /// As it is sent: `a.example; domain=b.example` for two.
    pub domain: Option<String>,
    /// `maxidle`, in seconds; 0 without a limit.
    pub max_idle: u32,
    /// `maxlife`, the same.
    pub max_life: u32,
    /// `attr`, several joined by `; `.
    pub attr: Option<String>,
}

/// `force-persist` or `ignore-persist`; the first whose condition holds counts.
#[derive(Debug)]
pub struct PersistRule {
    pub force: bool,
    pub condition: Condition,
}

/// `stick-table` of a proxy.
#[derive(Clone, Debug)]
pub struct StickTable {
    /// The proxy's.
    pub name: String,
    pub spec: Spec,
    /// `srvkey addr`: a server is known by its address.
    pub by_address: bool,
    pub at: Span,
}

/// A `stick` line.
#[derive(Debug)]
pub struct StickRule {
    /// Where a key's server is looked up or stored.
    pub table: TableId,
    pub key: SampleExpr,
    /// A key that is found leads to its server.
    pub matches: bool,
    /// The key of a request or answer is stored, with the server that answered.
    pub stores: bool,
    pub condition: Option<Condition>,
}

/// The same before tables are found by their names.
#[derive(Debug)]
pub struct StickDraft {
    /// Without one the section's own.
    pub table: Option<String>,
    /// The type of the key.
    pub kind: sample::Kind,
    /// It looks at answers (`store-response`).
    pub of_answer: bool,
    pub rule: StickRule,
    pub at: Span,
}

/// What of it `defaults` pass on.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub cookie: Option<Cookie>,
    pub dynamic_key: Option<String>,
    /// `persist rdp-cookie`: the cookie's name.
    pub rdp_cookie: Option<String>,
}

/// What of it a section has for itself.
#[derive(Debug, Default)]
pub struct Draft {
    pub rules: Vec<PersistRule>,
    pub table: Option<StickTable>,
    pub stick: Vec<StickDraft>,
}

/// The persistence of a backend that has any.
#[derive(Debug, Default)]
pub struct Persistence {
    pub cookie: Option<Cookie>,
    /// `dynamic-cookie-key`; the one in force is the World's.
    pub dynamic_key: Option<String>,
    pub rules: Vec<PersistRule>,
    /// `persist rdp-cookie`: the cookie's name.
    pub rdp_cookie: Option<String>,
    /// `option persist`: the client's server is asked although it is down.
    pub although_down: bool,
    /// Rules that look at requests, and those that look at answers.
    pub stick: Vec<StickRule>,
    pub stick_answer: Vec<StickRule>,
}

impl Persistence {
    /// Puts together what a backend has; `None` where nothing of it was written.
    #[must_use]
    pub fn of(settings: &Settings, own: Draft, although_down: bool, http: bool) -> Option<Box<Persistence>> {
        let (answer, request): (Vec<_>, Vec<_>) = own.stick.into_iter().partition(|s| s.of_answer);
        let rules = |drafts: Vec<StickDraft>| drafts.into_iter().map(|d| d.rule).collect::<Vec<_>>();
        let all = Persistence {
            cookie: settings.cookie.clone().filter(|_| http),
            dynamic_key: settings.dynamic_key.clone(),
            rules: own.rules,
            rdp_cookie: settings.rdp_cookie.clone().filter(|_| !http),
            although_down,
            stick: rules(request),
            stick_answer: rules(answer),
        };
        let sticks = !all.stick.is_empty() || !all.stick_answer.is_empty();
        let any = sticks
            || all.rdp_cookie.is_some()
            || all.cookie.is_some()
            || all.although_down
            || !all.rules.is_empty();
        any.then(|| Box::new(all))
    }
}

/// Whether keys of a table can be made of values of a type (HAProxy's `sample_casts`).
#[must_use]
pub fn makes_key(value: sample::Kind, key: KeyKind) -> bool {
    use sample::Kind;
    match key {
        KeyKind::Ip | KeyKind::Ipv6 => !matches!(value, Kind::Bool | Kind::Bin | Kind::Method),
        KeyKind::Integer => !matches!(value, Kind::Bin | Kind::Method),
        KeyKind::String(_) | KeyKind::Binary(_) => true,
    }
}
