//! Envoy where its binary is found, with `targets/envoy.yaml`.

use super::*;

pub struct Envoy;

const CONFIG: &str = include_str!("../../targets/envoy.yaml");

impl Target for Envoy {
    fn name(&self) -> &str {
        "envoy"
    }
    fn about(&self) -> String {
        "Envoy, where its binary is in the PATH".into()
    }
    fn ready(&self) -> Result<(), String> {
        need("envoy", "https://www.envoyproxy.io/docs/envoy/latest/start/install").map(drop)
    }
    fn version(&self) -> String {
        find("envoy").map(|p| first_line(Command::new(p).arg("--version"))).unwrap_or_default()
    }
    fn config(&self) -> String {
        CONFIG.into()
    }
    fn command(&self, launch: &Launch) -> Result<Option<Command>, String> {
        let path = launch.write("envoy.yaml", CONFIG)?;
        let mut command = Command::new(need("envoy", "")?);
        command.arg("-c").arg(path).arg("--concurrency").arg(launch.threads.to_string());
        command.args(["--use-dynamic-base-id", "-l", "error"]);
        Ok(Some(command))
    }
}
