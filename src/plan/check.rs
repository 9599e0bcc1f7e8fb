//! What a health check does: its kind, and the steps of those that speak with the server (manual 4.2, `tcp-check`,
//! `http-check` and the options that stand for a fixed list of steps).
use crate::base::ids::ServerId;
use crate::rules::regex::Regex;
use crate::rules::{Format, SampleExpr};
use crate::share::CheckStatus;
use crate::syntax::Span;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What a check asks.
#[derive(Clone, Debug, Default)]
pub enum CheckKind {
    /// A TCP connection is enough.
    #[default]
    Connect,
    /// Steps, one after the other.
    Script(Arc<Script>),
    /// `option external-check`: a program decides.
    External { command: String, path: Option<String> },
}

impl CheckKind {
    /// What is missing for a server that has no port itself, as HAProxy goes on behind `has neither service port nor check
    /// port`. `None`: nothing, each connection says which port it goes to.
    #[must_use]
    pub fn lacks_port(&self) -> Option<&'static str> {
        let script = match self {
            CheckKind::Connect => return Some(""),
            CheckKind::External { .. } => return None,
            CheckKind::Script(script) => script,
        };
        let mut connections = script.steps.iter().filter_map(|step| match &*step.action {
            Action::Connect(connect) => Some(connect.has_port()),
            _ => None,
        });
        match (connections.next(), connections.all(|has_port| has_port)) {
            (Some(true), true) => None,
            (Some(true), false) => Some(", and a tcp_check rule 'connect' with no port information"),
            _ => Some(" nor tcp_check rule 'connect' with port information"),
        }
    }
}

/// Which words are used for what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `option tcp-check`: what went wrong is told with the step.
    Tcp,
    /// `option httpchk`.
    Http,
    /// A protocol with steps of its own (`smtpchk`, `redis-check` …).
    Other,
}

/// The steps of a check.
#[derive(Clone, Debug)]
pub struct Script {
    pub family: Family,
    /// The first is always a [`Action::Connect`], maybe behind variables.
    pub steps: Vec<Step>,
    /// `http-check disable-on-404`: a server that was up and answers 404 takes no new clients.
    pub disable_on_404: bool,
    /// `http-check send-state`: the server is told what is thought of it.
    pub send_state: bool,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    pub action: Arc<Action>,
    pub comment: Option<String>,
    /// As messages count it: from 1; 0 is the connection that nobody wrote.
    pub number: u32,
}

/// What a step does.
#[derive(Debug)]
pub enum Action {
    Connect(Connect),
    Send(Payload),
    Ask(Ask),
    Expect(Expect),
    /// `set-var`: the name with its scope.
    Set(String, SampleExpr),
    SetFormat(String, Format),
    Unset(String),
    /// Only while lines are read: the comment goes to the steps behind it.
    Comment(String),
}

/// `connect`.
#[derive(Debug, Default)]
pub struct Connect {
    pub port: Option<ConnectPort>,
    pub addr: Option<IpAddr>,
    pub addr_port: Option<u16>,
    /// `linger`: the connection is closed in the ordinary way, not by a reset.
    pub linger: bool,
    /// The server's own settings hold (`default`).
    pub default: bool,
    /// `send-proxy`.
    pub send_proxy: bool,
    /// `via-socks4`.
    pub via_socks4: bool,
}

impl Connect {
    /// Whether it says itself which port it goes to. An expression may have no value.
    fn has_port(&self) -> bool {
        matches!(self.port, Some(ConnectPort::Fixed(_))) || self.addr_port.is_some()
    }
}

/// What a check's connection begins with where its steps leave that to the server's line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// A PROXY header (`check-send-proxy`, or the traffic's where the check goes to the server itself).
    pub send_proxy: bool,
    /// Through the server's relay (`check-via-socks4`).
    pub via_socks4: bool,
}

/// The port of a `connect`.
#[derive(Debug)]
pub enum ConnectPort {
    Fixed(u16),
    Expr(SampleExpr),
}

/// The bytes of a `send`.
#[derive(Debug)]
pub enum Payload {
    Bytes(Vec<u8>),
    Format(Format),
    /// A format that gives hexadecimal digits.
    HexFormat(Format),
    /// The greeting of an SSLv3 client, with the time in it.
    SslHello,
}

