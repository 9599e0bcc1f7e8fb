//! `use-service`: an answer that the process makes itself.
use super::{ActionRow, Cursor, REQUEST};
use crate::base::service::Service;
use crate::rules::{Action, Cx, Verdict};
use crate::syntax::Diag;

/// The rows of this file.
pub const ROWS: &[ActionRow] = &[ActionRow {
    name: "use-service",
    rulesets: REQUEST,
    doc: "use-service prometheus-exporter: the request is answered with metrics for Prometheus. `scope`, `no-maint`, \
          `metrics` and `extra-counters` in the query choose among them.",
    parse,
}];

#[derive(Debug)]
struct UseService(Service);

fn parse(cursor: &mut Cursor<'_>) -> Result<Box<dyn Action>, Diag> {
    let name = cursor.expect(|| "'use-service' expects a service name.".to_owned())?;
    if name == "prometheus-exporter" {
        return Ok(Box::new(UseService(Service::Prometheus)));
    }
    let diag = Diag::alert(name.span, format!("'{}' unknown service name.", name.text()));
    Err(if name.text().starts_with("lua.") {
        diag.help("Ringmain does not run Lua; it has the service prometheus-exporter")
    } else {
        diag.help("the service is called prometheus-exporter")
    })
}

impl Action for UseService {
    fn run(&self, _cx: &mut Cx<'_>) -> Verdict {
        Verdict::Serve(self.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::base::service::Service;
    use crate::rules::{NoTrace, Program, Verdict};
    use crate::vocab::expr::testing::{with_cx, words};
    use crate::vocab::expr::{AclScope, parse_http_request};

    #[test]
    fn the_one_service_is_found_by_its_name() {
        let read = |line: &str| parse_http_request(&mut AclScope::default(), &words(line));
        let rule = read("use-service prometheus-exporter if { path /metrics }").unwrap();
        let program = Program { rules: vec![rule] };
        let run = |request: &str| with_cx(request, |cx| program.run(cx, &mut NoTrace));
        let head = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(run(&head("/metrics?scope=global")), Verdict::Serve(Service::Prometheus));
        assert_eq!(run(&head("/")), Verdict::Continue);
        let says = |line: &str| read(line).unwrap_err().message;
        assert_eq!(says("use-service"), "'use-service' expects a service name.");
        assert_eq!(says("use-service foo"), "'foo' unknown service name.");
        // Whatever stands in a name's place is the name.
        assert_eq!(says("use-service if TRUE"), "'if' unknown service name.");
    }
}
