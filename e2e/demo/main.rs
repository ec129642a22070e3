//! `make demo`: a real Envoy splits real traffic between two versions of a service by the rules of a policy file.
//!
//! `--once` ends by itself, and not well if something is not as it should be. Else it stays up until Ctrl-C and takes
//! up every change of the policy file.

mod round;
mod screen;
mod traffic;
mod watch;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs, net};

use e2e::{Bootstrap, Error, Stack};

use crate::round::Round;
use crate::screen::Step;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let once = match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--once" => true,
        other => {
            eprintln!("demo [--once], not {other:?}");
            return ExitCode::FAILURE;
        }
    };
    tokio::select! {
        ended = demo(once) => match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("\ndemo: {problem}");
                ExitCode::FAILURE
            }
        },
        // The stack is dropped with the demo, and Envoy with it.
        () = e2e::told_to_stop() => {
            println!("\nstopped");
            ExitCode::SUCCESS
        }
    }
}

async fn demo(once: bool) -> Result<(), Error> {
    let step = Step::begin(1, "envoy");
    let envoy = e2e::envoy_binary()?;
    step.done(&format!("{}  {}", e2e::envoy_version(), from_here(&envoy).display()));

    let step = Step::begin(2, "canary.wasm");
    let module = e2e::artifact("canary.wasm")?;
    step.done(&format!(
        "{} KiB  {}",
        fs::metadata(&module)?.len().div_ceil(1024),
        from_here(&module).display()
    ));

    let step = Step::begin(3, "policy");
    let file = e2e::repository().join("e2e/demo/policy.yaml");
    let policy = fs::read_to_string(&file)?;
    step.done(&from_here(&file).display().to_string());

    let step = Step::begin(4, "envoy ready");
    let bootstrap = Bootstrap::canary_over_xds().try_policy(&policy)?;
    let mut stack =
        Stack::try_start(on_known_ports(bootstrap)).await.map_err(|e| watch::refusal(&e.log, &e.reason))?;
    let upstreams = stack.services();
    step.done(&format!("http://{}  admin http://{}", stack.envoy.addr("http"), stack.envoy.admin_addr()));
    for (version, addr) in ["v1", "v2"].iter().zip(upstreams) {
        screen::line("", &format!("in front of {version} at http://{addr}"));
    }

    let begun = Instant::now();
    let round = Round::play(&stack, 400, 5).await?;
    round.show(&policy, begun.elapsed())?;
    screen::stats(&stack).await;
    if once {
        return round.check(&policy);
    }
    screen::invitation(&stack, &from_here(&file));
    watch::follow(&mut stack, &file, policy).await
}

/// The ports that the documents name, where they are free.
fn on_known_ports(bootstrap: Bootstrap) -> Bootstrap {
    let free = |port: &u16| net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    [("http", 10000), ("admin", 9901)]
        .into_iter()
        .filter(|(_, port)| free(port))
        .fold(bootstrap, |bootstrap, (name, port)| bootstrap.port(name, port))
}

/// As the user would type it.
fn from_here(path: &Path) -> PathBuf {
    let here = env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned)).unwrap_or_else(|| path.to_owned())
}
