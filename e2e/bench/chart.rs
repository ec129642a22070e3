//! The costs as a bar chart (SVG): the least of all rounds as the bar, the median as a mark.

use std::fmt::Write as _;

use crate::case::NONE;
use crate::cost::{Cost, Measured};

/// The whole picture, as text.
pub(crate) fn draw(cost: &Cost) -> String {
    let height = TOP + ROW * cost.measured.len() + BOTTOM;
    let widest = cost.measured.iter().map(Measured::median).fold(0.0, f64::max);
    let scale = Scale { pixels_per_us: (WIDTH - LEFT - RIGHT) as f64 / widest.max(1.0) };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"bold\" fill=\"{INK}\">CPU time of Envoy for one request \
         (microseconds)</text>\n"
    );
    grid(&mut svg, &scale, widest, height - BOTTOM);
    let none = cost.of(NONE).map_or(0.0, Measured::least);
    for (place, case) in cost.measured.iter().enumerate() {
        bar(&mut svg, &scale, TOP + ROW * place, case, none);
    }
    let y = height - 12;
    line(
        &mut svg,
        &format!(
            "<text x=\"16\" y=\"{y}\" fill=\"{FAINT}\" font-size=\"12\">Bar: least of {} rounds of {} requests. Mark: median. \
             Dark: what Envoy needs without a filter.</text>",
            cost.measured.first().map_or(0, |case| case.micros.len()),
            cost.requests
        ),
    );
    svg + "</svg>\n"
}

struct Scale {
    pixels_per_us: f64,
}

impl Scale {
    fn width(&self, micros: f64) -> f64 {
        micros * self.pixels_per_us
    }

    fn x(&self, micros: f64) -> f64 {
        LEFT as f64 + self.width(micros)
    }
}

fn grid(svg: &mut String, scale: &Scale, widest: f64, bottom: usize) {
    let step =
        [1.0, 2.0, 5.0, 10.0, 20.0, 50.0].into_iter().find(|step| widest / step <= 12.0).unwrap_or(100.0);
    let mut micros = 0.0;
    while micros <= widest {
        let x = scale.x(micros);
        line(
            svg,
            &format!(
                "<line x1=\"{x:.1}\" y1=\"{0}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"#e2e2e2\"/>",
                TOP - 4
            ),
        );
        line(
            svg,
            &format!(
                "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"{FAINT}\">{micros}</text>",
                TOP - 10
            ),
        );
        micros += step;
    }
}

fn bar(svg: &mut String, scale: &Scale, top: usize, case: &Measured, none: f64) {
    let (least, median) = (case.least(), case.median());
    let (middle, base, x) = (top + ROW / 2 + 4, least.min(none), LEFT as f64);
    let (above, from) = (least - base, scale.x(base));
    let about = escaped(&case.about);
    line(
        svg,
        &format!(
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\" fill=\"{INK}\">{about}</text>",
            LEFT - 10
        ),
    );
    let rect = |x: f64, width: f64, fill: &str| {
        format!(
            "<rect x=\"{x:.1}\" y=\"{}\" width=\"{width:.1}\" height=\"{}\" fill=\"{fill}\"/>",
            top + 4,
            ROW - 8
        )
    };
    line(svg, &rect(x, scale.width(base), DARK));
    line(svg, &rect(from, scale.width(above), LIGHT));
    let mark = scale.x(median);
    line(
        svg,
        &format!(
            "<line x1=\"{mark:.1}\" y1=\"{}\" x2=\"{mark:.1}\" y2=\"{}\" stroke=\"{INK}\" stroke-width=\"2\"/>",
            top + 2,
            top + ROW - 2
        ),
    );
    let figure =
        if case.name == NONE { format!("{least:.2}") } else { format!("{least:.2} ({:+.2})", least - none) };
    let x = scale.x(median.max(least)) + 8.0;
    line(svg, &format!("<text x=\"{x:.1}\" y=\"{middle}\" fill=\"{INK}\">{figure}</text>"));
}

fn line(svg: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(svg, "{text}");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const WIDTH: usize = 960;
const LEFT: usize = 330;
const RIGHT: usize = 120;
const TOP: usize = 64;
const ROW: usize = 26;
const BOTTOM: usize = 34;
const INK: &str = "#1f2328";
const FAINT: &str = "#6a737d";
const DARK: &str = "#44546a";
const LIGHT: &str = "#e07b39";
