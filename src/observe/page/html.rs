//! The page's text.
use super::super::columns::{Col, Row};
use super::super::stat::View;
use super::ask::{Ask, Form};
use super::cells::{self, Cell, GROUPS, Kind, grouped};
use super::{PageSettings, form, modules};
use std::fmt::{Display, Write};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Text as HTML shows it, also within quoted attributes.
pub struct Text<'a>(pub &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut from = 0;
        for (at, c) in self.0.char_indices() {
            let escaped = match c {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                _ => continue,
            };
            f.write_str(&self.0[from..at])?;
            f.write_str(escaped)?;
            from = at + c.len_utf8();
        }
        f.write_str(&self.0[from..])
    }
}

/// Everything above the first proxy.
pub fn beginning(page: &PageSettings, ask: &Ask, view: &View<'_>, out: &mut String) {
    let process = view.process;
    let stats = &page.stats.settings;
    let node = stats.node.as_ref().map(|own| own.clone().unwrap_or_else(|| process.node.clone()));
    let description =
        stats.description.as_ref().and_then(|own| own.clone().or_else(|| process.description.clone()));
    let on = node.as_ref().map_or_else(String::new, |n| format!(" on {n}"));
    let version = if stats.hide_version { String::new() } else { format!(" {}", process.version) };
    let refresh = stats.refresh.filter(|_| !ask.no_refresh).map(|d| d.as_secs().max(1));
    let own = ask.link(&page.uri, |_| ());
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>Statistics Report for {}{}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n",
        Text(&process.name),
        Text(&on)
    );
    if let Some(seconds) = refresh {
        // With scripts the figures come by themselves.
        let _ = writeln!(out, "<noscript><meta http-equiv=\"refresh\" content=\"{seconds}\"></noscript>");
    }
    let _ = write!(
        out,
        "<style>{STYLE}</style></head>\n<body data-self=\"{}\" data-refresh=\"{}\">\n\
         <a class=\"skip\" href=\"#proxies\">To the proxies</a>\n<header><h1>{}{}</h1>\
         <span>Statistics Report for pid {}{}{}</span></header>\n",
        Text(&own),
        refresh.unwrap_or(0),
        Text(&process.name),
        Text(&version),
        process.pid,
        Text(&on),
        Text(&description.map_or_else(String::new, |d| format!(": {d}"))),
    );
    figures(view, out);
    navigation(page, ask, refresh.is_some(), out);
    if let Some(done) = ask.done {
        let class = if done.good { "good" } else { "bad" };
        let _ = writeln!(
            out,
            "<p class=\"note {class}\" role=\"status\">{} <a href=\"{}\">Remove this message</a></p>",
            Text(done.text),
            Text(&own)
        );
    }
    out.push_str("<main id=\"proxies\">\n");
}

fn figures(view: &View<'_>, out: &mut String) {
    let View { shared, process, trends, .. } = *view;
    let left = trends.left(process.now);
    let rate = |of: &crate::share::trends::Meter, now: u64| grouped(of.rate(now, left) as i64);
    let connections = shared.sum(|s| &s.process.conn_tot);
    let bits = trends.process.bytes_out.rate(shared.bytes_out(), left) * 8;
    let all = [
        ("Up", cells::time(process.up.as_secs() as i64)),
        ("Threads", process.nbthread.to_string()),
        (
            "Connections",
            format!(
                "{} of {}",
                grouped(shared.sum_now(|s| &s.process.conn_cur) as i64),
                grouped(i64::from(process.maxconn))
            ),
        ),
        ("New a second", rate(&trends.process.connections, connections)),
        ("Requests", grouped(shared.sum(|s| &s.process.req_tot) as i64)),
        ("Out, kbit/s", grouped((bits / 1_000) as i64)),
        ("Descriptors at most", grouped(process.ulimit_n as i64)),
        ("Idle", format!("{} %", trends.idle_percent)),
        ("Dropped log lines", grouped(process.dropped_logs as i64)),
    ];
    out.push_str("<dl class=\"process\" id=\"process\">");
    for (name, value) in all {
        let _ = write!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", Text(&value));
    }
    if process.stopping {
        out.push_str("<div><dt>State</dt><dd>stopping</dd></div>");
    }
    out.push_str("</dl>\n");
}

