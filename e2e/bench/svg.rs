//! Pictures as SVG: a white sheet, so that they can be read on pages of any colour.

use std::fmt::Write as _;

/// A picture in the making.
pub(crate) struct Picture {
    text: String,
}

/// Where a text stands, seen from its point.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Picture {
    /// `note` goes to the bottom.
    pub(crate) fn new(width: usize, height: usize, title: &str, note: &str) -> Self {
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
             <text x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"bold\" fill=\"{INK}\">{}</text>\n\
             <text x=\"16\" y=\"{}\" fill=\"{FAINT}\" font-size=\"12\">{}</text>\n",
            escaped(title),
            height - 12,
            escaped(note)
        );
        Self { text }
    }

    pub(crate) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, fill: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(text);
        self.add(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{text}</text>"
        ));
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: &str, width: usize) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.add(&format!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{stroke}\" stroke-width=\"{width}\"/>"
        ));
    }

    pub(crate) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: &str) {
        self.add(&format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>"
        ));
    }

    pub(crate) fn dot(&mut self, (x, y): (f64, f64), radius: f64, fill: &str) {
        self.add(&format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"{fill}\"/>"));
    }

    pub(crate) fn path(&mut self, points: &[(f64, f64)], stroke: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let points = points.join(" ");
        self.add(&format!(
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"2\"/>"
        ));
    }

    pub(crate) fn close(self) -> String {
        self.text + "</svg>\n"
    }

    fn add(&mut self, element: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{element}");
    }
}

/// The distance of grid lines, 1, 2 or 5 times a power of ten, so that there are ten at most.
pub(crate) fn grid_step(span: f64) -> f64 {
    let mut step = 0.001;
    while step * 10.0 < span {
        // 1, 2, 5, 10 and so on.
        let leading = step / 10_f64.powf(step.log10().floor());
        step *= if (1.5..3.0).contains(&leading) { 2.5 } else { 2.0 };
    }
    step
}

/// A number without the digits that say nothing.
pub(crate) fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub(crate) const INK: &str = "#1f2328";
pub(crate) const FAINT: &str = "#6a737d";
pub(crate) const GRID: &str = "#e2e2e2";
pub(crate) const DARK: &str = "#44546a";
pub(crate) const LIGHT: &str = "#e07b39";
pub(crate) const GREEN: &str = "#2e8b6f";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_is_written() {
        let mut picture = Picture::new(100, 50, "a < b", "c & d");
        picture.text((1.0, 2.0), Anchor::End, INK, "<e>");
        let text = picture.close();
        for part in [">a &lt; b</text>", ">c &amp; d</text>", "text-anchor=\"end\"", ">&lt;e&gt;</text>"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
    }

    #[test]
    fn grids_have_round_steps() {
        for (span, step) in [
            (0.9, "0.1"),
            (1.0, "0.1"),
            (1.1, "0.2"),
            (4.0, "0.5"),
            (60.0, "10"),
            (120.0, "20"),
            (999.0, "100"),
        ] {
            assert_eq!(short(grid_step(span)), step, "{span}");
        }
    }
}
