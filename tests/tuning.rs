//! `tuning/ringmain-tune`: in a network namespace of its own, and on a made-up host below a temporary directory. It
//! never runs on the settings of the host the tests run on, and what those are is looked at before and after.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const TOOL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tuning/ringmain-tune");

fn must_be_root() {
    assert!(
        nix::unistd::geteuid().is_root(),
        "the tests of tuning make network namespaces: run them as root"
    );
}

/// What a command said and how it ended.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn of(command: &mut Command) -> Self {
        let program = command.get_program().to_owned();
        let Output { status, stdout, stderr } =
            command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{program:?}: {error}"));
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: status.code(), out: text(stdout), err: text(stderr) }
    }

    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "output:\n{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn says(self, part: &str) -> Self {
        assert!(
            self.out.contains(part) || self.err.contains(part),
            "no {part:?} in:\n{}{}",
            self.out,
            self.err
        );
        self
    }

    #[track_caller]
    fn never_says(self, part: &str) -> Self {
        assert!(!self.out.contains(part), "{part:?} in:\n{}", self.out);
        self
    }
}

/// A directory of a test's own, gone with it.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("ringmain-tuning-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a temporary directory");
        Self(path)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }

    fn program(&self, file: &str, text: &str) {
        self.write(file, text);
        fs::set_permissions(self.0.join(file), Permissions::from_mode(0o755)).expect("a mode");
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Everything below a directory: mode, and bytes or where a link leads. Directories count.
fn tree(top: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut open = vec![top.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            let about = fs::symlink_metadata(&path).expect("metadata");
            let bytes = if about.is_dir() {
                open.push(path.clone());
                Vec::new()
            } else if about.is_symlink() {
                fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes()
            } else {
                fs::read(&path).expect("a file")
            };
            found.insert(path, (about.permissions().mode(), bytes));
        }
    }
    found
}

// --- In a network namespace -----------------------------------------------------------------------------------------

/// A network namespace of a test's own, as long as its process lives.
struct Namespace(Child);

impl Namespace {
    fn new() -> Self {
        must_be_root();
        let child =
            Command::new("unshare").args(["-n", "sleep", "60"]).spawn().expect("unshare of util-linux");
        let own = fs::read_link("/proc/self/ns/net").expect("a namespace");
        let theirs = format!("/proc/{}/ns/net", child.id());
        let made = Self(child);
        for _ in 0..500 {
            if fs::read_link(&theirs).is_ok_and(|theirs| theirs != own) {
                return made;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("no network namespace: does this machine let root have one (unshare -n)?");
    }

    fn enter(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.0.id())).arg("--").arg(program);
        command
    }

    /// The tool inside it, its state below `root`.
    fn tune(&self, root: &Place, arguments: &[&str]) -> Said {
        Said::of(self.enter(TOOL).arg("--root").arg(&root.0).args(arguments))
    }