/// A request of an HTTP check. What is `None` was not given.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub method: Option<String>,
    pub uri: Option<Arc<Text>>,
    pub version: Option<String>,
    pub headers: Vec<(String, Arc<Text>)>,
    pub body: Option<Arc<Text>>,
}

impl Ask {
    /// What `other` gives holds in place of ours.
    pub fn overwrite(&mut self, other: &Ask) {
        let Ask { method, uri, version, headers, body } = other;
        for (own, new) in [(&mut self.method, method), (&mut self.version, version)] {
            if new.is_some() {
                own.clone_from(new);
            }
        }
        if uri.is_some() {
            self.uri.clone_from(uri);
        }
        if !headers.is_empty() {
            self.headers.clone_from(headers);
        }
        if body.is_some() {
            self.body.clone_from(body);
        }
    }
}

/// Text as it is, or a log-format string.
#[derive(Debug)]
pub enum Text {
    Plain(String),
    Format(Format),
}

/// `expect`.
#[derive(Debug)]
pub struct Expect {
    pub what: What,
    /// `!`.
    pub inverse: bool,
    /// -1: no least number of bytes; no match then waits for more.
    pub min_recv: i32,
    pub ok_status: Option<CheckStatus>,
    pub error_status: Option<CheckStatus>,
    pub timeout_status: Option<CheckStatus>,
    pub on_success: Option<Saying>,
    pub on_error: Option<Saying>,
    pub code: Option<Code>,
}

impl Expect {
    /// Without any of the extra words.
    #[must_use]
    pub fn new(what: What) -> Expect {
        Expect {
            what,
            inverse: false,
            min_recv: -1,
            ok_status: None,
            error_status: None,
            timeout_status: None,
            on_success: None,
            on_error: None,
            code: None,
        }
    }
}

/// `on-success` and `on-error`.
#[derive(Debug)]
pub enum Saying {
    Format(Format),
    Text(&'static str),
    /// What was received from this byte on, without blanks before it and up to its first line's end.
    LineFrom(usize),
    /// What was received from this byte on.
    From(usize),
}

/// `status-code`.
#[derive(Debug)]
pub enum Code {
    Expr(SampleExpr),
    /// The number that so many bytes at the beginning make.
    Digits(usize),
}

/// What is looked for.
#[derive(Debug)]
pub enum What {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Regex(Regex),
    /// Over the bytes as hexadecimal digits.
    BinaryRegex(Regex),
    Format(Format),
    BinaryFormat(Format),
    Status(Vec<(u16, u16)>),
    StatusRegex(Regex),
    Header(HeaderWanted),
    Body(Vec<u8>),
    BodyRegex(Regex),
    BodyFormat(Format),
    Builtin(Builtin),
}

/// What no words of the language describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    MysqlGreeting,
    /// The packet behind it.
    MysqlOk,
    LdapBind,
}

/// `hdr` and `fhdr`.
#[derive(Debug)]
pub struct HeaderWanted {
    /// `fhdr`: the value is not cut at its commas.
    pub full: bool,
    pub name: Matcher,
    pub value: Option<Matcher>,
}

/// How a name or a value is compared.
#[derive(Debug)]
pub enum Matcher {
    Equal(Text),
    Begins(Text),
    Ends(Text),
    Holds(Text),
    Regex(Regex),
}

/// The lines of `tcp-check` or `http-check` in a section, and whose they are: the first own line takes the place of all
/// that `defaults` gave.
#[derive(Clone, Debug, Default)]
pub struct StepList {
    pub owner: Option<Span>,
    pub steps: Vec<Step>,
}

impl StepList {
    /// Makes the list this section's own.
    pub fn own(&mut self, section: Span) -> &mut Vec<Step> {
        if self.owner != Some(section) {
            *self = StepList { owner: Some(section), steps: Vec::new() };
        }
        &mut self.steps
    }
}

/// Everything a proxy says about checks.
#[derive(Clone, Debug, Default)]
pub struct CheckDraft {
    pub option: CheckOption,
    pub tcp: StepList,
    pub http: StepList,
    pub disable_on_404: bool,
    pub send_state: bool,
    pub command: Option<String>,
    pub path: Option<String>,
}

