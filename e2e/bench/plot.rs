//! Line plots of growth: sizes on a logarithmic axis, what they cost on a linear one.

use crate::cost::Measured;
use crate::growth::{Growth, Line};
use crate::svg::{Anchor, DARK, FAINT, GREEN, GRID, INK, LIGHT, Picture, grid_step, short};

/// Microseconds above no filter.
pub(crate) fn of_cost(growth: &Growth) -> String {
    let rounds = growth.cost.measured.first().map_or(0, |case| case.micros.len());
    let lines = |line: &Line| {
        let point = |point: &crate::growth::Point| (point.size, growth.above(point, Measured::least));
        (line.about, line.points.iter().map(point).collect())
    };
    let lines: Vec<Curve<'_>> = growth.lines.iter().map(lines).collect();
    let title = format!("CPU time by {} (microseconds above no filter)", growth.about);
    draw(&title, &format!("{}, logarithmic. Least of {rounds} rounds.", growth.of), &lines)
}

/// MiB that a size takes.
pub(crate) fn of_memory(growth: &Growth) -> String {
    let lines = |line: &Line| {
        let points = line.points.iter();
        (line.about, points.filter_map(|point| Some((point.size, point.mebibytes?))).collect())
    };
    let lines: Vec<Curve<'_>> = growth.lines.iter().map(lines).collect();
    let title = format!("Memory by {} (MiB)", growth.about);
    draw(&title, &format!("{}, logarithmic. What Envoy's memory grew by.", growth.of), &lines)
}

/// A name and points of size and value, in the order of the sizes.
type Curve<'a> = (&'a str, Vec<(usize, f64)>);

fn draw(title: &str, note: &str, curves: &[Curve<'_>]) -> String {
    let mut picture = Picture::new(WIDTH, HEIGHT, title, note);
    let axes = Axes::of(curves);
    axes.draw(&mut picture);
    for (place, ((about, points), colour)) in curves.iter().zip(COLOURS.into_iter().cycle()).enumerate() {
        let y = 48.0 + 18.0 * place as f64;
        picture.line((LEFT, y - 4.0), (LEFT + 24.0, y - 4.0), colour, 3);
        picture.text((LEFT + 32.0, y), Anchor::Start, INK, about);
        let points: Vec<_> =
            points.iter().map(|(size, value)| (axes.x(*size as f64), axes.y(*value))).collect();
        picture.path(&points, colour);
        points.iter().for_each(|point| picture.dot(*point, 3.5, colour));
    }
    picture.close()
}

struct Axes {
    /// Powers of ten.
    decades: f64,
    /// The least and the greatest value.
    values: (f64, f64),
    top: f64,
}

impl Axes {
    fn of(curves: &[Curve<'_>]) -> Self {
        let all = || curves.iter().flat_map(|(_, points)| points);
        let largest = all().map(|(size, _)| *size).max().unwrap_or(1) as f64;
        let least = all().map(|(_, value)| *value).fold(0.0, f64::min);
        let greatest = all().map(|(_, value)| *value).fold(1.0, f64::max);
        Self {
            decades: largest.log10().max(1.0),
            values: (least, greatest),
            top: 48.0 + 18.0 * curves.len() as f64 + 8.0,
        }
    }

    fn x(&self, size: f64) -> f64 {
        LEFT + size.log10() / self.decades * (WIDTH as f64 - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        let (least, greatest) = self.values;
        BASE - (value - least) / (greatest - least) * (BASE - self.top)
    }

    fn draw(&self, picture: &mut Picture) {
        let right = WIDTH as f64 - RIGHT;
        let (least, greatest) = self.values;
        let step = grid_step(greatest - least);
        let mut number = (least / step).ceil();
        while number * step <= greatest {
            let y = self.y(number * step);
            picture.line((LEFT, y), (right, y), GRID, 1);
            picture.text((LEFT - 8.0, y + 4.0), Anchor::End, FAINT, &short(number * step));
            number += 1.0;
        }
        for exponent in 0..=self.decades.floor() as u32 {
            let size = 10_usize.pow(exponent);
            let x = self.x(size as f64);
            picture.line((x, self.top), (x, BASE), GRID, 1);
            picture.text((x, BASE + 18.0), Anchor::Middle, FAINT, &grouped(size));
        }
    }
}

/// `10 000`
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        // Up to four digits stand together.
        if place > 0 && digits.len() > 4 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

const WIDTH: usize = 960;
const HEIGHT: usize = 420;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 40.0;
const BASE: f64 = 364.0;
const COLOURS: [&str; 3] = [LIGHT, DARK, GREEN];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_are_as_far_apart_as_each_other() {
        let axes = Axes::of(&[("a", vec![(1, 2.0), (1_000_000, 12.0)])]);
        let x: Vec<f64> = [1.0, 10.0, 100.0, 1e6].map(|size| axes.x(size)).into();
        assert!((x[1] - x[0] - (x[2] - x[1])).abs() < 1e-9, "{x:?}");
        assert!((x[0] - LEFT).abs() < 1e-9, "1 is where the axis begins: {x:?}");
        assert!((x[3] - (WIDTH as f64 - RIGHT)).abs() < 1e-9, "the largest is where it ends: {x:?}");
        assert!((axes.y(0.0) - BASE).abs() < 1e-9, "nothing is at the base");
        assert!(axes.y(12.0) < axes.y(2.0), "more is higher");
    }

    #[test]
    fn less_than_nothing_is_below_it() {
        let axes = Axes::of(&[("a", vec![(1, -1.0), (10, 3.0)])]);
        assert!((axes.y(-1.0) - BASE).abs() < 1e-9);
        assert!(axes.y(0.0) < BASE);
    }

    #[test]
    fn draws_each_line_and_its_name() {
        let curves = [("ours", vec![(1, 1.0), (10, 2.0)]), ("theirs", vec![(1, 0.5), (10, 0.6)])];
        let text = draw("title", "note", &curves);
        assert_eq!(text.matches("<polyline ").count(), 2);
        assert_eq!(text.matches("<circle ").count(), 4);
        for part in [">ours</text>", ">theirs</text>", ">1</text>", ">10</text>", LIGHT, DARK] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(1, "1"), (1_000, "1000"), (10_000, "10 000"), (1_000_000, "1 000 000")] {
            assert_eq!(grouped(number), text);
        }
    }
}
