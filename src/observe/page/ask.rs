//! What a request for the statistics page asks for: the words behind `;` in its target (management manual 9.2).

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Html,
    Csv,
    Json,
    JsonSchema,
    Typed,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub form: Form,
    /// `;up`: servers that are down are left out.
    pub hide_down: bool,
    /// `;no-maint`: so are those in maintenance.
    pub hide_maintenance: bool,
    /// `;norefresh`.
    pub no_refresh: bool,
    /// `;st=CODE`: what came of a form.
    pub done: Option<&'static Done>,
    /// `scope=TEXT`: only proxies with this in their names.
    pub scope: String,
}

/// What came of a form: HAProxy's codes, and the words for people.
#[derive(Debug, PartialEq, Eq)]
pub struct Done {
    pub code: &'static str,
    /// Whether it went well.
    pub good: bool,
    pub text: &'static str,
}

/// Every code.
pub static CODES: [Done; 8] = [
    Done { code: "DONE", good: true, text: "Action processed successfully." },
    Done { code: "NONE", good: false, text: "Nothing has changed." },
    Done {
        code: "PART",
        good: false,
        text: "Action partially processed: some server names are probably unknown or \
                                            ambiguous (duplicated names in the backend).",
    },
    Done {
        code: "ERRP",
        good: false,
        text: "Action not processed because of invalid parameters: the action may not be \
                                            supported, the backend or a server name may be unknown or ambiguous.",
    },
    Done {
        code: "EXCD",
        good: false,
        text: "Action not processed: the form couldn't be parsed because it exceeds the \
                                            size of a request's buffer. Change fewer servers at a time.",
    },
    Done { code: "DENY", good: false, text: "Action denied." },
    Done { code: "IVAL", good: false, text: "Invalid requests (unsupported method or form)." },
    Done { code: "UNKN", good: false, text: "Unexpected result." },
];

/// The code by its name.
#[must_use]
pub fn code(name: &str) -> &'static Done {
    CODES.iter().find(|d| d.code == name).unwrap_or(&CODES[7])
}

/// HAProxy takes no more of a scope.
const SCOPE_LIMIT: usize = 20;

impl Ask {
    /// Reads the target's words behind the page's own URI.
    #[must_use]
    pub fn read(target: &[u8], uri: &str) -> Ask {
        let rest = String::from_utf8_lossy(target.get(uri.len()..).unwrap_or_default()).into_owned();
        let has = |word: &str| rest.contains(word);
        let form = if has(";csv") {
            Form::Csv
        } else if has(";json-schema") {
            Form::JsonSchema
        } else if has(";json") {
            Form::Json
        } else if has(";typed") {
            Form::Typed
        } else {
            Form::Html
        };
        let value = |name: &str| {
            let at = rest.find(name)? + name.len();
            Some(rest[at..].split([';', '&']).next().unwrap_or(""))
        };
        let scope: String = value("scope=").unwrap_or("").chars().take(SCOPE_LIMIT).collect();
        Ask {
            form,
            hide_down: has(";up"),
            hide_maintenance: has(";no-maint"),
            no_refresh: has(";norefresh"),
            done: value(";st=").map(code),
            scope: scope.replace('+', " ").replace("%20", " "),
        }
    }

    /// The words again, for links from the page; `change` alters a copy first.
    #[must_use]
    pub fn link(&self, uri: &str, change: impl FnOnce(&mut Ask)) -> String {
        let mut ask = Ask { done: None, ..self.clone() };
        change(&mut ask);
        let mut link = uri.to_owned();
        let words =
            [(ask.hide_down, ";up"), (ask.hide_maintenance, ";no-maint"), (ask.no_refresh, ";norefresh")];
        for (_, word) in words.into_iter().filter(|(on, _)| *on) {
            link.push_str(word);
        }
        match ask.form {
            Form::Html => {}
            Form::Csv => link.push_str(";csv"),
            Form::Json => link.push_str(";json"),
            Form::JsonSchema => link.push_str(";json-schema"),
            Form::Typed => link.push_str(";typed"),
        }
        if !ask.scope.is_empty() {
            link.push_str(";scope=");
            link.push_str(&ask.scope.replace(' ', "%20"));
        }
        link
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_behind_the_uri() {
        let ask = Ask::read(b"/s;csv;norefresh;up", "/s");
        assert_eq!(
            (ask.form, ask.no_refresh, ask.hide_down, ask.hide_maintenance),
            (Form::Csv, true, true, false)
        );
        assert_eq!(Ask::read(b"/s;json-schema", "/s").form, Form::JsonSchema);
        let ask = Ask::read(b"/s;st=PART;scope=a+b&x", "/s");
        assert_eq!((ask.done.unwrap().code, ask.scope.as_str()), ("PART", "a b"));
        assert_eq!(Ask::read(b"/s;st=<x>", "/s").done.unwrap().code, "UNKN");
        assert_eq!(Ask::read(b"/s?scope=web", "/s").scope, "web");
        assert_eq!(Ask::read(b"", "/s").form, Form::Html);
    }

    #[test]
    fn links_lead_back_to_the_same_view() {
        let ask = Ask::read(b"/s;up;scope=web;st=DONE", "/s");
        assert_eq!(ask.link("/s", |a| a.form = Form::Csv), "/s;up;csv;scope=web");
        assert_eq!(ask.link("/s", |a| a.hide_down = false), "/s;scope=web");
        assert_eq!(Ask::read(ask.link("/s", |_| ()).as_bytes(), "/s"), Ask { done: None, ..ask });
    }
}
