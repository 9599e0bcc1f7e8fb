//! The statistics socket: the same questions to haproxy and to Ringmain, answers of the same form.

use std::time::Duration;

use crate::common::ground::{Ground, scratch};
use crate::common::proxy::Program;
use crate::common::socket;
use crate::{BOTH, DEFAULTS, get};

/// Starts a program, lets it serve three requests and asks it.
fn ask(program: Program, questions: &[&str]) -> Vec<String> {
    let ground = Ground::new();
    let socket = scratch("sock", "");
    let _ = std::fs::remove_file(&socket);
    let config = format!(
        "global\n    nbthread 1\n    stats socket {} mode 600 level admin\n{DEFAULTS}
frontend site
    bind \"127.0.10.1:${{F1}}\"
    default_backend farm
backend farm
    balance roundrobin
    server a \"${{A}}\" weight 2
    server b \"${{B}}\" backup
    server c \"${{C}}\" disabled
",
        socket.display()
    );
    let _proxy = ground.serve(program, 1, &config);
    for _ in 0..3 {
        get(ground.front(1), "/len/100");
    }
    std::thread::sleep(Duration::from_millis(100));
    let answers = questions.iter().map(|question| socket::ask(&socket, question)).collect();
    let _ = std::fs::remove_file(&socket);
    answers
}

/// The CSV's columns are haproxy's, and so are the figures of a simple run.
#[test]
fn show_stat_has_haproxys_columns_and_figures() {
    let figures = |csv: &str| -> Vec<String> {
        let mut lines = csv.lines();
        let columns: Vec<&str> = lines.next().expect("a head").trim_start_matches("# ").split(',').collect();
        let kept = [
            "pxname", "svname", "stot", "ereq", "econ", "status", "weight", "act", "bck", "type", "hrsp_2xx",
            "req_tot", "mode", "algo",
        ];
        lines
            .filter(|l| !l.is_empty())
            .map(|line| {
                let values: Vec<&str> = line.split(',').collect();
                let shown = columns.iter().zip(&values).filter(|(c, _)| kept.contains(c));
                shown.map(|(c, v)| format!("{c}={v}")).collect::<Vec<_>>().join(" ")
            })
            .collect()
    };
    let wanted = ask(Program::Haproxy, &["show stat"]).remove(0);
    for program in BOTH {
        let got = ask(program, &["show stat"]).remove(0);
        assert_eq!(got.lines().next(), wanted.lines().next(), "{}: columns", program.name());
        assert_eq!(figures(&got), figures(&wanted), "{}", program.name());
    }
}

#[test]
fn show_info_and_servers_state_are_in_haproxys_form() {
    let questions = ["show info", "show servers state", "nonsense", "show version"];
    let wanted = ask(Program::Haproxy, &questions);
    let names = |info: &str| -> Vec<String> {
        info.lines().filter_map(|l| l.split_once(':')).map(|(name, _)| name.to_owned()).collect()
    };
    // Fields 1 to 8: backend, server, address, states and weights. What follows counts time and ports.
    let states = |text: &str| -> Vec<String> {
        text.lines()
            .map(|l| l.split(' ').take(9).filter(|w| !w.starts_with("127.")).collect::<Vec<_>>().join(" "))
            .collect()
    };
    for program in BOTH {
        let got = ask(program, &questions);
        assert_eq!(names(&got[0]), names(&wanted[0]), "{}: show info", program.name());
        assert_eq!(states(&got[1]), states(&wanted[1]), "{}: show servers state", program.name());
        assert_eq!(got[2].lines().next(), wanted[2].lines().next(), "{}: an unknown command", program.name());
        assert!(!got[3].trim().is_empty(), "{}: show version", program.name());
    }
}