    /// Every setting of the namespace, byte for byte.
    fn settings(&self) -> String {
        let script =
            "cd /proc/sys/net && for file in core/* ipv4/*; do [ ! -f $file ] || set -- $@ $file; done
            tail -n +1 $@ 2>/dev/null";
        let said = Said::of(self.enter("sh").args(["-c", script]));
        assert!(said.out.contains("==> ipv4/tcp_wmem <==\n4096\t"), "{}", said.out);
        said.out
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The host's own values of every sysctl in the table.
fn host_settings() -> Vec<(String, Option<String>)> {
    let values: Vec<_> = rows()
        .into_iter()
        .filter(|row| ["sysctl", "told", "congestion", "qdisc"].contains(&row[1].as_str()))
        .map(|row| format!("/proc/sys/{}", row[0].replace('.', "/")))
        .map(|path| (path.clone(), fs::read_to_string(path).ok()))
        .collect();
    assert!(values.len() > 15);
    values
}

#[test]
fn in_a_namespace_check_apply_check_revert() {
    let (host, namespace, root) = (host_settings(), Namespace::new(), Place::new());
    let before = namespace.settings();

    namespace.tune(&root, &["check", "--namespaced"]).ends(1).says("short  net.core.somaxconn");
    namespace
        .tune(&root, &["apply", "--namespaced", "--dry-run"])
        .ends(0)
        .says("would set  net.core.somaxconn");
    assert_eq!(namespace.settings(), before, "a dry run changes nothing");
    assert!(tree(&root.0).is_empty(), "a dry run writes nothing");

    namespace.tune(&root, &["apply", "--namespaced"]).ends(0).says("set    net.core.somaxconn: ");
    namespace.tune(&root, &["check", "--namespaced"]).ends(0).says(", 0 short").never_says("\nshort");
    let applied = namespace.settings();
    assert_ne!(applied, before);

    namespace.tune(&root, &["apply", "--namespaced"]).ends(0).never_says("set    ");
    assert_eq!(namespace.settings(), applied, "a second apply changes nothing");
    namespace.tune(&root, &["apply", "--namespaced", "--profile", "loadtest"]).ends(0);
    assert_ne!(namespace.settings(), applied, "another profile wants other values");

    namespace.tune(&root, &["revert", "--dry-run"]).ends(0).says("would put back");
    namespace.tune(&root, &["revert"]).ends(0).says("all as it was");
    assert_eq!(namespace.settings(), before, "revert goes back to before the first apply");
    assert!(tree(&root.0).is_empty(), "nothing is left of the state");
    namespace.tune(&root, &["revert"]).ends(0).says("nothing was applied here");
    assert_eq!(host_settings(), host, "the host's own settings");
}

#[test]
fn in_a_namespace_what_belongs_to_the_host_is_left_and_named() {
    let (host, namespace, root) = (host_settings(), Namespace::new(), Place::new());
    let before = namespace.settings();
    namespace
        .tune(&root, &["apply"])
        .ends(3)
        .says("set    net.core.somaxconn: ")
        .says("left   net.core.netdev_max_backlog: belongs to the whole host");
    namespace.tune(&root, &["check", "--namespaced"]).ends(0);
    namespace.tune(&root, &["revert"]).ends(0);
    assert_eq!(namespace.settings(), before);
    assert_eq!(host_settings(), host, "the host's own settings");
    // Without a directory to write below, the files would go where the host reads them.
    namespace.tune(&root, &["apply", "--namespaced", "--dry-run", "--persist"]).ends(0).says("would write");
    Said::of(namespace.enter(TOOL).args(["apply", "--namespaced", "--dry-run", "--persist"]))
        .ends(3)
        .says("give --root DIR")
        .never_says("would write");
}

#[test]
fn where_settings_are_read_only_it_says_so() {
    must_be_root();
    let root = Place::new();
    let script = format!(
        "mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec {TOOL} apply --namespaced --root {}",
        root.0.display()
    );
    Said::of(Command::new("unshare").args(["-n", "-m", "sh", "-c", &script]))
        .ends(3)
        .says("left   net.core.somaxconn: read-only here")
        .never_says("set    ");
}

// --- On a made-up host ----------------------------------------------------------------------------------------------

/// A host of four CPUs and 8 GB, with a card of two queues that could have four, below a directory.
struct Host {
    place: Place,
    before: BTreeMap<PathBuf, (u32, Vec<u8>)>,
}

const SETTINGS: [(&str, &str); 23] = [
    ("fs/nr_open", "524288\n"),
    ("fs/file-max", "9223372036854775807\n"),
    ("kernel/io_uring_disabled", "2\n"),
    ("kernel/random/boot_id", "first\n"),
    ("net/core/somaxconn", "4096\n"),
    ("net/core/rmem_max", "212992\n"),
    ("net/core/wmem_max", "212992\n"),
    ("net/core/netdev_max_backlog", "1000\n"),
    ("net/core/netdev_budget", "300\n"),
    ("net/core/rps_sock_flow_entries", "0\n"),
    ("net/ipv4/tcp_max_syn_backlog", "512\n"),
    ("net/ipv4/tcp_syncookies", "1\n"),
    ("net/ipv4/ip_local_port_range", "32768\t60999\n"),
    ("net/ipv4/tcp_tw_reuse", "2\n"),
    ("net/ipv4/tcp_fin_timeout", "60\n"),
    ("net/ipv4/tcp_max_tw_buckets", "32768\n"),
    ("net/ipv4/tcp_rmem", "4096\t131072\t67108864\n"),
    ("net/ipv4/tcp_wmem", "8192\t16384\t4194304\n"),
    ("net/ipv4/tcp_mem", "92000\t122000\t184000\n"),
    ("net/ipv4/tcp_notsent_lowat", "4294967295\n"),
    ("net/ipv4/tcp_slow_start_after_idle", "1\n"),
    ("net/ipv4/tcp_congestion_control", "cubic\n"),
    ("net/ipv4/tcp_available_congestion_control", "reno cubic bbr\n"),
];

const CARD_FILES: [(&str, &str); 9] = [
    ("sys/class/net/eth0/queues/rx-0/rps_cpus", "0\n"),
    ("sys/class/net/eth0/queues/rx-0/rps_flow_cnt", "0\n"),
    ("sys/class/net/eth0/queues/rx-1/rps_cpus", "00000000,00000000\n"),
    ("sys/class/net/eth0/queues/rx-1/rps_flow_cnt", "0\n"),
    ("sys/class/net/eth0/queues/tx-0/xps_cpus", "0\n"),
    ("sys/class/net/eth0/queues/tx-1/xps_cpus", "0\n"),
    ("proc/irq/30/smp_affinity", "f\n"),
    ("proc/irq/31/smp_affinity", "f\n"),
    ("proc/irq/32/smp_affinity", "f\n"),
];

/// Stands in for ethtool: keeps its figures in files beside itself.
const ETHTOOL: &str = r#"#!/bin/sh
cd "$(dirname "$0")/figures" || exit 1
case $1 in
-l) printf 'Channel parameters for %s:\nPre-set maximums:\nRX:\t\tn/a\nTX:\t\tn/a\nOther:\t\tn/a\nCombined:\t4\nCurrent hardware settings:\nRX:\t\tn/a\nTX:\t\tn/a\nOther:\t\tn/a\nCombined:\t%s\n' "$2" "$(cat combined)" ;;
-g) printf 'Ring parameters for %s:\nPre-set maximums:\nRX:\t\t2048\nRX Mini:\tn/a\nTX:\t\t1024\nCurrent hardware settings:\nRX:\t\t%s\nRX Mini:\tn/a\nTX:\t\t512\n' "$2" "$(cat rx)" ;;
-L | -G) echo "$4" >"$3" ;;
esac
"#;

