//! `code_lines [PROGRAM]`: how much code a keep-alive request runs through: cache lines of 64 bytes and pages of 4 KB that
//! each request touches, by function. After a pause all of them have left the caches: each line is a wait then, each page a
//! look into the page table. `code_lines --order [PROGRAM]` prints the functions of a request in the order they are first run in,
//! as the linker's `--symbol-ordering-file` wants them.
//!
//! Counted by callgrind, so in epoll mode (`bench::whole` says why); the driver of io_uring is a small part of it.
use bench::whole;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const REQUESTS: u64 = 1_000;
/// What ran this often ran in every request: a turn of the loop may serve two.
const EACH: u64 = REQUESTS * 9 / 10;
/// What ran this often is no rare way.
const OFTEN: u64 = REQUESTS / 20;

const LINE: u64 = 64;
const PAGE: u64 = 4_096;

/// The instructions of one function of one object that were run, each with how often.
type Functions = BTreeMap<(String, String), BTreeMap<u64, u64>>;

fn main() -> ExitCode {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let order = args.first().is_some_and(|a| a == "--order");
    args.drain(..usize::from(order));
    if args.len() > 1 || args.iter().any(|a| a.starts_with('-')) {
        eprintln!("use: code_lines [--order] [PROGRAM]");
        return ExitCode::FAILURE;
    }
    let beside = || std::env::current_exe().ok().map(|me| me.with_file_name("ringmain"));
    let Some(program) = args.pop().map(PathBuf::from).or_else(beside) else { return ExitCode::FAILURE };
    match whole::profile(&program, "epoll", REQUESTS) {
        Ok(text) => {
            let functions = parse(&text);
            if order {
                print_order(&functions, &program)
            } else {
                print_lines(&functions)
            }
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("code_lines: {e}");
            ExitCode::FAILURE
        }
    }
}

/// Reads callgrind's file: `ob=` and `fn=` say where the lines `ADDRESS LINE COUNT` behind them belong; the line behind a
/// `calls=` is the cost of what was called, and counted there.
fn parse(text: &str) -> Functions {
    let mut functions = Functions::new();
    let (mut object, mut function, mut called) = (String::new(), String::new(), false);
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("ob=") {
            name.clone_into(&mut object);
        } else if let Some(name) = line.strip_prefix("fn=") {
            name.clone_into(&mut function);
        } else if line.starts_with("calls=") {
            called = true;
        } else if let Some((address, count)) = cost(line)
            && !std::mem::take(&mut called)
        {
            let key = (object.clone(), function.clone());
            *functions.entry(key).or_default().entry(address).or_default() += count;
        }
    }
    functions
}

fn cost(line: &str) -> Option<(u64, u64)> {
    let mut words = line.strip_prefix("0x")?.split(' ');
    let address = u64::from_str_radix(words.next()?, 16).ok()?;
    Some((address, words.nth(1)?.parse().ok()?))
}

fn print_lines(functions: &Functions) {
    let (mut all, mut bytes, mut rows) = (BTreeSet::new(), 0, Vec::new());
    for ((object, function), instructions) in functions {
        let each = instructions.iter().filter(|&(_, &n)| n >= EACH);
        let lines: BTreeSet<u64> = each.map(|(address, _)| address / LINE).collect();
        let object =
            Path::new(object).file_name().map_or(String::new(), |n| n.to_string_lossy().into_owned());
        if !lines.is_empty() {
            rows.push((lines.len(), object.clone(), function));
            bytes += instructions.values().filter(|&&n| n >= EACH).count();
        }
        all.extend(lines.into_iter().map(|line| (object.clone(), line)));
    }
    let pages: BTreeSet<_> = all.iter().map(|(object, line)| (object, line * LINE / PAGE)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.0));
    for (lines, object, function) in &rows {
        println!("{lines:>6}  {object}  {function}");
    }
    println!(
        "{} cache lines on {} pages in {} functions, {bytes} different instructions",
        all.len(),
        pages.len(),
        rows.len()
    );
}

/// Functions of the program itself that are run in (nearly) every request.
fn print_order(functions: &Functions, program: &Path) {
    let own = |object: &str| Path::new(object).file_name() == program.file_name();
    let mut found: Vec<(&str, u64)> = functions
        .iter()
        .filter(|((object, _), _)| own(object))
        .filter_map(|((_, name), i)| {
            let most = i.values().max().copied()?;
            (most >= OFTEN).then_some((name.split('\'').next()?, most))
        })
        .collect();
    // Those that run in every request, before those that do not always.
    found.sort_by_key(|&(name, most)| (most < EACH, name));
    found.dedup();
    for (name, _) in found {
        println!("{name}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_belong_to_their_function_and_calls_are_left_out() {
        let text = "ob=/x/ringmain\nfn=a\n0x10 1 5\ncfn=b\ncalls=3 0x20\n0x14 2 900\n0x18 3 7\nfn=b\n0x20 1 9\n0x10 1 1\n";
        let found = parse(text);
        let key = |f: &str| ("/x/ringmain".to_owned(), f.to_owned());
        assert_eq!(found[&key("a")], BTreeMap::from([(0x10, 5), (0x18, 7)]));
        assert_eq!(found[&key("b")], BTreeMap::from([(0x20, 9), (0x10, 1)]));
    }
}
