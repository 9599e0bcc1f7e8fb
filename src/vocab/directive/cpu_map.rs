//! `cpu-map` (manual 3.1).
use crate::base::limits::MAX_THREADS;
use crate::syntax::{Diag, Word};
use crate::vocab::row::{self, DirectiveCx, DirectiveRow};

pub const ROW: DirectiveRow = DirectiveRow {
    name: "cpu-map",
    sections: row::GLOBAL,
    no: false,
    doc: "cpu-map [auto:]<process>[/<threads>] <cpus>...: which CPUs a thread runs on. With auto: the threads of the range \
          get one CPU of the list each.",
    parse,
};

/// CPUs HAProxy's sets can name.
const MAX_CPUS: usize = 1024;

fn parse(cx: &mut DirectiveCx<'_>, words: &[Word]) -> Result<(), Diag> {
    let who = row::text(words, 1);
    let (auto, who) = match who.strip_prefix("auto:") {
        Some(rest) => (true, rest),
        None => (false, who),
    };
    let parts = read_threads(who).and_then(|threads| Ok((threads, read_cpus(words)?)));
    let (threads, cpus) = parts.map_err(|inner| {
        let text = format!(
            "cpu-map : {inner}\ncpu-map expects a process number  ('all', 'odd', 'even', a number from 1 to 1 or a range),  \
             followed by a list of CPU ranges with numbers from 0 to {}.",
            MAX_CPUS - 1
        );
        let text = text.split_once('\n').map_or(text.clone(), |(_, t)| format!("{t} ({inner})"));
        Diag::alert(row::place(words, 1), text).help("write `cpu-map auto:1/1-4 0-3`, or `cpu-map 1 0`")
    })?;
    if auto {
        if threads.len() != cpus.len() {
            let text =
                "cpu-map : PROC/THREAD range and CPU sets must have the same size to be automatically bound";
            return Err(Diag::alert(words[1].span, text));
        }
        let map = &mut cx.global().cpu_map;
        for (thread, cpu) in threads.into_iter().zip(cpus) {
            put(map, thread, vec![cpu]);
        }
    } else {
        for thread in threads {
            put(&mut cx.global().cpu_map, thread, cpus.clone());
        }
    }
    Ok(())
}

/// A later line replaces an earlier one.
fn put(map: &mut Vec<(usize, Vec<usize>)>, thread: usize, cpus: Vec<usize>) {
    map.retain(|(t, _)| *t != thread);
    map.push((thread, cpus));
    map.sort_by_key(|(t, _)| *t);
}

/// The threads, from 0, of `1`, `1/2-4`, `all/odd`, … Without a thread part it is every thread of the process.
fn read_threads(text: &str) -> Result<Vec<usize>, String> {
    let (process, threads) = match text.split_once('/') {
        Some((process, threads)) => (process, threads),
        None => (text, "all"),
    };
    let processes = numbers(process, MAX_THREADS)?;
    if !processes.contains(&1) {
        return Ok(Vec::new());
    }
    Ok(numbers(threads, MAX_THREADS)?.into_iter().map(|n| n - 1).collect())
}

/// `all`, `odd`, `even`, a number or a range, from 1 to `max`. HAProxy takes an open range (`3-`) too.
fn numbers(text: &str, max: usize) -> Result<Vec<usize>, String> {
    let wrong = || format!("'{text}' is not a valid number/range.");
    let range = match text {
        "all" => 1..=max,
        "odd" => return Ok((1..=max).step_by(2).collect()),
        "even" => return Ok((2..=max).step_by(2).collect()),
        _ => {
            let (low, high) = text.split_once('-').unwrap_or((text, text));
            let low = low.parse::<usize>().map_err(|_| wrong())?;
            let high = if high.is_empty() { max } else { high.parse().map_err(|_| wrong())? };
            low.min(high)..=low.max(high)
        }
    };
    if *range.start() < 1 || *range.end() > max {
        return Err(format!("'{text}' is not a valid number/range. It supports numbers from 1 to {max}."));
    }
    Ok(range.collect())
}

fn read_cpus(words: &[Word]) -> Result<Vec<usize>, String> {
    let mut cpus = Vec::new();
    if words.len() < 3 {
        return Err("a list of CPUs is missing".to_owned());
    }
    for word in words[2..].iter().flat_map(|w| w.text().split(',')) {
        let wrong = || format!("'{word}' is not a CPU range.");
        let (low, high) = word.split_once('-').unwrap_or((word, word));
        let (low, high): (usize, usize) =
            (low.parse().map_err(|_| wrong())?, high.parse().map_err(|_| wrong())?);
        if low.max(high) >= MAX_CPUS {
            return Err(format!("supports CPU numbers from 0 to {}.", MAX_CPUS - 1));
        }
        cpus.extend(low.min(high)..=low.max(high));
    }
    cpus.sort_unstable();
    cpus.dedup();
    Ok(cpus)
}

#[cfg(test)]
mod tests {
    use crate::vocab::row::{GLOBAL, bench};

    fn map(lines: &str) -> Vec<(usize, Vec<usize>)> {
        let mut map = bench(GLOBAL, lines).ok().global.cpu_map;
        map.retain(|(t, _)| *t < 6);
        map
    }

    #[test]
    fn every_form() {
        let one_each = vec![(0, vec![0]), (1, vec![1]), (2, vec![2]), (3, vec![3])];
        assert_eq!(map("cpu-map auto:1/1-4 0-3"), one_each);
        assert_eq!(map("cpu-map auto:1/1-4 0-1 2 3"), one_each);
        assert_eq!(map("cpu-map 1/1-2 0-1"), [(0, vec![0, 1]), (1, vec![0, 1])]);
        assert_eq!(map("cpu-map 1/all 5").len(), 6);
        assert_eq!(map("cpu-map 1 5"), map("cpu-map 1/all 5"));
        assert_eq!(map("cpu-map 1/odd 0\ncpu-map 1/3 1"), [(0, vec![0]), (2, vec![1]), (4, vec![0])]);
    }

    #[test]
    fn what_does_not_fit() {
        assert_eq!(
            bench(GLOBAL, "cpu-map auto:1/1-4 0-1").says(),
            "cpu-map : PROC/THREAD range and CPU sets must have the same size to be automatically bound"
        );
        for line in ["cpu-map 1", "cpu-map 1 x", "cpu-map 0 1", "cpu-map 1/99 0"] {
            assert!(bench(GLOBAL, line).says().starts_with("cpu-map expects a process number"), "{line}");
        }
    }
}
