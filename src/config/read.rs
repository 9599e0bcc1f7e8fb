//! Lines → draft: each line finds the row of its section and keyword.
use super::load::Source;
use crate::plan::draft::Draft;
use crate::syntax::{Diag, Diags, Env, FileId, Line, Span, nearest};
use crate::vocab::expr::AclScope;
use crate::vocab::row::{self, DirectiveCx, Polarity, Sections};
use crate::vocab::section::{self, SectionRow};
use crate::vocab::{directive, rule_line};

/// What reading gave.
#[derive(Debug, Default)]
pub struct Read {
    pub draft: Draft,
    /// The named ACLs of each proxy of the draft.
    pub acls: Vec<AclScope>,
    /// HAProxy would have stopped reading, and would end without its last line.
    pub aborted: bool,
}

/// Reads every line. Errors go to `diags`, and reading goes on, so that one run tells all of them.
pub fn lines(source: &mut Source, env: &mut Env, diags: &mut Diags) -> Read {
    let mut reader = Reader::default();
    while let Some(line) = source.next_line(env, diags) {
        let name = reader.line(&line, source, env, diags);
        if let Some(name) = name {
            source.set_section(&name);
        }
    }
    reader.close();
    reader.read.aborted |= source.aborted();
    reader.read
}

#[derive(Default)]
struct Reader {
    read: Read,
    /// The ACLs of the section that is open.
    acls: AclScope,
    open: Option<Open>,
}

/// The section that is open.
#[derive(Clone, Copy)]
struct Open {
    file: FileId,
    /// `None`: its lines are passed over.
    lines: Option<Sections>,
}

impl Reader {
    /// Reads one line; gives the section's name where it opens one.
    fn line(&mut self, line: &Line, source: &Source, env: &mut Env, diags: &mut Diags) -> Option<String> {
        let first = line.words.first()?;
        if let Some(row) = section::find(first.text()) {
            self.section(row, line, source, env, diags);
            return Some(row::text(&line.words, 1).to_owned())
                .filter(|n| !n.is_empty())
                .or(Some(row.name.to_owned()));
        }
        // A section does not go on in the next file.
        match self.open.filter(|o| o.file == line.span.file) {
            Some(Open { lines: Some(lines), .. }) => {
                let mut cx = self.context(lines, line.span, source, env, diags);
                if let Err(diag) = directive::read(&mut cx, &line.words) {
                    diags.push(diag);
                }
            }
            Some(Open { lines: None, .. }) => {}
            None => diags.push(out_of_section(first.text(), first.span)),
        }
        None
    }

    fn section(
        &mut self,
        row: &'static SectionRow,
        line: &Line,
        source: &Source,
        env: &mut Env,
        diags: &mut Diags,
    ) {
        self.close();
        let lines = section::lines_of(row.kind);
        self.open = Some(Open { file: line.span.file, lines });
        let mut cx = self.context(lines.unwrap_or(row::GLOBAL), line.span, source, env, diags);
        let opened = section::open(&mut cx, row, &line.words);
        if matches!(row.kind, section::SectionKind::Proxy(_)) {
            rule_line::take_over(&mut cx);
        }
        if let Err(diag) = opened {
            diags.push(diag);
        }
    }

    /// Ends the open section: its ACLs go with its proxy.
    fn close(&mut self) {
        let acls = std::mem::take(&mut self.acls);
        if self.read.acls.len() < self.read.draft.proxies.len() {
            self.read.acls.push(acls);
        }
    }

    fn context<'a>(
        &'a mut self,
        section: Sections,
        line: Span,
        source: &'a Source,
        env: &'a mut Env,
        diags: &'a mut Diags,
    ) -> DirectiveCx<'a> {
        crate::rules::list::at(line, &source.map);
        DirectiveCx {
            section,
            draft: &mut self.read.draft,
            acls: &mut self.acls,
            env,
            diags,
            map: &source.map,
            line,
            polarity: Polarity::Plain,
            aborted: &mut self.read.aborted,
        }
    }
}

fn out_of_section(word: &str, at: Span) -> Diag {
    let diag = Diag::alert(at, format!("unknown keyword '{word}' out of section.")).tight();
    match nearest(word, section::all().map(|r| r.name)) {
        Some(near) => diag.help(format!("did you mean the section `{near}`?")),
        None => {
            diag.help("a line belongs to a section: `global`, `defaults`, `frontend`, `backend` or `listen`")
        }
    }
}
