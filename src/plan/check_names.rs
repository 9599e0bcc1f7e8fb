//! The names that the lines of a health check hold.
use super::check::{
    Action, Ask, Code, Connect, ConnectPort, Expect, HeaderWanted, Matcher, Payload, Saying, Text, What,
};
use crate::rules::Format;
use crate::rules::sample::Names;

impl Action {
    /// Finds the names that the step's expressions hold.
    ///
    /// # Errors
    /// HAProxy's words for a name that does not exist.
    pub fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        match self {
            Action::Connect(Connect { port: Some(ConnectPort::Expr(expr)), .. }) | Action::Set(_, expr) => {
                expr.fetch.resolve(names)
            }
            Action::Send(Payload::Format(format) | Payload::HexFormat(format))
            | Action::SetFormat(_, format) => format.resolve(names),
            Action::Ask(ask) => ask.formats().try_for_each(|format| format.resolve(names)),
            Action::Expect(expect) => {
                if let Some(Code::Expr(expr)) = &expect.code {
                    expr.fetch.resolve(names)?;
                }
                expect.formats().try_for_each(|format| format.resolve(names))
            }
            Action::Connect(_) | Action::Send(_) | Action::Unset(_) | Action::Comment(_) => Ok(()),
        }
    }
}

impl Ask {
    fn formats(&self) -> impl Iterator<Item = &Format> {
        let headers = self.headers.iter().map(|(_, text)| text);
        self.uri.iter().chain(headers).chain(&self.body).filter_map(|text| text.format())
    }
}

impl Expect {
    fn formats(&self) -> impl Iterator<Item = &Format> {
        let (one, two) = match &self.what {
            What::Format(format) | What::BinaryFormat(format) | What::BodyFormat(format) => {
                (Some(format), None)
            }
            What::Header(HeaderWanted { name, value, .. }) => {
                (name.format(), value.as_ref().and_then(Matcher::format))
            }
            _ => (None, None),
        };
        let said = self.on_success.iter().chain(&self.on_error).filter_map(|saying| match saying {
            Saying::Format(format) => Some(format),
            _ => None,
        });
        one.into_iter().chain(two).chain(said)
    }
}

impl Text {
    fn format(&self) -> Option<&Format> {
        match self {
            Text::Plain(_) => None,
            Text::Format(format) => Some(format),
        }
    }
}

impl Matcher {
    fn format(&self) -> Option<&Format> {
        match self {
            Matcher::Equal(text) | Matcher::Begins(text) | Matcher::Ends(text) | Matcher::Holds(text) => {
                text.format()
            }
            Matcher::Regex(_) => None,
        }
    }
}
