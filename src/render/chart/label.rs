//! Finding room for labels.

use super::scene::{Anchor, Place, Rect, Text};

/// Centres of labels of the given widths, as near as possible to where they want to be (ascending),
/// in their order, at least `gap` apart and between `low` and `high` where the room allows.
pub(super) fn spread(wanted: &[(f64, f64)], gap: f64, low: f64, high: f64) -> Vec<f64> {
    // Distances between neighbours are fixed where they touch, so subtract them and what remains is
    // to make the sequence ascending with the least squares of displacement: pool adjacent violators.
    let mut offsets = Vec::with_capacity(wanted.len());
    let mut offset = 0.0;
    for (i, &(_, width)) in wanted.iter().enumerate() {
        if i > 0 {
            offset += wanted[i - 1].1 / 2.0 + gap + width / 2.0;
        }
        offsets.push(offset);
    }
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (&(center, _), offset) in wanted.iter().zip(&offsets) {
        pools.push((center - offset, 1));
        while let [.., (before, n), (last, m)] = pools[..]
            && before > last
        {
            pools.pop();
            pools.pop();
            pools.push(((before * n as f64 + last * m as f64) / (n + m) as f64, n + m));
        }
    }
    let first = wanted.first().map_or(0.0, |w| low + w.1 / 2.0);
    let last = wanted.last().zip(offsets.last()).map_or(0.0, |(w, offset)| high - w.1 / 2.0 - offset);
    let starts = pools.iter().flat_map(|&(start, n)| std::iter::repeat_n(start, n));
    starts.zip(offsets).map(|(start, offset)| start.min(last).max(first) + offset).collect()
}

/// Keeps the texts that fit beside those before them, `gap` apart; earlier ones have priority.
pub(super) fn thin(texts: impl IntoIterator<Item = Text>, gap: f64) -> Vec<Text> {
    let mut kept: Vec<(Rect, Text)> = Vec::new();
    for text in texts {
        let area = text.area();
        let reach = Rect::new(area.left - gap, area.top, area.right + gap, area.bottom);
        if kept.iter().all(|(other, _)| !other.overlaps(&reach)) {
            kept.push((area, text));
        }
    }
    kept.into_iter().map(|(_, text)| text).collect()
}

/// Something a label should not cover, and how bad it would be: infinity forbids it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Obstacle {
    pub area: Rect,
    pub weight: f64,
}

/// Puts `text` beside one of `anchors` (the points of its curve, from left to right), inside `room`, where it
/// covers least, is far from foreign points and near the right end. `None` when it fits nowhere.
pub(super) fn beside(
    text: &Text,
    anchors: &[Place],
    distance: f64,
    room: Rect,
    obstacles: &[Obstacle],
    foreign: &[Place],
) -> Option<Text> {
    /// More places are not tried: they would be next to these.
    const MOST_ANCHORS: usize = 48;
    let stride = anchors.len().div_ceil(MOST_ANCHORS).max(1);
    let candidates = anchors.iter().enumerate().rev().step_by(stride).flat_map(|(i, &place)| {
        let late = (i + 1) as f64 / anchors.len() as f64;
        // the second distance clears what is drawn around a point
        [(1.0, 0.0), (1.9, -0.5)].into_iter().flat_map(move |(times, score)| {
            around(text, place, times * distance).map(|candidate| (late + score, place, candidate))
        })
    });
    let score = |score: f64, place: Place, candidate: &Text| {
        let area = candidate.area();
        let covered: f64 = obstacles.iter().filter(|o| o.area.overlaps(&area)).map(|o| o.weight).sum();
        let near = |other: &Place| (other.0 - place.0).hypot(other.1 - place.1);
        let alone = foreign.iter().map(near).fold(8.0 * distance, f64::min) / (8.0 * distance);
        score + 1.5 * alone - covered
    };
    let inside = candidates.filter(|(_, _, candidate)| room.contains(&candidate.area()));
    let scored = inside.map(|(base, place, candidate)| (score(base, place, &candidate), candidate));
    let allowed = scored.filter(|(score, _)| score.is_finite());
    // the first of equals, which is the one nearest to the right end
    allowed.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, text)| text)
}

/// Above, below, right and left of a place, then at its corners.
fn around(text: &Text, (x, y): Place, distance: f64) -> [Text; 8] {
    // half the height of capitals: puts the middle of the text at the place
    let middle = y + 0.36 * text.size;
    let (above, below) = (y - distance - 0.1 * text.size, y + distance + 0.72 * text.size);
    let near = 0.5 * distance;
    let at = |x, baseline, anchor| Text { x, baseline, anchor, ..text.clone() };
    [
        at(x, above, Anchor::Middle),
        at(x, below, Anchor::Middle),
        at(x + distance + 0.25 * text.size, middle, Anchor::Start),
        at(x - distance - 0.25 * text.size, middle, Anchor::End),
        at(x + near, above, Anchor::Start),
        at(x - near, above, Anchor::End),
        at(x + near, below, Anchor::Start),
        at(x - near, below, Anchor::End),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::scene::Rgb;
    use super::*;

    fn text(content: &str, x: f64) -> Text {
        Text::new(content, (x, 20.0), 10.0, Rgb(0, 0, 0)).anchor(Anchor::Middle)
    }

    #[test]
    fn labels_that_have_room_stay_where_they_are() {
        assert_eq!(spread(&[(10.0, 10.0), (50.0, 20.0)], 5.0, 0.0, 100.0), [10.0, 50.0]);
    }

    #[test]
    fn labels_that_collide_move_apart_evenly_and_keep_their_order() {
        assert_eq!(spread(&[(50.0, 20.0), (50.0, 20.0)], 4.0, 0.0, 100.0), [38.0, 62.0]);
        assert_eq!(spread(&[(95.0, 20.0), (99.0, 20.0)], 4.0, 0.0, 100.0), [66.0, 90.0]);
        assert_eq!(spread(&[(1.0, 20.0), (2.0, 20.0)], 4.0, 0.0, 100.0), [10.0, 34.0]);
        assert!(spread(&[], 4.0, 0.0, 100.0).is_empty());
    }

    #[test]
    fn thinning_keeps_the_first_of_two_that_touch() {
        let kept = thin([text("1024", 50.0), text("10240", 120.0), text("1088", 60.0)], 2.0);
        let contents: Vec<&str> = kept.iter().map(|t| t.content.as_str()).collect();
        assert_eq!(contents, ["1024", "10240"]);
    }

    #[test]
    fn a_label_avoids_what_is_in_the_way_and_stays_inside() {
        let room = Rect::new(0.0, 0.0, 200.0, 100.0);
        let anchors = [(20.0, 50.0), (100.0, 50.0), (180.0, 50.0)];
        let wall = Obstacle { area: Rect::new(60.0, 0.0, 200.0, 100.0), weight: 10.0 };
        let placed = beside(&text("cost", 0.0), &anchors, 5.0, room, &[wall], &[]).unwrap();
        assert!(!placed.area().overlaps(&wall.area) && room.contains(&placed.area()), "{placed:?}");
        let free = beside(&text("cost", 0.0), &anchors, 5.0, room, &[], &[]).unwrap();
        assert!(free.area().right > 170.0, "{free:?}");
        assert_eq!(beside(&text("a long label in a small room", 0.0), &anchors, 5.0, room.inset(45.0), &[], &[]), None);
    }
}