/// Which kind of check the last option chose.
#[derive(Clone, Debug, Default)]
pub enum CheckOption {
    #[default]
    None,
    Tcp,
    Http(HttpOption),
    Fixed(Vec<Step>),
    External,
}

/// `option httpchk` with what it asks, and where.
#[derive(Clone, Debug)]
pub struct HttpOption {
    pub ask: Ask,
    pub owner: Span,
    /// How many steps stood before it.
    pub before: usize,
}

impl CheckDraft {
    /// What the servers are asked.
    #[must_use]
    pub fn kind(&self) -> CheckKind {
        let (family, steps) = match &self.option {
            CheckOption::None => return CheckKind::Connect,
            CheckOption::External => {
                let command = self.command.clone().unwrap_or_default();
                return CheckKind::External { command, path: self.path.clone() };
            }
            CheckOption::Tcp if self.tcp.steps.is_empty() => return CheckKind::Connect,
            CheckOption::Tcp => (Family::Tcp, self.tcp.steps.clone()),
            CheckOption::Http(option) => (Family::Http, self.http_steps(option)),
            CheckOption::Fixed(steps) => (Family::Other, steps.clone()),
        };
        let steps = with_connect(with_comments(steps));
        let http = family == Family::Http;
        CheckKind::Script(Arc::new(Script {
            family,
            steps,
            disable_on_404: self.disable_on_404 && http,
            send_state: self.send_state && http,
        }))
    }

    /// The request of `option httpchk` belongs to the section that wrote it: one whose own `http-check` lines replace those
    /// of its `defaults` loses it too, as with HAProxy.
    fn http_steps(&self, option: &HttpOption) -> Vec<Step> {
        let mut steps = self.http.steps.clone();
        let owned = self.http.owner.is_none_or(|owner| owner == option.owner);
        let is_ask = |s: &Step| matches!(*s.action, Action::Ask(_));
        if owned {
            let asks = steps.iter().position(is_ask);
            // Only a request that is the first thing after connecting is the option's.
            let first =
                steps.iter().position(|s| !matches!(*s.action, Action::Connect(_) | Action::Comment(_)));
            match asks {
                Some(at) if at >= option.before || first == Some(at) => {
                    let Action::Ask(written) = &*steps[at].action else { unreachable!("found as one") };
                    let (mut base, over) = match at >= option.before {
                        true => (option.ask.clone(), written.clone()),
                        false => (written.clone(), option.ask.clone()),
                    };
                    base.overwrite(&over);
                    steps[at].action = Arc::new(Action::Ask(base));
                }
                _ => {
                    let after =
                        usize::from(steps.first().is_some_and(|s| matches!(*s.action, Action::Connect(_))));
                    for step in steps.iter_mut().skip(after) {
                        step.number += 1;
                    }
                    let number = after as u32 + 1;
                    let action = Arc::new(Action::Ask(option.ask.clone()));
                    steps.insert(after, Step { action, comment: None, number });
                }
            }
        }
        if steps.last().is_some_and(is_ask) {
            let number = steps.len() as u32 + 1;
            let action = Arc::new(Action::Expect(Expect::new(What::Status(vec![(200, 399)]))));
            steps.push(Step { action, comment: None, number });
        }
        steps
    }
}

/// A comment goes to the steps of one kind that follow it.
fn with_comments(steps: Vec<Step>) -> Vec<Step> {
    let mut comment = None;
    let mut before: Option<std::mem::Discriminant<Action>> = None;
    let mut out = Vec::with_capacity(steps.len());
    for mut step in steps {
        let kind = std::mem::discriminant(&*step.action);
        let after_comment = before == Some(std::mem::discriminant(&Action::Comment(String::new())));
        if before != Some(kind) && !after_comment {
            comment = None;
        }
        before = Some(kind);
        if let Action::Comment(text) = &*step.action {
            comment = Some(text.clone());
            continue;
        }
        if step.comment.is_none() {
            step.comment.clone_from(&comment);
        }
        out.push(step);
    }
    out
}

/// Every script connects first, also where no line says so.
fn with_connect(mut steps: Vec<Step>) -> Vec<Step> {
    let written = steps
        .iter()
        .find(|s| !matches!(*s.action, Action::Set(..) | Action::SetFormat(..) | Action::Unset(_)));
    if !written.is_some_and(|s| matches!(*s.action, Action::Connect(_))) {
        let action = Arc::new(Action::Connect(Connect { default: true, ..Connect::default() }));
        steps.insert(0, Step { action, comment: None, number: 0 });
    }
    steps
}

