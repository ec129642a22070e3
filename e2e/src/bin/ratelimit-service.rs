//! A rate limit service as a process of its own:
//! `ratelimit-service <ip> <service port> <control port> <file of limits> <memory | redis address> <plain | headers | statuses>`.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use e2e::rls::Server;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let started = match arguments.as_slice() {
        [ip, service, control, limits, storage, answers] => {
            start(ip, [service, control], limits, storage, answers)
        }
        _ => Err(
            "usage: ratelimit-service <ip> <service port> <control port> <file of limits> <memory | redis address> \
             <plain | headers | statuses>"
                .into(),
        ),
    };
    match started {
        Ok(_server) => {
            e2e::told_to_stop().await;
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("ratelimit-service: {e}");
            ExitCode::FAILURE
        }
    }
}

fn start(
    ip: &str,
    ports: [&String; 2],
    limits: &str,
    storage: &str,
    answers: &str,
) -> Result<Server, e2e::Error> {
    let ip: IpAddr = ip.parse()?;
    let [service, control] = ports.map(|port| port.parse());
    let ports = [SocketAddr::new(ip, service?), SocketAddr::new(ip, control?)];
    Server::start(ports, &fs::read_to_string(limits)?, storage.parse()?, answers.parse()?)
}