fn navigation(page: &PageSettings, ask: &Ask, refreshes: bool, out: &mut String) {
    out.push_str("<nav aria-label=\"Display\">");
    let _ = write!(
        out,
        "<label class=\"js\">Find <input type=\"search\" id=\"find\" placeholder=\"proxy, server, state\" accesskey=\"f\"></label>\
         <span id=\"said\" class=\"js soft\" role=\"status\"></span>\
         <button type=\"button\" id=\"live\" class=\"js\" aria-pressed=\"true\">Live: on</button>"
    );
    // For browsers without scripts; HAProxy's own parameter.
    let _ = write!(
        out,
        "<noscript><form method=\"get\"><label>Scope <input name=\"scope\" value=\"{}\" size=\"12\" maxlength=\"20\">\
         </label></form></noscript>",
        Text(&ask.scope)
    );
    let mut link = |text: &str, change: &dyn Fn(&mut Ask)| {
        let _ = write!(out, " <a href=\"{}\">{text}</a>", Text(&ask.link(&page.uri, change)));
    };
    if ask.hide_down {
        link("Show all servers", &|a| a.hide_down = false);
    } else {
        link("Hide 'DOWN' servers", &|a| a.hide_down = true);
    }
    if ask.hide_maintenance {
        link("Show 'MAINT' servers", &|a| a.hide_maintenance = false);
    } else {
        link("Hide 'MAINT' servers", &|a| a.hide_maintenance = true);
    }
    match (refreshes, ask.no_refresh) {
        (true, _) => link("Disable refresh", &|a| a.no_refresh = true),
        (_, true) => link("Enable refresh", &|a| a.no_refresh = false),
        _ => {}
    }
    link("Refresh now", &|_| ());
    link("CSV export", &|a| (a.form, a.no_refresh) = (Form::Csv, true));
    link("JSON export", &|a| (a.form, a.no_refresh) = (Form::Json, true));
    link("schema", &|a| (a.form, a.no_refresh) = (Form::JsonSchema, false));
    out.push_str("</nav>\n");
    legend(out);
    let _ = writeln!(
        out,
        "<p class=\"paper\">The figures as a file: <a href=\"{}\">CSV</a></p>",
        Text(&ask.link(&page.uri, |a| (a.form, a.no_refresh) = (Form::Csv, true)))
    );
}

fn legend(out: &mut String) {
    const COLOURS: [(&str, &str); 9] = [
        ("active_up", "active UP"),
        ("backup_up", "backup UP"),
        ("active_going_down", "UP, going down"),
        ("active_going_up", "DOWN, going up"),
        ("active_down", "DOWN"),
        ("active_no_check", "not checked"),
        ("maintain", "MAINT: down for maintenance"),
        ("active_draining", "DRAIN: soft stopped"),
        ("active_nolb", "NOLB: up, without new clients"),
    ];
    out.push_str("<details class=\"legend\"><summary>Colours</summary>");
    for (class, text) in COLOURS {
        let _ = write!(out, "<span class=\"{class}\">{text}</span>");
    }
    out.push_str("</details>\n");
}

/// What is above a proxy's rows.
pub fn open(
    page: &PageSettings,
    name: &str,
    [caption, description]: [&str; 2],
    form: bool,
    out: &mut String,
) {
    let _ = write!(
        out,
        "<section id=\"{0}\" data-name=\"{0}\"><h2><a href=\"#{0}\">{0}</a> <small>{1}</small>",
        Text(name),
        Text(caption),
    );
    if !description.is_empty() {
        let _ = write!(out, " <small class=\"desc\">{}</small>", Text(description));
    }
    out.push_str("</h2>");
    if form {
        let _ = write!(out, "<form method=\"post\" action=\"{}\">", Text(&page.uri));
    }
    out.push_str("<div class=\"wide\"><table><thead><tr>");
    if form {
        let _ = write!(
            out,
            "<th rowspan=\"2\" class=\"pick\"><input type=\"checkbox\" class=\"all js\" aria-label=\"all servers of {}\"></th>",
            Text(name)
        );
    }
    out.push_str("<th rowspan=\"2\" scope=\"col\">Name</th>");
    for (group, heads) in GROUPS {
        let _ = write!(out, "<th colspan=\"{}\" scope=\"colgroup\">{group}</th>", heads.len());
    }
    if page.stats.settings.modules {
        let count = modules::NAMES.len();
        let _ = write!(out, "<th colspan=\"{count}\" rowspan=\"2\" scope=\"colgroup\">Extra modules</th>");
    }
    out.push_str("</tr><tr>");
    for (head, meaning) in GROUPS.iter().flat_map(|g| g.1) {
        let _ = write!(out, "<th scope=\"col\" title=\"{}\">{head}</th>", Text(meaning));
    }
    out.push_str("</tr></thead><tbody>\n");
}