/// What else is known of a server's life, beside its own check.
#[derive(Clone, Debug, Default)]
pub struct Watching {
    pub agent: Option<Agent>,
    /// Where checks and the agent go by the words of the line, also where it has neither: tables show it.
    pub check_place: (Option<IpAddr>, Option<u16>),
    pub agent_place: (Option<IpAddr>, Option<u16>),
    /// `track`: this server's state is that one's.
    pub track: Option<ServerId>,
    pub init_state: InitState,
    pub observe: Option<Observe>,
    /// `on-marked-down shutdown-sessions`.
    pub shutdown_sessions: bool,
    /// `on-marked-up shutdown-backup-sessions`.
    pub shutdown_backup_sessions: bool,
}

/// `init-state`: what a checked server is taken for before its first check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum InitState {
    FullyUp,
    #[default]
    Up,
    Down,
    FullyDown,
}

impl InitState {
    /// Whether it takes requests.
    #[must_use]
    pub fn is_up(self) -> bool {
        matches!(self, InitState::FullyUp | InitState::Up)
    }

    /// Where it stands on the scale of `rise` and `fall`.
    #[must_use]
    pub fn health(self, rise: u32, fall: u32) -> u32 {
        match self {
            InitState::FullyUp => rise + fall - 1,
            InitState::Up => rise,
            InitState::Down => rise.saturating_sub(1),
            InitState::FullyDown => 0,
        }
    }
}

/// `agent-check` and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    pub inter: Duration,
    pub port: u16,
    pub addr: Option<IpAddr>,
    pub send: Vec<u8>,
    /// `check-via-socks4`.
    pub via_socks4: bool,
}

/// `observe`, with `error-limit` and `on-error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observe {
    /// `layer7`: answers count, not only connections.
    pub layer7: bool,
    pub limit: u32,
    pub on_error: OnError,
}

/// What so many errors in a row do (manual 5.2, `on-error`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnError {
    /// The next check comes after `fastinter`.
    FastInter,
    #[default]
    FailCheck,
    /// The next failed check takes the server down.
    SuddenDeath,
    MarkDown,
}

/// What a server line says about all this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchDraft {
    pub agent: bool,
    pub agent_inter: Option<Duration>,
    pub agent_port: Option<u16>,
    pub agent_addr: Option<IpAddr>,
    pub agent_send: Vec<u8>,
    pub track: Option<String>,
    pub init_state: Option<InitState>,
    /// `observe`: whether it is `layer7`.
    pub observe: Option<bool>,
    pub on_error: OnError,
    pub shutdown_sessions: bool,
    pub shutdown_backup_sessions: bool,
    /// `check-send-proxy` and `check-via-socks4`.
    pub opening: Opening,
}

impl WatchDraft {
    /// The meaning; `track` is for the caller to find. `inter` is the check's, `limit` the `error-limit`, `check` what `addr`
    /// and `port` say: they hold for an agent without words of its own.
    #[must_use]
    pub fn watching(
        &self,
        inter: Duration,
        limit: Option<u32>,
        check: (Option<IpAddr>, Option<u16>),
    ) -> Watching {
        /// `error-limit` without a word.
        const LIMIT: u32 = 10;
        let agent_place = (self.agent_addr.or(check.0), self.agent_port.or(check.1));
        let agent = self.agent.then(|| Agent {
            inter: self.agent_inter.unwrap_or(inter),
            port: agent_place.1.unwrap_or(0),
            addr: agent_place.0,
            send: self.agent_send.clone(),
            via_socks4: self.opening.via_socks4,
        });
        let observe = |layer7| Observe { layer7, limit: limit.unwrap_or(LIMIT), on_error: self.on_error };
        Watching {
            agent,
            check_place: check,
            agent_place,
            track: None,
            init_state: self.init_state.unwrap_or_default(),
            observe: self.observe.map(observe),
            shutdown_sessions: self.shutdown_sessions,
            shutdown_backup_sessions: self.shutdown_backup_sessions,
        }
    }
}
