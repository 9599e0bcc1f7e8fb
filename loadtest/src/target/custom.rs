//! `--target name=command`: anything that can be started in the foreground.

use super::*;

/// The command is run by `sh`, with these words filled in: `{port}` and `{tcp_port}` to listen on (127.0.0.1),
/// `{origin}` (also `{origin_ip}`, `{origin_port}`) to forward to, `{config}`: `targets/haproxy.cfg` filled in,
/// `{threads}`, `{maxconn}`, `{dir}`: a directory of its own.
pub struct Custom {
    name: String,
    command: String,
}

impl Custom {
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, command) = text.split_once('=').ok_or("--target wants name=command")?;
        let fits = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !fits {
            return Err(format!("'{name}' can't be a target's name: letters, digits, - _ ."));
        }
        if !command.contains("{port}") && !command.contains("{config}") {
            return Err(format!(
                "the command of '{name}' has neither {{port}} nor {{config}}: where would it listen?"
            ));
        }
        Ok(Self { name: name.into(), command: command.into() })
    }
}

impl Target for Custom {
    fn name(&self) -> &str {
        &self.name
    }
    fn about(&self) -> String {
        self.command.clone()
    }
    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
    fn version(&self) -> String {
        String::new()
    }
    fn config(&self) -> String {
        let config = if self.command.contains("{config}") { HAPROXY_CFG } else { "" };
        format!("# {}\n{config}", self.command)
    }
    fn command(&self, launch: &Launch) -> Result<Option<Command>, String> {
        launch.haproxy_cfg()?;
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("exec {}", launch.fill(&self.command)));
        Ok(Some(command))
    }
}
