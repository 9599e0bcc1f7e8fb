//! Lists of patterns that change while running: look-ups among 100,000 entries, one entry more, a new version of 10,000.
use crate::routines::{Routine, Work};
use ringmain::config::{Options, build_texts};
use ringmain::plan::Plan;
use ringmain::rules::Sample;
use ringmain::rules::list::{FormId, Lists};
use ringmain::syntax::Env;
use ringmain::world::World;
use std::borrow::Cow;
use std::fmt::Write;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// Entries of the large lists.
const MANY: u32 = 100_000;
/// Entries of a new version.
const VERSION: u32 = 10_000;

/// The routines of this file.
pub fn all() -> Vec<Routine> {
    let find = |name: &'static str, about, make: fn() -> Work| Routine::new(name, about, 20_000, make);
    vec![
        find("list-ip4-100000", "an IPv4 address among 100,000 networks, half of them in one", || {
            by_address(v4)
        }),
        find("list-ip6-100000", "an IPv6 address among 100,000 networks, half of them in one", || {
            by_address(v6)
        }),
        find("list-str-100000", "a name among 100,000, half of them there", || by_text("str")),
        find("list-beg-100000", "a path among 100,000 beginnings, half of them there", || by_text("beg")),
        Routine::new("list-add-100000", "one network more among 100,000, as an edit of the World", 200, add),
        Routine::new("list-commit-10000", "a new version of 10,000 networks comes into force", 20, commit),
    ]
}

/// Numbers spread over all of u32, each once.
fn spread(n: u32) -> u32 {
    n.wrapping_mul(0x9e37_79b1)
}

/// Networks of 24 to 32 bits: the address and the bits.
#[must_use]
pub fn v4(n: u32) -> (IpAddr, u32) {
    (IpAddr::V4(Ipv4Addr::from(spread(n))), 24 + n % 9)
}

/// Networks of 48 to 128 bits.
#[must_use]
pub fn v6(n: u32) -> (IpAddr, u32) {
    let high = u128::from(0x2001_0db8_u32) << 96 | u128::from(spread(n)) << 64;
    (IpAddr::V6(Ipv6Addr::from(high | u128::from(spread(n + 7)))), 48 + n % 81)
}

/// The lists of a configuration with one `acl`, whose patterns are these lines.
///
/// # Panics
/// When the lines are no patterns, or no file can be written.
#[must_use]
pub fn lists(criterion: &str, lines: &str) -> Lists {
    let path = std::env::temp_dir().join(format!(
        "ringmain-bench-{}-{}",
        std::process::id(),
        criterion.replace(' ', "-")
    ));
    std::fs::write(&path, lines).expect("a list");
    let text = format!(
        "defaults\n mode http\n timeout client 1s\nfrontend f\n bind 127.0.0.1:1\n acl a {criterion} -f {}\n",
        path.display()
    );
    let (plan, diags, _) =
        build_texts(&[("bench.cfg", text.as_bytes())], &Env::default(), &Options::default());
    std::fs::remove_file(&path).expect("the list goes again");
    (*plan.unwrap_or_else(|| panic!("a good file: {diags:?}")).lists).clone()
}

/// The form of that list.
#[must_use]
pub fn form(lists: &Lists) -> FormId {
    lists.list(0).forms[0].id
}

/// So many networks, one a line.
#[must_use]
pub fn networks(count: u32, network: fn(u32) -> (IpAddr, u32)) -> String {
    let mut text = String::new();
    for (addr, bits) in (0..count).map(network) {
        writeln!(text, "{addr}/{bits}").expect("to a string");
    }
    text
}

fn by_address(network: fn(u32) -> (IpAddr, u32)) -> Work {
    let lists = lists("src", &networks(MANY, network));
    let id = form(&lists);
    let mut n = 0u32;
    Box::new(move || {
        n = n.wrapping_add(1);
        // Every other one is of no list, though near to one.
        let addr = network(n.wrapping_mul(7_919) % (2 * MANY)).0;
        let index = black_box(&lists).form(id).expect("a form");
        black_box(index.matches(&Sample::Addr(addr)));
    })
}

fn by_text(method: &str) -> Work {
    let name = |n: u32| format!("/site{:x}/{n}.example.test", spread(n));
    let mut text = String::new();
    for n in 0..MANY {
        writeln!(text, "{}", name(n)).expect("to a string");
    }
    let lists = lists(&format!("path -m {method}"), &text);
    let id = form(&lists);
    let asked: Vec<String> = (0..4_096u32).map(|n| name(n.wrapping_mul(7_919) % (2 * MANY))).collect();
    let mut n = 0;
    Box::new(move || {
        n = (n + 1) % asked.len();
        let index = black_box(&lists).form(id).expect("a form");
        black_box(index.matches(&Sample::Str(Cow::Borrowed(asked[n].as_bytes()))));
    })
}

fn world(lists: Lists) -> World {
    World::new(Arc::new(Plan { lists: Arc::new(lists), ..Plan::default() }))
}

fn add() -> Work {
    let mut world = world(lists("src", &networks(MANY, v4)));
    let mut n = MANY;
    Box::new(move || {
        n += 1;
        let (addr, bits) = v4(n);
        let mut lists = (*world.lists).clone();
        lists.add(0, None, format!("{addr}/{bits}").as_bytes(), None).expect("a network");
        world = world.with_lists(Arc::new(lists));
    })
}

fn commit() -> Work {
    let mut lists = lists("src", &networks(MANY, v4));
    lists.prepare(0);
    for (addr, bits) in (0..VERSION).map(v4) {
        lists.add(0, Some(1), format!("{addr}/{bits}").as_bytes(), None).expect("a network");
    }
    let world = world(lists);
    Box::new(move || {
        let mut lists = (*world.lists).clone();
        assert!(lists.commit(0, 1));
        black_box(world.with_lists(Arc::new(lists)));
    })
}
