//! A classification as other programs read it.

use serde_json::{Map, Value, json};

use crate::pattern::{Classification, Pattern, Shares};

impl Classification {
    /// The answer for the run `id` as one JSON object: what `classify --format jsonl` writes.
    pub fn to_json(&self, id: &str) -> Value {
        let probabilities: Map<String, Value> =
            Pattern::ALL.into_iter().map(|p| (p.name().into(), rounded(self.probabilities[p.index()]))).collect();
        let interval = |part: fn(&Shares) -> f64| {
            json!([rounded(part(&self.share_interval.0)), rounded(part(&self.share_interval.1))])
        };
        json!({
            "id": id,
            "pattern": self.pattern,
            "family": self.family(),
            "confidence": rounded(self.confidence),
            "probabilities": probabilities,
            "uncertain": self.uncertain,
            "shares": {
                "cpu": rounded(self.shares.cpu),
                "wait": rounded(self.shares.wait),
                "transfer": rounded(self.shares.transfer),
            },
            "share_intervals": {
                "cpu": interval(|s| s.cpu),
                "wait": interval(|s| s.wait),
                "transfer": interval(|s| s.transfer),
            },
            "reasons": self.reasons,
            "warnings": self.warnings,
        })
    }
}

/// Five digits: finer than any evidence.
fn rounded(x: f64) -> Value {
    json!((x * 1e5).round() / 1e5)
}
