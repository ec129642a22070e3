//! Percentiles as rows of dots on a logarithmic axis: latencies, and how soon changes count.

use crate::svg::{Anchor, DARK, FAINT, GREEN, GRID, INK, LIGHT, Picture, short};

/// One row: what it is about, and its percentiles from the least to the greatest.
pub(crate) struct Row {
    pub(crate) about: String,
    pub(crate) values: Vec<f64>,
}

/// `names`: of the percentiles.
pub(crate) fn draw(title: &str, names: &[&str], rows: &[Row]) -> String {
    let bottom = TOP + ROW * rows.len() as f64;
    let mut picture = Picture::new(WIDTH, (bottom + BOTTOM) as usize, title, "Logarithmic.");
    let axis = Axis::of(rows);
    for tick in axis.ticks() {
        let x = axis.x(tick);
        picture.line((x, TOP - 4.0), (x, bottom), GRID, 1);
        picture.text((x, TOP - 10.0), Anchor::Middle, FAINT, &short(tick));
    }
    for (place, name) in names.iter().enumerate() {
        let x = LEFT + 90.0 * place as f64;
        picture.dot((x, 42.0), 5.0, colour(place, names.len()));
        picture.text((x + 10.0, 46.0), Anchor::Start, INK, name);
    }
    for (place, row) in rows.iter().enumerate() {
        let y = TOP + ROW * (place as f64 + 0.5);
        picture.text((LEFT - 14.0, y + 4.0), Anchor::End, INK, &row.about);
        let places: Vec<f64> = row.values.iter().map(|value| axis.x(*value)).collect();
        if let [first, .., last] = places[..] {
            picture.line((first, y), (last, y), GRID, 3);
        }
        for (place, x) in places.iter().enumerate() {
            picture.dot((*x, y), 5.0, colour(place, names.len()));
        }
    }
    picture.close()
}

/// The last is the longest of all, which is no percentile.
fn colour(place: usize, of: usize) -> &'static str {
    if place + 1 == of { FAINT } else { COLOURS[place % COLOURS.len()] }
}

struct Axis {
    /// Logarithms of the ends.
    from: f64,
    to: f64,
}

impl Axis {
    fn of(rows: &[Row]) -> Self {
        let all = || rows.iter().flat_map(|row| &row.values).copied().filter(|value| *value > 0.0);
        let from = all().fold(f64::INFINITY, f64::min).log10();
        let to = all().fold(f64::MIN_POSITIVE, f64::max).log10();
        if from < to { Self { from, to } } else { Self { from: 0.0, to: 1.0 } }
    }

    /// What is nothing, or less, is where the axis begins.
    fn x(&self, value: f64) -> f64 {
        let share = ((value.max(f64::MIN_POSITIVE).log10() - self.from) / (self.to - self.from)).max(0.0);
        LEFT + share * (WIDTH as f64 - LEFT - RIGHT)
    }

    fn ticks(&self) -> Vec<f64> {
        let decades = self.from.floor() as i32..=self.to.ceil() as i32;
        let ticks = decades.flat_map(|exponent| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(exponent)));
        ticks.filter(|tick| (self.from..=self.to).contains(&tick.log10())).collect()
    }
}

const WIDTH: usize = 960;
const LEFT: f64 = 330.0;
const RIGHT: f64 = 40.0;
const TOP: f64 = 88.0;
const ROW: f64 = 26.0;
const BOTTOM: f64 = 34.0;
const COLOURS: [&str; 4] = [DARK, GREEN, LIGHT, "#b3372f"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_by_the_logarithm() {
        let rows = [Row { about: "a".to_owned(), values: vec![10.0, 100.0, 1000.0] }];
        let axis = Axis::of(&rows);
        let [first, middle, last] = [10.0, 100.0, 1000.0].map(|value| axis.x(value));
        assert!((middle - first - (last - middle)).abs() < 1e-9);
        assert!((axis.x(0.0) - LEFT).abs() < 1e-9, "nothing stays on the sheet");
        assert_eq!(axis.ticks().len(), 7, "{:?}", axis.ticks());
        let text = draw("title", &["p50", "p99", "max"], &rows);
        assert_eq!(text.matches("<circle ").count(), 6, "three in the legend: {text}");
    }
}
