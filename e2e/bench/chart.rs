//! Bar charts: what requests cost, how many there are in a second.

use crate::case::NONE;
use crate::cost::{Cost, Measured, median};
use crate::svg::{Anchor, DARK, FAINT, GRID, INK, LIGHT, Picture, grid_step, short};
use crate::throughput::Throughput;

/// The least of all rounds as the bar, the median as a mark.
pub(crate) fn of_cost(cost: &Cost) -> String {
    let none = cost.of(NONE).map_or(0.0, Measured::least);
    let bar = |case: &Measured| {
        let least = case.least();
        let figure = if case.name == NONE {
            format!("{least:.2}")
        } else {
            format!("{least:.2} ({:+.2})", least - none)
        };
        Bar { about: case.about.clone(), length: least, base: least.min(none), mark: case.median(), figure }
    };
    let note = format!(
        "Bar: least of {} rounds of {} requests. Mark: median. Dark: what Envoy needs without a filter.",
        cost.measured.first().map_or(0, |case| case.micros.len()),
        cost.requests
    );
    let bars: Vec<Bar> = cost.measured.iter().map(bar).collect();
    draw("CPU time of Envoy for one request (microseconds)", &note, &bars)
}

/// The medians of all rounds.
pub(crate) fn of_throughput(throughput: &Throughput) -> String {
    let cases = throughput.cases.iter();
    let bars: Vec<Bar> = cases
        .map(|case| {
            let length = median(&case.per_second);
            Bar { about: case.about.clone(), length, base: 0.0, mark: length, figure: format!("{length:.0}") }
        })
        .collect();
    draw(&format!("Requests in a second: {}", throughput.about), "Medians of all rounds.", &bars)
}

struct Bar {
    about: String,
    length: f64,
    /// How much of it is dark.
    base: f64,
    mark: f64,
    figure: String,
}

fn draw(title: &str, note: &str, bars: &[Bar]) -> String {
    let bottom = TOP + ROW * bars.len() as f64;
    let mut picture = Picture::new(WIDTH, (bottom + BOTTOM) as usize, title, note);
    let widest = bars.iter().map(|bar| bar.mark.max(bar.length)).fold(f64::MIN_POSITIVE, f64::max);
    let scale = (WIDTH as f64 - LEFT - RIGHT) / widest;
    let step = grid_step(widest);
    for number in 0..=(widest / step) as usize {
        let value = step * number as f64;
        let x = LEFT + value * scale;
        picture.line((x, TOP - 4.0), (x, bottom), GRID, 1);
        picture.text((x, TOP - 10.0), Anchor::Middle, FAINT, &short(value));
    }
    for (place, bar) in bars.iter().enumerate() {
        let top = TOP + ROW * place as f64;
        let middle = top + ROW / 2.0 + 4.0;
        let [base, length, mark] = [bar.base, bar.length, bar.mark].map(|value| value * scale);
        picture.text((LEFT - 10.0, middle), Anchor::End, INK, &bar.about);
        picture.rect((LEFT, top + 4.0), (base, ROW - 8.0), DARK);
        picture.rect((LEFT + base, top + 4.0), (length - base, ROW - 8.0), LIGHT);
        picture.line((LEFT + mark, top + 2.0), (LEFT + mark, top + ROW - 2.0), INK, 2);
        picture.text((LEFT + mark.max(length) + 8.0, middle), Anchor::Start, INK, &bar.figure);
    }
    picture.close()
}

const WIDTH: usize = 960;
const LEFT: f64 = 330.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 64.0;
const ROW: f64 = 26.0;
const BOTTOM: f64 = 34.0;