impl Host {
    fn new() -> Self {
        must_be_root();
        let place = Place::new();
        for (name, value) in SETTINGS {
            place.write(&format!("proc/sys/{name}"), value);
        }
        for (file, value) in CARD_FILES {
            place.write(file, value);
        }
        for action in ["30/ena-mgmnt@pci:0000:00:05.0", "31/eth0-Tx-Rx-0", "32/eth0-Tx-Rx-1"] {
            fs::create_dir_all(place.0.join("proc/irq").join(action)).expect("a directory");
        }
        for (file, text) in [
            ("proc/meminfo", "MemTotal:        8000000 kB\nMemFree:         7000000 kB\n"),
            (
                "proc/self/limits",
                "Limit  Soft  Hard  Units\nMax open files  1024  524288  files\nMax locked memory  8388608  8388608  bytes\n",
            ),
            ("proc/self/cgroup", "0::/system.slice/x\n"),
            ("proc/net/dev", "Inter-|  Receive\n face |bytes\n    lo: 0 0\n  eth0: 10 20\n"),
            ("proc/net/dev_mcast", "2    eth0            1     0     01005e000001\n"),
            ("sys/fs/cgroup/system.slice/memory.max", "268435456\n"),
            ("sys/fs/cgroup/system.slice/x/memory.max", "max\n"),
            ("sys/devices/system/cpu/online", "0-3\n"),
            ("sys/class/net/lo/ifindex", "1\n"),
            ("sys/class/net/lo/queues/rx-0/rps_cpus", "0\n"),
            ("sys/class/net/eth0/ifindex", "2\n"),
            ("sys/class/net/eth0/device/msi_irqs/30", ""),
            ("sys/class/net/eth0/device/msi_irqs/31", ""),
            ("sys/class/net/eth0/device/msi_irqs/32", ""),
            ("figures/combined", "2\n"),
            ("figures/rx", "1024\n"),
            ("root/etc/hostname", "edge\n"),
        ] {
            place.write(file, text);
        }
        place.program("ethtool", ETHTOOL);
        let before = tree(&place.0);
        Self { place, before }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let at = |name| self.place.0.join(name);
        let mut command = Command::new(TOOL);
        command.args(arguments).env("ETHTOOL", at("ethtool"));
        command.arg("--proc").arg(at("proc")).arg("--sys").arg(at("sys")).arg("--root").arg(at("root"));
        command
    }

