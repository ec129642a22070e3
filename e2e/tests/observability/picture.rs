//! Plots of a real run, in the look of the dashboard: `SLUICE_PICTURE=write make e2e E2E=observability::dashboard` writes
//! `envoy-config/observability/dashboard.svg`.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use e2e::{Load, Mode, Point, Prometheus, Protocol, Request, Stack};

use crate::auth::setting::bearer;

/// Title, the label that tells lines apart, and the expression.
#[rustfmt::skip] // a table
const PANELS: [(&str, &str, &str); 6] = [
    ("Answers by class, per second", "envoy_response_code_class", "sum by (envoy_response_code_class) (rate(envoy_http_downstream_rq_xx{envoy_http_conn_manager_prefix=\"http\"}[5s])) > 0"),
    ("canary: requests by subset, per second", "subset", "sum by (subset) (rate(sluice_canary_decisions[5s]))"),
    ("auth: denied by reason, per second", "reason", "sum by (reason) (rate(sluice_auth_denied[5s])) > 0"),
    ("ratelimit: refused by limit, per second", "limit", "sum by (limit) (rate(sluice_ratelimit_requests{outcome=\"refused\"}[5s])) > 0"),
    ("canary: age of a list, seconds", "list", "max by (list) (sluice_canary_list_age_seconds)"),
    ("ratelimit: fallbacks, per second", "limit", "sum by (limit) (rate(sluice_ratelimit_fallbacks[5s])) > 0"),
];
/// How long the story is, in seconds.
const STORY: u64 = 60;
const COLORS: [&str; 6] = ["#3274d9", "#e0752d", "#299c46", "#a352cc", "#e02f44", "#8a8a00"];
/// Of one panel, in pixels.
const WIDTH: f64 = 470.0;
const HEIGHT: f64 = 210.0;
/// Of the plot in it.
const LEFT: f64 = 44.0;
const TOP: f64 = 34.0;
const PLOT_WIDTH: f64 = 410.0;
const PLOT_HEIGHT: f64 = 120.0;

/// Plays the story and draws it.
pub(crate) async fn draw(prometheus: &Prometheus, chain: &Stack, tokens: &[String]) {
    story(chain, tokens).await;
    write(prometheus, STORY).await;
}

/// Something to look at: a while as ever; then forged tokens and one user who hammers; then a list's source that is away and
/// users of the canary.
async fn story(chain: &Stack, tokens: &[String]) {
    let act = Duration::from_secs(STORY / 3);
    let load = |connections| Load { client: chain.client(Protocol::Http1), connections, streams: 1 };
    tokio::time::sleep(act).await;
    let hammer = bearer(&tokens[0]);
    let forged = load(2).stream(40, |_| bearer("a.b.c")).await.expect("connections");
    let hammered = load(2).stream(40, move |_| hammer.clone()).await.expect("connections");
    tokio::time::sleep(act).await;
    forged.stop().await;
    hammered.stop().await;
    chain.lists.at("/beta").switch(Mode::Error).await;
    let dyed =
        load(2).stream(40, |_| Request::get("/open").header("x-env", "canary")).await.expect("connections");
    tokio::time::sleep(act).await;
    dyed.stop().await;
    chain.lists.at("/beta").switch(Mode::Up).await;
}

/// Draws the last so many seconds.
async fn write(prometheus: &Prometheus, seconds: u64) {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        2.0 * WIDTH,
        3.0 * HEIGHT
    );
    for (place, (title, label, expression)) in PANELS.into_iter().enumerate() {
        let lines = prometheus.range(expression, seconds).await.unwrap_or_else(|e| panic!("{title}: {e}"));
        assert!(!lines.is_empty(), "{title} is empty");
        let lines: Vec<_> =
            lines.into_iter().map(|(labels, points)| (labels[label].clone(), points)).collect();
        let (x, y) = (WIDTH * (place % 2) as f64, HEIGHT * (place / 2) as f64);
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">\n{}</g>", panel(title, &lines, seconds));
    }
    let path = e2e::repository().join("envoy-config/observability/dashboard.svg");
    fs::write(path, svg + "</svg>\n").expect("the picture");
}

fn panel(title: &str, lines: &[(String, Vec<Point>)], seconds: u64) -> String {
    let highest =
        lines.iter().flat_map(|(_, points)| points).map(|(_, value)| *value).fold(0.001, f64::max) * 1.1;
    let bottom = TOP + PLOT_HEIGHT;
    let mut svg =
        format!("<text x=\"{LEFT}\" y=\"20\" font-size=\"13\" font-weight=\"bold\">{title}</text>\n");
    for part in 0..=2 {
        let share = f64::from(part) / 2.0;
        let (y, at) = (bottom - PLOT_HEIGHT * share, LEFT - 6.0);
        let right = LEFT + PLOT_WIDTH;
        let _ = write!(
            svg,
            "<path d=\"M{LEFT} {y}H{right}\" stroke=\"#dddddd\"/>\n\
             <text x=\"{at}\" y=\"{}\" text-anchor=\"end\">{:.1}</text>\n\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#777777\">{:.0} s</text>\n",
            y + 4.0,
            highest * share,
            LEFT + PLOT_WIDTH * share,
            bottom + 14.0,
            seconds as f64 * share
        );
    }
    let mut at = LEFT;
    for ((name, points), color) in lines.iter().zip(COLORS.iter().cycle()) {
        let path: Vec<String> = points
            .iter()
            .filter(|(_, value)| value.is_finite())
            .map(|(second, value)| {
                let (x, y) =
                    (LEFT + PLOT_WIDTH * second / seconds as f64, bottom - PLOT_HEIGHT * value / highest);
                format!("{x:.1},{y:.1}")
            })
            .collect();
        let _ = write!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\"/>\n\
             <text x=\"{at}\" y=\"{}\" fill=\"{color}\">{name}</text>\n",
            path.join(" "),
            bottom + 32.0
        );
        at += 14.0 + 6.5 * name.len() as f64;
    }
    svg
}
