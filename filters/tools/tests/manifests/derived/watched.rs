//! A static file, cut into the part that stays and the parts that Envoy reads again while it serves.

/// Folders whose `envoy.yaml` is cut. The parts of `canary` are written by hand, and explain all this.
pub(super) const STATIC: [&str; 3] = ["auth", "chain", "ratelimit"];

/// The files of `xds/<name>/`.
pub(super) fn files(name: &str, source: &str) -> Vec<(String, String)> {
    let folder = format!("xds/{name}");
    let lines: Vec<&str> = source.lines().skip_while(|line| line.starts_with('#')).collect();
    let mut files = Vec::new();
    let mut stays = vec![head(name)];
    let mut place = 0;
    while let Some(line) = lines.get(place) {
        let filter =
            line.strip_prefix("                  - name: ").filter(|name| name.starts_with("sluice."));
        if let Some(filter) = filter {
            let body = block(&lines, place + 1, 20);
            let file = format!("{folder}/filter/{}.yaml", filter.trim_start_matches("sluice."));
            stays.push(format!("{line}\n{}", discovery(&folder, &file)));
            files.push((file, extension(name, filter, body)));
            place += 1 + body.len();
        } else if *line == "                route_config:" {
            let body = block(&lines, place + 1, 18);
            let routes = body[0].trim_start().strip_prefix("name: ").expect("the routes' name first");
            let file = format!("{folder}/routes/{routes}.yaml");
            stays.push(rds(&folder, &file, routes));
            files.push((file, configuration(name, body)));
            place += 1 + body.len();
        } else {
            stays.push((*line).to_owned());
            place += 1;
        }
    }
    files.push((format!("{folder}/envoy.yaml"), stays.join("\n") + "\n"));
    files
}

/// Lines from `begin` on that are indented so far, empty ones between them included.
fn block<'l, 's>(lines: &'l [&'s str], begin: usize, indent: usize) -> &'l [&'s str] {
    let inside = |line: &&&str| line.is_empty() || line.starts_with(&" ".repeat(indent));
    let count = lines[begin..].iter().take_while(inside).count();
    let trailing = lines[begin..begin + count].iter().rev().take_while(|line| line.is_empty()).count();
    &lines[begin..begin + count - trailing]
}

fn head(name: &str) -> String {
    format!(
        "\
# What ../../{name}/envoy.yaml says, with filters and routes in files of their own, which can change while Envoy serves:
#
#   filter/   the filters and their plugin-wide policies (ECDS)
#   routes/   the routes and the policies of single routes (RDS)
#
#   envoy -c envoy-config/xds/{name}/envoy.yaml --disable-hot-restart     # from the root of the repository
#
# Envoy reads a file again when one is moved into its folder: ../canary/filter/canary.yaml shows how. Made of
# ../../{name}/envoy.yaml by `make manifests`: what is to change in both, change there."
    )
}

fn discovery(folder: &str, file: &str) -> String {
    format!(
        "                    config_discovery:
                      type_urls: [type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm]
                      config_source:
                        resource_api_version: V3
                        # Until the filter is there, the listener does not open: no request goes by undecided.
                        initial_fetch_timeout: 0s
                        path_config_source:
                          path: envoy-config/{file}
                          watched_directory: {{ path: envoy-config/{folder}/filter }}"
    )
}

fn rds(folder: &str, file: &str, routes: &str) -> String {
    format!(
        "                rds:
                  route_config_name: {routes}
                  config_source:
                    resource_api_version: V3
                    path_config_source:
                      path: envoy-config/{file}
                      watched_directory: {{ path: envoy-config/{folder}/routes }}"
    )
}

fn extension(name: &str, filter: &str, body: &[&str]) -> String {
    format!(
        "\
# The filter and its plugin-wide policy, as an extension resource (ECDS). Made of ../../../{name}/envoy.yaml by `make manifests`.
resources:
  - \"@type\": type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig
    name: {filter}
{}",
        moved(body, 16)
    )
}

fn configuration(name: &str, body: &[&str]) -> String {
    format!(
        "\
# The routes, and with them the policies of single routes (RDS). Made of ../../../{name}/envoy.yaml by `make manifests`.
resources:
  - \"@type\": type.googleapis.com/envoy.config.route.v3.RouteConfiguration
{}",
        moved(body, 14)
    )
}

/// So many columns to the left.
fn moved(body: &[&str], columns: usize) -> String {
    body.iter().map(|line| format!("{}\n", line.get(columns..).unwrap_or_default())).collect()
}