    fn tune(&self, arguments: &[&str]) -> Said {
        Said::of(&mut self.command(arguments))
    }

    #[track_caller]
    fn is_as_before(&self) {
        let now = tree(&self.place.0);
        let names: Vec<_> = now.keys().chain(self.before.keys()).collect();
        for name in names {
            assert_eq!(now.get(name), self.before.get(name), "{}", name.display());
        }
    }
}

#[test]
fn a_whole_host_is_set_and_put_back_byte_for_byte() {
    let host = Host::new();
    host.tune(&["check"])
        .ends(1)
        .says("ok     net.ipv4.tcp_rmem")
        .says("short  net.ipv4.tcp_wmem")
        .says("short  kernel.io_uring_disabled")
        .says("short  cgroup memory.max                268435456")
        .says("short  eth0 rx-0 rps_cpus");
    host.tune(&["apply", "--persist", "--dry-run"]).ends(3).says("would set  eth0 combined: 2 -> 4");
    host.is_as_before();

    host.tune(&["apply"])
        .ends(3)
        .says("left   kernel.io_uring_disabled: a choice of the host's administrator")
        .says("left   RLIMIT_NOFILE: belongs to each process")
        .says("left   cgroup memory.max");
    let read = |file: &str| host.place.read(file);
    assert_eq!(read("proc/sys/net/core/somaxconn"), "65535\n");
    assert_eq!(read("proc/sys/net/ipv4/ip_local_port_range"), "10240 65535\n");
    assert_eq!(read("proc/sys/net/ipv4/tcp_rmem"), "4096\t131072\t67108864\n", "never lowers");
    assert_eq!(read("proc/sys/net/ipv4/tcp_wmem"), "8192 16384 16777216\n", "nor one of several");
    assert_eq!(read("proc/sys/fs/file-max"), "9223372036854775807\n");
    assert_eq!(read("proc/sys/net/ipv4/tcp_congestion_control"), "bbr\n");
    assert_eq!(read("proc/sys/kernel/io_uring_disabled"), "2\n", "looked at, never changed");
    assert_eq!(
        (read("figures/combined"), read("figures/rx")),
        ("4\n".into(), "2048\n".into()),
        "up to the card's most"
    );
    let queue = |name: &str| read(&format!("sys/class/net/eth0/queues/{name}"));
    assert_eq!((queue("rx-0/rps_cpus"), queue("rx-1/rps_cpus")), ("f\n".into(), "f\n".into()));
    assert_eq!(queue("rx-0/rps_flow_cnt"), "16384\n");
    assert_eq!((queue("tx-0/xps_cpus"), queue("tx-1/xps_cpus")), ("5\n".into(), "a\n".into()));
    let irq = |number| read(&format!("proc/irq/{number}/smp_affinity"));
    assert_eq!((irq(30), irq(31), irq(32)), ("f\n".into(), "1\n".into(), "2\n".into()));
    assert_eq!(read("sys/class/net/lo/queues/rx-0/rps_cpus"), "0\n", "lo is no card");

    let applied = tree(&host.place.0);
    host.tune(&["apply"]).ends(3).says("\n0 set, ");
    assert_eq!(tree(&host.place.0), applied, "a second apply changes nothing");
    host.tune(&["apply", "--profile=loadtest"])
        .ends(3)
        .says("set    net.ipv4.ip_local_port_range: 10240 65535 -> 1024 65535");
    host.tune(&["revert"]).ends(0);
    host.is_as_before();
}

