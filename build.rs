//! Release builds have the linker lay the functions of a request side by side, in the order of `bench/order.txt`: fewer cache
//! lines and pages to wait for where requests are few. Only lld takes such a list; it is the linker of this target's Rust.
use std::env::var;
use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=bench/order.txt");
    println!("cargo:rerun-if-changed=build.rs");
    let Ok(root) = var("CARGO_MANIFEST_DIR") else { return };
    let order = Path::new(&root).join("bench/order.txt");
    if var("PROFILE").as_deref() == Ok("release") && links_with_lld() && order.is_file() {
        println!("cargo:rustc-link-arg-bin=ringmain=-Wl,--symbol-ordering-file={}", order.display());
        println!("cargo:rustc-link-arg-bin=ringmain=-Wl,--no-warn-symbol-ordering");
    }
}

/// Whether nobody has chosen another linker than Rust's own, which is lld for this target since 1.90.
fn links_with_lld() -> bool {
    let flags = var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let chosen = ["linker", "fuse-ld", "link-self-contained", "target-feature=+crt-static"];
    var("TARGET").as_deref() == Ok("x86_64-unknown-linux-gnu")
        && var("HOST") == var("TARGET")
        && var("RUSTC_LINKER").is_err()
        && !chosen.iter().any(|word| flags.contains(word))
        && rust_version().is_some_and(|minor| minor >= 90)
}

/// N of rustc 1.N.
fn rust_version() -> Option<u32> {
    let said = std::process::Command::new(var("RUSTC").ok()?).arg("--version").output().ok()?;
    String::from_utf8(said.stdout).ok()?.split('.').nth(1)?.parse().ok()
}
