//! What operators type: the command lines of the management manual (`socat` and what its output goes through), on the sockets of
//! haproxy and of Ringmain after the same traffic. All must print the same.

use std::path::Path;
use std::process::Command;

use crate::common::proxy::Program;
use crate::common::python::run;
use crate::{BOTH, start, traffic};

/// `S` is the socket. The figures of the clock and of who asked are cut off.
const LINES: [&str; 9] = [
    // 3.2, 9.3 `show info`.
    r#"echo "show info" | socat - S | grep ^Idle | cut -d: -f1"#,
    r#"echo "show info" | socat - S | grep -E '^(Maxconn|Nbthread|Process_num): '"#,
    r#"( echo show info typed | socat S - ; echo show info typed | socat S - ) | sort -t . -k 1,1n -k 2,2 -k 3,3n | cut -d: -f1-3"#,
    // 9.1 and 9.3 `show stat`.
    r#"echo "show info;show stat" | socat stdio unix-connect:S | grep -c ,"#,
    r#"echo "show stat" | socat stdio unix-connect:S | cut -d, -f1,2,5,8-10,18-21,37,40-44 | grep -vE '^(other|metrics),'"#,
    r#"echo "show stat" | socat stdio S | sed -n 's/^# //p'"#,
    r#"( echo show stat typed | socat S - ; echo show stat typed | socat S - ) | sort -t . -k 1,1 -k 2,2n -k 3,3n -k 4,4n -k 5,5 -k 6,6n | grep -E '[.](pxname|svname|hrsp_2xx|weight)[.]'"#,
    // 9.3 `show table`: who is in a table.
    r#"echo "show table both" | socat stdio S | fgrep 'key=' | cut -d' ' -f2 | cut -d= -f2"#,
    r#"echo "show table both" | socat stdio S | awk '/key/{ print a[split($2,a,"=")]; }'"#,
];

fn printed(socket: &Path, line: &str) -> String {
    let line = line.replace('S', &socket.display().to_string());
    run(Command::new("sh").args(["-c", &line]))
}

fn all(program: Program) -> Vec<String> {
    let stand = start(program);
    traffic(&stand);
    LINES.iter().map(|line| printed(&stand.socket, line)).collect()
}

#[test]
fn the_manuals_command_lines_print_the_same() {
    let wanted = all(Program::Haproxy);
    for (line, wanted) in LINES.iter().zip(&wanted) {
        assert!(!wanted.trim().is_empty(), "{line} prints nothing");
    }
    for program in BOTH {
        for ((line, wanted), got) in LINES.iter().zip(&wanted).zip(all(program)) {
            assert_eq!(got, *wanted, "{}: {line}", program.name());
        }
    }
}
