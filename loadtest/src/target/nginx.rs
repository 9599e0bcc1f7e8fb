//! nginx as the system has it, with `targets/nginx.conf`.

use super::*;

pub struct Nginx;

const CONFIG: &str = include_str!("../../targets/nginx.conf");
const STREAM: &str = include_str!("../../targets/nginx-stream.conf");
const MODULE: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";

fn has_stream() -> bool {
    Path::new(MODULE).is_file()
}

impl Target for Nginx {
    fn name(&self) -> &str {
        "nginx"
    }
    fn about(&self) -> String {
        "the system's nginx".into()
    }
    fn ready(&self) -> Result<(), String> {
        need("nginx", "Debian: apt-get install nginx-light").map(drop)
    }
    fn version(&self) -> String {
        find("nginx").map(|p| first_line(Command::new(p).arg("-v"))).unwrap_or_default()
    }
    fn config(&self) -> String {
        CONFIG.replace("{stream}", STREAM)
    }
    fn refuses(&self, front: Front) -> Option<String> {
        (front == Front::Tcp && !has_stream())
            .then(|| "nginx has no stream module here (Debian: apt-get install libnginx-mod-stream)".into())
    }
    fn command(&self, launch: &Launch) -> Result<Option<Command>, String> {
        let (load, stream) =
            if has_stream() { (format!("load_module {MODULE};"), STREAM) } else { Default::default() };
        let descriptors = (u64::from(launch.connections) * 2 + 300).min(launch.descriptors);
        let text = CONFIG
            .replace("{stream}", stream)
            .replace("{load_stream}", &load)
            .replace("{descriptors}", &descriptors.to_string())
            .replace("{master}", if launch.threads > 1 { "on" } else { "off" });
        let path = launch.write("nginx.conf", &text)?;
        let mut command = Command::new(need("nginx", "")?);
        command.arg("-p").arg(launch.dir).arg("-c").arg(path);
        Ok(Some(command))
    }
}
