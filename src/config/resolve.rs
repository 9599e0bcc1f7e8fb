//! What can be judged only when every section is read: names, modes, what is missing. Messages and their order are those of
//! HAProxy's `check_config_validity`.
use super::names::{Index, SeenFrom};
use super::read::Read;
use crate::base::ids::BackendId;
use crate::plan::draft::{Draft, LogFormat, Named, ProxyDraft, ServerAddress};
use crate::plan::{Mode, ServerAddr, persist};
use crate::rules::Condition;
use crate::rules::acl::AclLine;
use crate::rules::balance::{Algorithm, Key};
use crate::syntax::{Diag, Diags, Severity, SourceMap, Span, nearest};
use crate::vocab::expr::AclScope;
use crate::vocab::option;
use crate::vocab::row::section_of;

/// Checks the whole draft. Where reading found errors, HAProxy does not look further; here names that do not exist are told
/// nevertheless, so that one run tells all errors, but no warnings, which may well follow from the errors.
pub fn check(read: &Read, index: &Index, map: &SourceMap, diags: &mut Diags) {
    let draft = &read.draft;
    let (before, broken) = (diags.list.len(), diags.has_errors());
    let mut check = Check { draft, acls: &read.acls, index, map, diags };
    for (number, proxy) in draft.proxies.iter().enumerate() {
        let real = proxy.kind.has_frontend() || proxy.kind.has_backend();
        if real && !proxy.settings.disabled {
            check.proxy(number, proxy);
        }
    }
    for proxy in draft.proxies.iter().filter(|p| p.kind.has_backend() && !p.settings.disabled) {
        check.check_ports(proxy);
    }
    super::lookup::check(draft, map, check.diags);
    for proxy in draft.proxies.iter().filter(|p| p.kind.has_frontend() && !p.settings.disabled) {
        check.bind_threads(proxy);
    }
    check.once();
    diags.list.extend(draft.late.iter().cloned());
    if broken {
        let new = diags.list.split_off(before);
        diags.list.extend(new.into_iter().filter(|d| d.severity == Severity::Alert));
    }
}

/// Options that need `mode http`, in HAProxy's order.
const HTTP_OPTIONS: [&str; 7] = [
    "checkcache",
    "http-ignore-probes",
    "prefer-last-server",
    "accept-invalid-http-request",
    "accept-invalid-http-response",
    "http-pretend-keepalive",
    "http-no-delay",
];

struct Check<'a> {
    draft: &'a Draft,
    acls: &'a [AclScope],
    index: &'a Index,
    map: &'a SourceMap,
    diags: &'a mut Diags,
}

