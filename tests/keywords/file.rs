//! A whole file around an example.
use super::table::{Family, Row};

/// The lines of each place of a file.
#[derive(Default)]
struct Lines {
    tcp: bool,
    unix: bool,
    global: String,
    sections: String,
    defaults: String,
    frontend: String,
    backend: String,
    listen: String,
    resolvers: String,
    bind: String,
    server: String,
}

/// The file in which the example of a row stands.
pub fn of(row: &Row) -> String {
    let mut lines = Lines::default();
    let usual = match row.family {
        Family::Proxy => "backend",
        Family::Bind => "bind",
        Family::Server => "server",
        Family::Resolvers => "resolvers",
        Family::Log => "frontend",
    };
    for (places, text) in &row.example {
        let mut place = usual;
        for word in places.split_whitespace() {
            match word {
                "tcp" => lines.tcp = true,
                "unix" => lines.unix = true,
                other => place = other,
            }
        }
        let text = format!("    {text}\n");
        match place {
            "global" => lines.global += &text,
            "section" => lines.sections += &text,
            "defaults" => lines.defaults += &text,
            "frontend" => lines.frontend += &text,
            "backend" => lines.backend += &text,
            "listen" => lines.listen += &text,
            "resolvers" => lines.resolvers += &text,
            "bind" => lines.bind = text.trim().to_owned(),
            "server" => lines.server = text.trim().to_owned(),
            other => panic!("`{}`: no place '{other}'", row.keyword),
        }
    }
    write(&lines)
}

fn write(lines: &Lines) -> String {
    let mode = if lines.tcp { "tcp" } else { "http" };
    let address = if lines.unix { "/run/ringmain-keywords.sock" } else { "127.0.0.1:18099" };
    let mut text = String::new();
    let mut section = |head: &str, lines: &str| {
        if !lines.is_empty() {
            text += &format!("{head}\n{lines}");
        }
    };
    section("global", &lines.global);
    // The first line opens the section.
    section("", &lines.sections);
    if !lines.resolvers.is_empty() {
        section("resolvers r", &format!("    nameserver n 127.0.0.1:53\n{}", lines.resolvers));
    }
    let times = "    timeout connect 5s\n    timeout client 5s\n    timeout server 5s\n";
    section("defaults", &format!("    mode {mode}\n{times}{}", lines.defaults));
    let bind = format!("    bind {address} {}\n", lines.bind);
    section("frontend f", &format!("{bind}{}    default_backend b\n", lines.frontend));
    section("backend b", &format!("{}    server s 127.0.0.1:18098 {}\n", lines.backend, lines.server));
    if !lines.listen.is_empty() {
        section("listen l", &format!("    bind 127.0.0.1:18097\n{}", lines.listen));
    }
    text
}
