//! A registry of the test's own, and `skopeo`, which pushes to it and pulls from it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::admin;
use crate::child::Program;
use crate::fetched::Fetched;
use crate::paths::program;
use crate::poll;
use crate::serve::Port;
use crate::suite;
use crate::workdir::WorkDir;

/// A running `docker-registry` on a free port; it ends when it is dropped, and what was pushed is gone.
pub struct Registry {
    _program: Program,
    skopeo: PathBuf,
    port: Port,
    work: WorkDir,
}

impl Registry {
    /// Starts one, or skips the test where a program is missing.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        suite::needs_local("the harness starts a registry as a process of its own");
        let find = |name: &str| {
            program(name).unwrap_or_else(|| {
                suite::skip(&format!("no {name}: filters/tools/setup/oci-tools.sh brings it"))
            })
        };
        let (registry, skopeo) = (find("docker-registry"), find("skopeo"));
        let port = Port::reserve((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let work = WorkDir::new().expect("a folder");
        let settings = format!(
            "version: 0.1\nlog: {{ level: warn }}\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp: {{ addr: {} }}\n",
            work.path().join("registry").display(),
            port.addr(),
        );
        let settings = work.write("registry.yaml", settings).expect("a file");
        let mut command = Command::new(registry);
        command.arg("serve").arg(settings);
        let program = Program::start(&mut command, "registry", work.path()).expect("docker-registry");
        poll::eventually("the registry answers", async || {
            admin::get(port.addr(), "/v2/").await.is_ok_and(|(status, _)| status == 200)
        })
        .await;
        Self { _program: program, skopeo, port, work }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    /// Pushes what `from` names in skopeo's words (`oci:<folder>:<tag>`, `oci-archive:<file>`, `dir:<folder>`), bytes as they
    /// stand.
    ///
    /// # Errors
    /// What skopeo says.
    pub fn push(&self, from: &str, image: &str) -> Result<(), Error> {
        let to = self.reference(image);
        self.skopeo(&["copy", "--preserve-digests", "--dest-tls-verify=false", from, &to]).map(drop)
    }

    /// Pulls an image, as `canary:0.1.0` or `canary@sha256:..`.
    ///
    /// # Errors
    /// What skopeo says, or why it is no image.
    pub fn pull(&self, image: &str) -> Result<Fetched, Error> {
        let folder = self.work.path().join("pulled").join(image.replace(':', "-"));
        std::fs::create_dir_all(&folder)?;
        let to = format!("dir:{}", folder.display());
        self.skopeo(&["copy", "--preserve-digests", "--src-tls-verify=false", &self.reference(image), &to])?;
        Fetched::read(&folder)
    }

    /// What `skopeo inspect` says of an image: names, labels, layers.
    ///
    /// # Errors
    /// What skopeo says.
    pub fn inspect(&self, image: &str) -> Result<serde_json::Value, Error> {
        let said = self.skopeo(&["inspect", "--tls-verify=false", &self.reference(image)])?;
        Ok(serde_json::from_slice(&said)?)
    }

    /// A folder that goes with the registry.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.work.path().join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    fn reference(&self, image: &str) -> String {
        format!("docker://{}/sluice/{image}", self.addr())
    }

    fn skopeo(&self, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        let work: &Path = self.work.path();
        let mut command = Command::new(&self.skopeo);
        // Its own folders only, and no file with somebody's logins.
        command.args(["--insecure-policy", "--tmpdir"]).arg(work).args(arguments).current_dir(work);
        command.env("HOME", work).env("REGISTRY_AUTH_FILE", work.join("no-logins.json"));
        let ran = command.output()?;
        if !ran.status.success() {
            return Err(format!("skopeo {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr)).into());
        }
        Ok(ran.stdout)
    }
}