#[test]
fn an_apply_killed_anywhere_can_be_reverted() {
    let host = Host::new();
    // Stands in for mv, by which each value kept becomes part of the state: ends its caller at the n-th, before or after.
    host.place.program(
        "bin/mv",
        "#!/bin/sh
n=$(($(cat \"$COUNT\" 2>/dev/null) + 1))
echo $n >\"$COUNT\"
[ \"$n$WHEN\" != \"${AT}before\" ] || { kill -9 $PPID; exit 1; }
/bin/mv \"$@\"
[ \"$n$WHEN\" != \"${AT}after\" ] || kill -9 $PPID
",
    );
    let path =
        format!("{}:{}", host.place.0.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let host = Host { before: tree(&host.place.0), ..host };
    let count = host.place.0.with_extension("count");
    // By turns reverted as it is, and applied again first.
    for (at, when, again) in [
        (1, "before", false),
        (1, "after", true),
        (2, "after", false),
        (20, "before", true),
        (30, "after", false),
        (31, "before", true),
    ] {
        let _ = fs::remove_file(&count);
        let mut command = host.command(&["apply", "--persist"]);
        command.env("PATH", &path).env("COUNT", &count).env("AT", at.to_string()).env("WHEN", when);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().expect("it runs");
        assert_eq!(status.signal(), Some(9), "killed at {at} {when}");
        if again {
            host.tune(&["apply"]).ends(3);
        }
        host.tune(&["revert"]).ends(0);
        host.is_as_before();
    }
    let _ = fs::remove_file(&count);
}

#[test]
fn persisted_files_come_and_go_below_a_root() {
    let mut host = Host::new();
    let own = "root/etc/sysctl.d/90-ringmain.conf";
    host.place.write(own, "# the administrator's own\nnet.core.somaxconn = 8192");
    fs::set_permissions(host.place.0.join(own), Permissions::from_mode(0o640)).expect("a mode");
    let wants = host.place.0.join("root/etc/systemd/system/multi-user.target.wants");
    fs::create_dir_all(&wants).expect("a directory");
    symlink("/usr/lib/systemd/system/cron.service", wants.join("cron.service")).expect("a link");
    host.before = tree(&host.place.0);

    host.tune(&["apply", "--persist", "--profile", "small"]).ends(3);
    let sysctls = host.place.read(own);
    assert!(sysctls.contains("\nnet.core.somaxconn = 16384\n"), "{sysctls}");
    assert!(sysctls.contains("\nnet.ipv4.tcp_wmem = 8192 16384 16777216\n"), "{sysctls}");
    for line in sysctls.lines() {
        assert!(line.is_empty() || line.starts_with('#') || line.contains(" = "), "sysctl.d(5): {line:?}");
    }
    // The limit is enough for this profile, what may be locked is not.
    let limits = host.place.read("root/etc/security/limits.d/90-ringmain.conf");
    assert!(limits.contains("root hard memlock 16384\n") && !limits.contains("nofile"), "{limits}");
    let dropin = host.place.read("root/etc/systemd/system/ringmain.service.d/90-tuning.conf");
    assert!(dropin.contains("[Service]\n") && dropin.contains("\nLimitMEMLOCK=16777216\n"), "{dropin}");
    let unit = host.place.read("root/etc/systemd/system/ringmain-tune.service");
    assert!(unit.contains("\nExecStart=/usr/local/sbin/ringmain-tune apply --profile small\n"), "{unit}");
    assert_eq!(
        host.place.read("root/usr/local/sbin/ringmain-tune"),
        fs::read_to_string(TOOL).expect("the tool")
    );
    assert!(wants.join("ringmain-tune.service").is_symlink());

    host.tune(&["apply", "--persist", "--profile", "small"]).ends(3);
    assert_eq!(host.place.read(own), sysctls, "a second time writes the same");
    host.tune(&["revert"]).ends(0);
    host.is_as_before();
}

#[test]
fn interrupts_are_not_put_back_after_a_new_start() {
    let host = Host::new();
    host.tune(&["apply"]).ends(3);
    host.place.write("proc/sys/kernel/random/boot_id", "second\n");
    host.tune(&["revert"]).ends(0).never_says("smp_affinity");
    assert_eq!(host.place.read("proc/irq/32/smp_affinity"), "2\n", "32 may be another device by now");
    assert_eq!(host.place.read("proc/sys/net/core/somaxconn"), "4096\n");
}

#[test]
fn cards_of_another_namespace_are_left_alone() {
    let host = Host::new();
    host.place.write("proc/net/dev", "Inter-|  Receive\n face |bytes\n    lo: 0 0\n");
    host.tune(&["check"]).ends(1).says("/sys shows another network namespace's cards").never_says("eth0");
    host.tune(&["apply"]).ends(3).never_says("eth0");
    for (file, value) in CARD_FILES {
        assert_eq!(host.place.read(file), value, "{file}");
    }
    assert_eq!(host.place.read("figures/combined"), "2\n");
}

#[test]
fn what_the_kernel_lacks_is_neither_short_nor_ok() {
    let host = Host::new();
    host.tune(&["check"]).says("—      net.netfilter.nf_conntrack_max").says("this kernel has none");
    host.tune(&["check", "--sources"]).says("source: kernel: networking/ip-sysctl.rst");
}

#[test]
fn irqbalance_keeps_its_interrupts() {
    let host = Host::new();
    host.place.write("proc/77/comm", "irqbalance\n");
    host.tune(&["apply"]).ends(3).says("set    eth0 rx-0 rps_cpus").never_says("smp_affinity");
    assert_eq!(host.place.read("proc/irq/31/smp_affinity"), "f\n");
}

#[test]
fn the_limits_looked_at_are_those_of_a_running_ringmain() {
    let host = Host::new();
    host.place.write("proc/4321/comm", "ringmain\n");
    host.place.write("proc/4321/limits", "Max open files  1024  1048576  files\n");
    host.tune(&["check"]).says("ok     RLIMIT_NOFILE").says("(hard limit of ringmain, process 4321)");
}

#[test]
fn without_rights_it_checks_and_changes_nothing() {
    let host = Host::new();
    // Where the tests run from may be closed to others.
    host.place.program("tool", &fs::read_to_string(TOOL).expect("the tool"));
    let host = Host { before: tree(&host.place.0), ..host };
    let other = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(host.place.0.join("tool"));
        for (option, name) in [("--proc", "proc"), ("--sys", "sys"), ("--root", "root")] {
            command.arg(option).arg(host.place.0.join(name));
        }
        Said::of(command.args(arguments))
    };
    other(&["check"]).ends(1).says("short  net.core.somaxconn");
    other(&["apply"]).ends(3).says("apply needs root");
    other(&["apply", "--dry-run"]).ends(3).says("left   net.core.somaxconn: needs root");
    host.is_as_before();
}

// --- The command line and the table ---------------------------------------------------------------------------------

#[test]
fn wrong_arguments_are_named_with_what_may_be_meant() {
    for (arguments, message) in [
        (&[][..], "what shall it do? check, apply or revert"),
        (&["aply"], "no command 'aply'; did you mean 'apply'?"),
        (
            &["check", "--profile", "egde"],
            "no profile 'egde'; did you mean 'edge'? (there is: edge small loadtest)",
        ),
        (&["check", "--profile", "large"], "no profile 'large' (there is: edge small loadtest)"),
        (&["check", "--profile"], "--profile wants a value"),
        (&["check", "--profile=edge", "--profile=small"], "--profile is given twice: 'edge' and 'small'"),
        (&["check", "--dryrun"], "no option '--dryrun'; did you mean '--dry-run'?"),
        (&["check", "apply"], "one command at a time: 'check' and 'apply' are both given"),
        (&["check", "--persist"], "--persist goes with apply, not with check"),
        (&["revert", "--profile", "edge"], "leave --profile out"),
        (&["check", "--root", "/nowhere/at/all"], "--root: '/nowhere/at/all' is not a directory"),
    ] {
        Said::of(Command::new(TOOL).args(arguments)).ends(2).says(message).says("--help");
    }
    Said::of(Command::new(TOOL).arg("--help")).ends(0).says("Exit codes:");
    Said::of(Command::new(TOOL).arg("--version")).ends(0).says("ringmain-tune 0.");
}

/// The rows of the tool's table: setting, kind, whose, compare, edge, small, loadtest, why, source.
fn rows() -> Vec<Vec<String>> {
    let text = fs::read_to_string(TOOL).expect("the tool");
    let (_, table) = text.split_once("<<'TABLE'\n").expect("a table");
    let (table, _) = table.split_once("\nTABLE\n").expect("its end");
    table.lines().map(|line| line.split('|').map(|field| field.trim().to_owned()).collect()).collect()
}

#[test]
fn every_row_of_the_table_is_whole() {
    for row in rows() {
        assert_eq!(row.len(), 9, "{row:?}");
        assert!(row.iter().all(|field| !field.is_empty()), "{row:?}");
        assert!(["net", "host", "process", "cards"].contains(&row[2].as_str()), "{row:?}");
        assert!(["min", "max", "range", "is", "mask"].contains(&row[3].as_str()), "{row:?}");
    }
}

#[test]
fn shellcheck_finds_nothing() {
    match Command::new("shellcheck").arg("--shell=sh").arg(TOOL).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(error) => panic!("shellcheck: {error}; install it with: apt-get install shellcheck"),
    }
}
