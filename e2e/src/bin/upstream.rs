//! One version of the upstream as a process of its own, for containers:
//! `upstream <version> <ip> <service port> <list port> <control port>`.

use std::process::ExitCode;

use e2e::Fixture;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let fixture = match arguments.as_slice() {
        [version, ip, ports @ ..] => start(version, ip, ports),
        _ => Err("usage: upstream <version> <ip> <service port> <list port> <control port>".into()),
    };
    match fixture {
        Ok(fixture) => {
            println!("service {} lists {} control {}", fixture.service(), fixture.lists(), fixture.control());
            e2e::told_to_stop().await;
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("upstream: {e}");
            ExitCode::FAILURE
        }
    }
}

fn start(version: &str, ip: &str, ports: &[String]) -> Result<Fixture, e2e::Error> {
    let ports: Vec<u16> = ports.iter().map(|port| port.parse()).collect::<Result<_, _>>()?;
    let ports: [u16; 3] = ports.try_into().map_err(|_| "three ports, please")?;
    Ok(Fixture::start(version, ip.parse()?, ports)?)
}