impl Check<'_> {
    fn proxy(&mut self, number: usize, proxy: &ProxyDraft) {
        if proxy.kind.has_frontend() && proxy.binds.is_empty() {
            let text = format!(
                "{} has no 'bind' directive. Please declare it as a backend if this was intended.",
                title(proxy)
            );
            self.warn(proxy.at, text).help = Some("write `bind :80`".to_owned());
        }
        let (_, own) = self.index.halves(number);
        self.default_backend(proxy, own);
        self.use_backends(proxy, own);
        self.upgrades(proxy, own);
        self.names(number, proxy);
        self.stick_tables(proxy);
        self.timeouts(proxy);
        self.logs(proxy);
        self.stats_page(proxy);
        if proxy.settings.mode == Mode::Tcp {
            self.http_only(proxy);
        }
        self.servers(proxy);
        self.balance(proxy, own);
    }

    fn default_backend(&mut self, proxy: &ProxyDraft, own: Option<BackendId>) {
        let Some(Named { name, at }) = &proxy.settings.default_backend else { return };
        // Inherited by a backend from its defaults: it means nothing there.
        if !proxy.kind.has_frontend() {
            return;
        }
        match self.index.backend(name) {
            None => self.missing(proxy, "default_backend", name, *at),
            Some(id) if Some(id) == own => self.looped(proxy, "default_backend", name, *at),
            Some(id) => {
                self.modes(proxy, id, *at, "as its default backend");
                if !proxy.servers.is_empty() {
                    let text = format!(
                        "In proxy '{}', the 'default_backend' rule always has precedence over the servers, which will \
                         never be used.",
                        proxy.name
                    );
                    self.warn(*at, text);
                }
            }
        }
    }

    fn use_backends(&mut self, proxy: &ProxyDraft, own: Option<BackendId>) {
        for rule in proxy.use_backend.iter().filter(|r| r.dynamic.is_none()) {
            match self.index.backend(&rule.name) {
                None => self.missing(proxy, "use_backend", &rule.name, rule.name_at),
                Some(id) if Some(id) == own => self.looped(proxy, "use_backend", &rule.name, rule.name_at),
                Some(id) => self.modes(proxy, id, rule.name_at, "in a 'use_backend' rule"),
            }
        }
    }

    fn missing(&mut self, proxy: &ProxyDraft, rule: &str, name: &str, at: Span) {
        let text = format!("Proxy '{}': unable to find required {rule}: '{name}'.", proxy.name);
        let mut names: Vec<&str> = self.index.backend_names().collect();
        names.sort_unstable();
        let near = nearest(name, names.into_iter());
        let help =
            near.map_or_else(|| "no backend has that name".to_owned(), |n| format!("did you mean `{n}`?"));
        self.diags.push(Diag::bare(Severity::Alert, Some(at), text).help(help));
    }

    fn looped(&mut self, proxy: &ProxyDraft, rule: &str, name: &str, at: Span) {
        let text = format!("Proxy '{}': loop detected for {rule}: '{name}'.", proxy.name);
        self.diags.push(Diag::bare(Severity::Alert, Some(at), text));
    }

    /// An HTTP proxy can't hand its requests to a TCP backend. The other way a connection becomes HTTP there.
    fn modes(&mut self, proxy: &ProxyDraft, id: BackendId, at: Span, how: &str) {
        let other = self.index.owner(self.draft, id);
        if proxy.settings.mode == Mode::Http && other.settings.mode == Mode::Tcp {
            let text = format!(
                "http {} ({}) tries to use incompatible tcp {} ({}) {how} (see 'mode').",
                title(proxy),
                self.place(proxy.at),
                title(other),
                self.place(other.at)
            );
            self.diags.push(Diag::bare(Severity::Alert, Some(at), text).help("give both the same `mode`"));
        }
    }

    /// A TCP frontend whose backends are all HTTP is served as HTTP. One that leads to both kinds is not built.
    fn upgrades(&mut self, proxy: &ProxyDraft, own: Option<BackendId>) {
        if proxy.settings.mode == Mode::Http || !proxy.kind.has_frontend() {
            return;
        }
        let default = proxy.settings.default_backend.as_ref().map(|n| (n.name.as_str(), n.at));
        let named = proxy.use_backend.iter().map(|r| (r.name.as_str(), r.name_at)).chain(default);
        let targets: Vec<(BackendId, Span)> =
            named.filter_map(|(name, at)| Some((self.index.backend(name)?, at))).collect();
        let is_http = |id: &BackendId| self.index.owner(self.draft, *id).settings.mode == Mode::Http;
        let http = targets.iter().find(|(id, _)| is_http(id));
        let itself = own.is_some() && default.is_none();
        if let Some((id, at)) = http
            && (itself || targets.iter().any(|(id, _)| !is_http(id)))
        {
            let text = format!(
                "tcp {} leads to http {} and to tcp backends: Ringmain does not support this mix yet.",
                title(proxy),
                title(self.index.owner(self.draft, *id))
            );
            self.diags
                .push(Diag::bare(Severity::Alert, Some(*at), text).help("give all of them the same `mode`"));
        }
    }

    /// Finds the proxies and servers that rules and ACLs name.
    /// The sections that `do-resolve` asks.
    fn resolvers(&mut self, proxy: &ProxyDraft) {
        let mut told = Vec::new();
        for rule in proxy.rules.all() {
            let Some(name) = rule.action.resolvers().filter(|name| !told.contains(name)) else { continue };
            if self.draft.resolvers.iter().any(|r| r.name == name) || super::lookup::is_default(name, rule.at)
            {
                continue;
            }
            told.push(name);
            let text = format!(
                "Proxy '{}': Can't find resolvers section '{name}' for do-resolve action.",
                proxy.name
            );
            let diag = Diag::bare(Severity::Alert, Some(rule.at), text);
            let near = nearest(name, self.draft.resolvers.iter().map(|r| r.name.as_str()));
            self.diags.push(near.into_iter().fold(diag, |d, near| d.help(format!("did you mean `{near}`?"))));
        }
    }

    fn names(&mut self, number: usize, proxy: &ProxyDraft) {
        let mut search = Search { names: self.index.seen_from(number), missing: Vec::new() };
        for acl in self.acls.get(number).into_iter().flat_map(AclScope::acls) {
            let mut places = proxy.acl_lines.iter().filter(|(name, _)| *name == acl.name).map(|(_, at)| *at);
            for line in acl.lines() {
                search.acl_line(places.next().unwrap_or(proxy.at), line);
            }
        }
        self.resolvers(proxy);
        for rule in proxy.rules.all() {
            search.condition(rule.at, rule.condition.as_ref());
            search.note(rule.at, rule.action.resolve(&search.names));
        }
        for rule in &proxy.use_backend {
            search.condition(rule.at, rule.condition.as_ref());
            search.note(rule.at, rule.dynamic.as_ref().map_or(Ok(()), |f| f.resolve(&search.names)));
        }
        for server in &proxy.servers {
            for extension in &server.settings.line.header.extensions {
                search.note(server.at, extension.value.resolve(&search.names));
            }
        }
        for stick in &proxy.persistence.stick {
            search.condition(stick.at, stick.rule.condition.as_ref());
            search.note(stick.at, stick.rule.key.fetch.resolve(&search.names));
        }
        for rule in &proxy.persistence.rules {
            search.condition(proxy.at, Some(&rule.condition));
        }
        for rule in &proxy.use_server {
            search.condition(rule.at, rule.condition.as_ref());
            search.note(rule.at, rule.dynamic.as_ref().map_or(Ok(()), |f| f.resolve(&search.names)));
        }
        if let Algorithm::Hash(Key::Expr(expr)) = &proxy.settings.balance.algorithm {
            let word = expr.text.split(['(', ',']).next().unwrap_or_default();
            let found = expr.fetch.resolve(&search.names);
            let place = format!("of sample fetch keyword '{word}' in use-server or balance expression");
            search.note(proxy.at, found.map_err(|text| format!("{text} {place}")));
        }
        for expr in proxy.settings.forwarded.iter().flat_map(|f| f.exprs()) {
            search.note(proxy.at, expr.fetch.resolve(&search.names));
        }
        for condition in &proxy.monitor_fail {
            search.condition(proxy.at, Some(condition));
        }
        for rule in &proxy.stats_rules {
            search.condition(proxy.at, rule.condition.as_ref());
        }
        let checks = &proxy.settings.check;
        for step in checks.tcp.steps.iter().chain(&checks.http.steps).filter(|_| proxy.kind.has_backend()) {
            search.note(proxy.at, step.action.resolve(&search.names.of_check()));
        }
        for (at, format) in super::logging::formats(proxy) {
            search.note(at, format.resolve(&search.names.of_log()));
        }
        for (at, text) in search.missing {
            let text = format!("{text} in proxy '{}'.", proxy.name);
            self.diags.push(Diag::alert(at, text).tight().help("nothing of that kind has that name"));
        }
    }

    /// The tables of stick rules: whether they exist, and whether their keys can be made of what the rules look at.
    fn stick_tables(&mut self, proxy: &ProxyDraft) {
        let tables: Vec<_> = self.draft.proxies.iter().filter_map(|p| p.persistence.table.as_ref()).collect();
        for stick in &proxy.persistence.stick {
            let name = stick.table.as_deref().unwrap_or(&proxy.name);
            let (text, help) = match tables.iter().find(|t| t.name == name) {
                None => (
                    format!("Proxy '{}': unable to find stick-table '{name}'.", proxy.name),
                    "write `stick-table type ip size 1m expire 30m` in that section",
                ),
                Some(table) if !persist::makes_key(stick.kind, table.spec.key) => (
                    format!(
                        "Proxy '{}': type of fetch not usable with type of stick-table '{name}'.",
                        proxy.name
                    ),
                    "another type of table",
                ),
                Some(_) => continue,
            };
            self.diags.push(Diag::bare(Severity::Alert, Some(stick.at), text).help(help));
        }
    }

    fn timeouts(&mut self, proxy: &ProxyDraft) {
        let given = |t: Option<std::time::Duration>| t.is_some_and(|t| !t.is_zero());
        let t = &proxy.settings.timeouts;
        let client = proxy.kind.has_frontend() && !given(t.client);
        let tunnel = proxy.settings.mode == Mode::Tcp && given(t.tunnel);
        let server = !given(t.connect) || (!given(t.server) && !tunnel);
        if client || (proxy.kind.has_backend() && !proxy.servers.is_empty() && server) {
            let text = format!(
                "missing timeouts for {}.\n   | While not properly invalid, you will certainly encounter various problems\n   \
                 | with such a configuration. To fix this, please ensure that all following\n   | timeouts are set to a \
                 non-zero value: 'client', 'connect', 'server'.",
                title(proxy)
            );
            self.warn(proxy.at, text).help =
                Some("write `timeout connect 5s` and the others in `defaults`".to_owned());
        }
    }

    fn stats_page(&mut self, proxy: &ProxyDraft) {
        let stats = &proxy.settings.stats;
        if !proxy.stats_rules.is_empty() && (!stats.users.is_empty() || stats.realm.is_some()) {
            let text = format!(
                "{}: stats 'auth'/'realm' and 'http-request' can't be used at the same time.",
                title(proxy)
            );
            self.diags.push(Diag::bare(Severity::Alert, Some(proxy.at), text));
        }
    }

    fn logs(&mut self, proxy: &ProxyDraft) {
        let settings = &proxy.settings;
        let no_target =
            settings.logs.is_empty() && (!settings.log_global || self.draft.global.logs.is_empty());
        if let (Some(at), true, true) = (settings.log_format_at, no_target, proxy.kind.has_frontend()) {
            self.warn(at, format!("log format ignored for {} since it has no log address.", title(proxy)));
        }
        super::logging::check(proxy, self.map, self.diags);
    }

    /// What needs `mode http` and stands elsewhere.
    fn http_only(&mut self, proxy: &ProxyDraft) {
        let title = title(proxy);
        let settings = &proxy.settings;
        if settings.persistence.cookie.is_some() {
            self.warn(proxy.at, format!("cookie will be ignored for {title} (needs 'mode http')."));
        }
        if settings.stats.enabled {
            self.warn(proxy.at, format!("'stats' statement ignored for {title} as it requires HTTP mode."));
        }
        if settings.monitor_uri.is_some() && proxy.kind.has_frontend() {
            self.warn(proxy.at, format!("monitor-uri will be ignored for {title} (needs 'mode http')."));
        }
        let http_log =
            matches!(settings.log_format, Some(LogFormat::Http | LogFormat::Clf | LogFormat::Https));
        if let (Some(at), true, true) = (settings.log_format_at, http_log, proxy.kind.has_frontend()) {
            let name = settings.log_format.map_or("", LogFormat::name);
            let text = format!(
                "'{name}' not usable with {title} (needs 'mode http'). Falling back to 'option tcplog'."
            );
            self.diags.push(Diag::warning(at, text).help("use `option tcplog` here"));
        }
        let rules = [
            ("http-request", proxy.rules.http_request.first()),
            ("http-response", proxy.rules.http_response.first()),
            ("redirect", proxy.rules.redirects.first()),
        ];
        for (name, rule) in rules {
            if let Some(rule) = rule {
                self.warn(rule.at, format!("'{name}' rules ignored for {title} as they require HTTP mode."));
            }
        }
        let mut ignored: Vec<&str> = Vec::new();
        if settings.forward_for.is_some() {
            ignored.push("forwardfor");
        }
        if settings.forwarded.is_some() {
            ignored.push("forwarded");
        }
        if settings.original_to.is_some() {
            ignored.push("originalto");
        }
        let here = section_of(proxy.kind);
        let from = ignored.len();
        ignored.extend(option::all().filter(|o| o.http && o.sections & here != 0).filter_map(|o| {
            match o.effect {
                option::Effect::Flag(flag) if settings.flags.has(flag) => Some(o.name),
                _ => None,
            }
        }));
        ignored[from..].sort_by_key(|name| HTTP_OPTIONS.iter().position(|o| o == name));
        for name in ignored {
            self.warn(proxy.at, format!("'option {name}' ignored for {title} as it requires HTTP mode."));
        }
    }

    fn servers(&mut self, proxy: &ProxyDraft) {
        for server in
            proxy.servers.iter().filter(|s| proxy.settings.mode == Mode::Tcp && s.settings.cookie.is_some())
        {
            let title = title(proxy);
            let text =
                format!("{title} : ignoring cookie for server '{}' as HTTP mode is disabled.", server.name);
            self.warn(server.at, text);
        }
        for (i, server) in proxy.servers.iter().enumerate() {
            if let Some(first) = proxy.servers[..i].iter().find(|s| s.name == server.name) {
                let text = format!(
                    "{}, another server named '{}' was already defined at line {}, please use distinct names.",
                    title(proxy),
                    server.name,
                    first.at.line
                );
                self.diags.push(Diag::alert(server.name_at, text).help("give it another name"));
            }
        }
    }

    /// What `balance` and `use-server` lead to.
    fn balance(&mut self, proxy: &ProxyDraft, own: Option<BackendId>) {
        for rule in proxy.use_server.iter().filter(|r| r.dynamic.is_none()) {
            if own.is_none_or(|id| self.index.server(id, &rule.name).is_none()) {
                let text = format!(
                    "{} : unable to find server '{}' referenced in a 'use-server' rule.",
                    title(proxy),
                    rule.name
                );
                let near = nearest(&rule.name, proxy.servers.iter().map(|s| s.name.as_str()));
                let help = near
                    .map_or_else(|| "no server has that name".to_owned(), |n| format!("did you mean `{n}`?"));
                self.diags.push(Diag::bare(Severity::Alert, Some(rule.name_at), text).help(help));
            }
        }
        if let (Algorithm::Hash(key), Mode::Tcp, true) =
            (&proxy.settings.balance.algorithm, proxy.settings.mode, proxy.kind.has_backend())
            && key.needs_http()
        {
            let text = format!(
                "Layer 7 hash not possible for {} (needs 'mode http'). Falling back to round robin.",
                title(proxy)
            );
            self.warn(proxy.at, text);
        }
    }

    /// A check needs a port to go to.
    fn check_ports(&mut self, proxy: &ProxyDraft) {
        let Some(lacks) = proxy.settings.check.kind().lacks_port() else { return };
        for server in &proxy.servers {
            if super::lookup::has_service(server) {
                continue;
            }
            let relative = match &server.addr {
                // One without an address gets both while running.
                ServerAddress::Known(ServerAddr::InetRelative(ip, _)) => !ip.is_unspecified(),
                ServerAddress::Known(_) => false,
                ServerAddress::Host { port, .. } => matches!(port, crate::plan::draft::PortSpec::Offset(_)),
            };
            if server.settings.check && relative && server.settings.check_port.is_none() {
                let text = format!(
                    "config: {}: server '{}' has neither service port nor check port{lacks}.",
                    title(proxy),
                    server.name
                );
                self.diags.push(
                    Diag::bare(Severity::Alert, Some(server.at), text).help("add `port`, as `check port 80`"),
                );
            }
        }
    }

    /// A listener needs a thread that is there.
    fn bind_threads(&mut self, proxy: &ProxyDraft) {
        let threads = self
            .draft
            .global
            .nbthread
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
        for bind in &proxy.binds {
            if bind.spread.members(threads).is_empty() {
                let text = format!(
                    "Proxy '{}': 'thread' directive contains threads that belong to no group in 'bind {}' at [{}].",
                    proxy.name,
                    bind.text,
                    self.place(bind.at)
                );
                let diag = Diag::bare(Severity::Alert, Some(bind.at), text);
                self.diags.push(diag.help(format!("there are {threads} threads")));
            }
        }
    }

    /// What is told once for the whole configuration.
    fn once(&mut self) {
        if let Some((_, at)) = self.draft.pointless.first() {
            let words: Vec<String> = self.draft.pointless.iter().map(|(w, _)| format!("'{w}'")).collect();
            let text = format!("no effect in Ringmain, which has no such part: {}.", words.join(", "));
            // A warning would end a start with `zero-warning`, for words of files that run as they are.
            self.diags.push(Diag::bare(Severity::Diag, Some(*at), text).help("remove it"));
        }
        if let Some((_, at)) = self.draft.without_tls.first() {
            let words: Vec<String> = self.draft.without_tls.iter().map(|(w, _)| format!("'{w}'")).collect();
            let text =
                format!("no effect without TLS, which Ringmain does not have yet: {}.", words.join(", "));
            self.diags.push(Diag::bare(Severity::Diag, Some(*at), text));
        }
    }

    fn warn(&mut self, at: Span, text: String) -> &mut Diag {
        self.diags.push(Diag::bare(Severity::Warning, Some(at), text));
        self.diags.list.last_mut().expect("just pushed")
    }

    fn place(&self, span: Span) -> String {
        format!("{}:{}", self.map.name(span.file), span.line)
    }
}

/// The names that were not found, each once.
struct Search<'a> {
    names: SeenFrom<'a>,
    missing: Vec<(Span, String)>,
}

impl Search<'_> {
    fn note(&mut self, at: Span, found: Result<(), String>) {
        if let Err(text) = found
            && self.missing.iter().all(|(_, other)| *other != text)
        {
            self.missing.push((at, text));
        }
    }

    fn condition(&mut self, at: Span, condition: Option<&Condition>) {
        for term in condition.iter().flat_map(|c| c.any_of.iter().flatten()) {
            for line in term.acl.lines() {
                self.acl_line(at, line);
            }
        }
    }

    fn acl_line(&mut self, at: Span, line: &AclLine) {
        let found = line.expr.fetch.resolve(&self.names);
        let word = line.expr.text.split(['(', ',']).next().unwrap_or_default();
        self.note(at, found.map_err(|text| format!("{text} of ACL keyword '{word}'")));
    }
}

/// `backend 'b'`.
fn title(proxy: &ProxyDraft) -> String {
    format!("{} '{}'", proxy.kind.type_name(), proxy.name)
}