/// One row; `legend` is what `stats show-legends` adds to the name, `modules` says whether `stats show-modules` is there.
pub fn row(row: &Row, kind: Kind, legend: Option<&str>, form: bool, modules: bool, out: &mut String) {
    let (proxy, name) = (row.word(Col::Pxname), row.word(Col::Svname));
    // As in HAProxy: a server may have the name of a listener.
    let mark = if kind == Kind::Listener { "+" } else { "" };
    let number = |col: Col| row.number(col).map_or_else(String::new, |n| n.to_string());
    let rate = if kind == Kind::Frontend { number(Col::ReqRate) } else { number(Col::Rate) };
    let _ = write!(
        out,
        "<tr id=\"{0}/{6}{1}\" class=\"{2}\" data-name=\"{1}\" data-state=\"{3}\" data-rate=\"{4}\" data-time=\"{5}\">",
        Text(proxy),
        Text(name),
        cells::class(row, kind),
        Text(row.word(Col::Status)),
        if rate.is_empty() { number(Col::Rate) } else { rate },
        number(Col::Rtime),
        mark,
    );
    if form {
        out.push_str("<td class=\"pick\">");
        if kind == Kind::Server {
            let _ = write!(
                out,
                "<input type=\"checkbox\" name=\"s\" value=\"{0}\" aria-label=\"{0}\">",
                Text(name)
            );
        }
        out.push_str("</td>");
    }
    let shown = match kind {
        Kind::Frontend => "Frontend",
        Kind::Backend => "Backend",
        Kind::Server | Kind::Listener => name,
    };
    let _ = write!(out, "<th scope=\"row\"");
    if let Some(legend) = legend {
        let _ = write!(out, " title=\"{}\"", Text(legend));
    }
    let _ = write!(
        out,
        "><a href=\"#{0}/{mark}{1}\">{2}</a><span class=\"phone state\">{3}</span></th>",
        Text(proxy),
        Text(name),
        Text(shown),
        Text(row.word(Col::Status))
    );
    let state = cells::count() - 9;
    for (i, cell) in cells::cells(row, kind).iter().enumerate() {
        let class = match i {
            i if i == state => " class=\"state\"",
            i if i == state + 1 => " class=\"check\"",
            _ => "",
        };
        let _ = write!(out, "<td{class}>");
        value(cell, out);
        out.push_str("</td>");
    }
    for cell in modules.then(|| modules::cells(row)).into_iter().flatten() {
        out.push_str("<td class=\"module\">");
        value(&cell, out);
        out.push_str("</td>");
    }
    out.push_str("</tr>\n");
}

fn value(cell: &Cell, out: &mut String) {
    if cell.tip.is_empty() {
        let _ = write!(out, "{}", Text(&cell.text));
        return;
    }
    let _ = write!(out, "<span class=\"tip\" tabindex=\"0\">{}<span role=\"tooltip\">", Text(&cell.text));
    for (name, value) in &cell.tip {
        let _ = write!(out, "<b>{name}<i>{}</i></b>", Text(value));
    }
    out.push_str("</span></span>");
}

/// What is below a proxy's rows; the id of the backend, where servers may be changed.
pub fn close(form: Option<u32>, out: &mut String) {
    out.push_str("</tbody></table></div>");
    if let Some(id) = form {
        out.push_str(
            "<div class=\"actions\"><label>Choose the action to perform on the checked servers: \
             <select name=\"action\"><option value=\"\"></option>",
        );
        for (word, text) in form::ACTIONS {
            let _ = write!(out, "<option value=\"{word}\">{text}</option>");
        }
        let _ = write!(
            out,
            "</select></label><input type=\"hidden\" name=\"b\" value=\"#{id}\"><button type=\"submit\">Apply</button></div></form>"
        );
    }
    out.push_str("</section>\n");
}

/// The end of the page.
pub fn end(nonce: &str, out: &mut String) {
    let _ = write!(out, "</main>\n<script nonce=\"{nonce}\">{SCRIPT}</script></body></html>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_become_markup() {
        assert_eq!(Text("a<b>&\"'").to_string(), "a&lt;b&gt;&amp;&quot;&#39;");
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
    }
}
