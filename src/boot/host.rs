//! Settings of the host that would hurt most at the configured `maxconn`, said once at the start. `tuning/ringmain-tune`
//! shows all of them and can set them.
use crate::plan::{Plan, ServerAddr};
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// Listen queues longer than this are of no use: a queue that long is seconds of waiting.
const QUEUE_WANTED: u64 = 4_096;

/// What to warn of, for so many connections. `proc_sys` is `/proc/sys`; settings that cannot be read are not judged.
pub fn warnings(plan: &Plan, maxconn: u64, proc_sys: &Path) -> Vec<String> {
    let numbers = |name: &str| -> Vec<u64> {
        let text = fs::read_to_string(proc_sys.join(name)).unwrap_or_default();
        text.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
    };
    let mut said = Vec::new();
    if let [queue] = numbers("net/core/somaxconn")[..]
        && queue < maxconn.min(QUEUE_WANTED)
    {
        said.push(format!(
            "net.core.somaxconn is {queue}: of {maxconn} connections that come at once most are dropped. \
             'tuning/ringmain-tune apply' raises it."
        ));
    }
    // A server's address is the other half of a connection's name: each has all ports of its own.
    let targets: HashSet<String> = plan
        .servers
        .iter()
        .filter(|s| matches!(s.addr, ServerAddr::Inet(..)))
        .map(|s| format!("{:?}", s.addr))
        .collect();
    if let ([first, last], servers @ 1..) =
        (&numbers("net/ipv4/ip_local_port_range")[..], targets.len() as u64)
        && last.saturating_sub(*first).saturating_add(1).saturating_mul(servers) < maxconn
    {
        said.push(format!(
            "net.ipv4.ip_local_port_range is {first}-{last}: too few ports for {maxconn} connections to {servers} server(s). \
             'tuning/ringmain-tune apply' widens it."
        ));
    }
    if let [tracked] = numbers("net/netfilter/nf_conntrack_max")[..]
        && tracked < maxconn.saturating_mul(2)
    {
        said.push(format!(
            "net.netfilter.nf_conntrack_max is {tracked}: {maxconn} connections need {} entries, what is above is dropped. \
             'tuning/ringmain-tune check' says more.",
            maxconn.saturating_mul(2)
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_falls_short_is_said() {
        let dir = std::env::temp_dir().join(format!("ringmain-host-{}", std::process::id()));
        let put = |name: &str, text: &str| {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let mut plan = Plan::default();
        plan.add_backend("b");
        plan.add_server("s", "127.0.0.1:80".parse().unwrap());
        assert_eq!(warnings(&plan, 20_000, &dir), Vec::<String>::new(), "nothing can be read");
        put("net/core/somaxconn", "4096\n");
        put("net/ipv4/ip_local_port_range", "1024\t65535\n");
        put("net/netfilter/nf_conntrack_max", "262144\n");
        assert_eq!(warnings(&plan, 20_000, &dir), Vec::<String>::new());
        put("net/core/somaxconn", "128\n");
        put("net/ipv4/ip_local_port_range", "60000\t60999\n");
        put("net/netfilter/nf_conntrack_max", "30000\n");
        let said = warnings(&plan, 20_000, &dir);
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[0].contains("somaxconn is 128") && said[1].contains("60000-60999"), "{said:?}");
        assert_eq!(warnings(&plan, 100, &dir), Vec::<String>::new(), "enough for a hundred");
        fs::remove_dir_all(&dir).unwrap();
    }
}
