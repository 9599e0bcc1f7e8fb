//! Log-format strings at run time (configuration manual, 8.2.4): text, variables and sample expressions.
use super::cx::Cx;
use super::sample::{Names, SampleExpr};
use std::fmt;

/// Writes one variable (`%ci`).
pub type Variable = fn(&Cx<'_>, &mut Vec<u8>);

/// One piece of a format.
pub enum Part {
    Text(Vec<u8>),
    Variable(&'static str, Variable),
    Expr(SampleExpr),
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Text(t) => write!(f, "{:?}", String::from_utf8_lossy(t)),
            Part::Variable(name, _) => write!(f, "%{name}"),
            Part::Expr(e) => write!(f, "%[{}]", e.text),
        }
    }
}

/// A whole format.
#[derive(Debug, Default)]
pub struct Format {
    pub parts: Vec<Part>,
}

impl Format {
    /// The text, where the format has nothing else.
    #[must_use]
    pub fn constant(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [] => Some(b""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Appends the format's value; expressions without a value write nothing.
    pub fn write(&self, cx: &Cx<'_>, out: &mut Vec<u8>) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Variable(_, write) => write(cx, out),
                Part::Expr(expr) => {
                    if let Some(sample) = expr.eval(cx) {
                        sample.write_text(out);
                    }
                }
            }
        }
    }

    /// Finds the names that its expressions hold.
    ///
    /// # Errors
    /// HAProxy's words for a name that does not exist.
    pub fn resolve(&self, names: &dyn Names) -> Result<(), String> {
        self.parts.iter().try_for_each(|part| match part {
            Part::Expr(expr) => expr.fetch.resolve(names),
            Part::Text(_) | Part::Variable(..) => Ok(()),
        })
    }
}
