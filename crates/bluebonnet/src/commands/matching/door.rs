//! Generated people, each looked up as at the door before it is let in: what a registry of so many would decide.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use model::{Demographics, PatientId, counted};
use registry::matches::{Candidate, Matcher, PEOPLE_PER_KEY_LIMIT, PersonDecision, lookup_keys, match_keys};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ending::{Ending, Failure};
use crate::synthetic::SyntheticRecord;
use crate::tables::{grouped, print_json, print_line};
use model::counted_people;

/// Wrong merges explained at most.
const EXPLAINED_MAXIMUM: usize = 20;

/// Everybody who was let in, found by key.
#[derive(Default)]
struct Registered {
    people: Vec<(u64, Demographics)>,
    by_key: HashMap<i64, Vec<u32>>,
}

impl Registered {
    /// Who shares a key, each once, and how many keys are over-full.
    fn find(&self, keys: &[i64]) -> (Vec<u32>, usize) {
        let lists = || keys.iter().filter_map(|key| self.by_key.get(key));
        let over_full = lists().filter(|places| is_over_full(places)).count();
        // A key that too many people share tells nothing.
        let mut places: Vec<u32> = lists().filter(|places| !is_over_full(places)).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        (places, over_full)
    }

    fn add(&mut self, person: u64, demographics: Demographics) {
        let place = self.people.len() as u32;
        for key in match_keys(&demographics, None) {
            self.by_key.entry(key).or_default().push(place);
        }
        self.people.push((person, demographics));
    }
}

fn is_over_full(places: &[u32]) -> bool {
    places.len() >= PEOPLE_PER_KEY_LIMIT as usize
}

/// What came of it.
#[derive(Default)]
struct Tally {
    records: u64,
    people: u64,
    twins: u64,
    second: u64,
    right: u64,
    wrong: Vec<String>,
    wrong_count: u64,
    reviewed: u64,
    review_pairs: u64,
    reviewed_right: u64,
    missed: u64,
    over_full: u64,
    candidates: Vec<u32>,
    times: Vec<Duration>,
}

/// Lets the records in one after another: first everybody once, then whoever is written down again.
pub(super) fn measure(
    records: impl Iterator<Item = SyntheticRecord>,
    matcher: &Matcher,
    is_json: bool,
) -> Result<Ending, Failure> {
    let (mut registered, mut tally, mut again) = (Registered::default(), Tally::default(), Vec::new());
    for record in records {
        if record.name.ends_with("-1") {
            tally.people += 1;
            tally.twins += u64::from(record.demographics.birth_order.is_some());
            submit(&mut registered, &mut tally, record, matcher);
        } else {
            again.push(record);
        }
    }
    tally.second = again.len() as u64;
    for record in again {
        submit(&mut registered, &mut tally, record, matcher);
    }
    report(&mut tally, &registered, matcher, is_json)
}

fn submit(registered: &mut Registered, tally: &mut Tally, record: SyntheticRecord, matcher: &Matcher) {
    let is_second = !record.name.ends_with("-1");
    let begin = Instant::now();
    let (places, over_full) = registered.find(&lookup_keys(&record.demographics));
    let candidates: Vec<Candidate<'_>> = places
        .iter()
        .map(|&place| Candidate {
            patient_id: PatientId(Uuid::from_u128(place.into())),
            demographics: &registered.people[place as usize].1,
            is_senders: is_sent_alike(&registered.people[place as usize].1, &record.demographics),
        })
        .collect();
    let decision = matcher.decide_person(&record.demographics, None, &candidates).decision;
    tally.times.push(begin.elapsed());
    tally.candidates.push(places.len() as u32);
    tally.records += 1;
    tally.over_full += u64::from(over_full > 0);
    let whose = |patient_id: PatientId| &registered.people[patient_id.0.as_u128() as usize];
    match decision {
        PersonDecision::Same { patient_id, .. } if whose(patient_id).0 == record.person => tally.right += 1,
        PersonDecision::Same { patient_id, .. } => {
            tally.wrong_count += 1;
            if tally.wrong.len() < EXPLAINED_MAXIMUM {
                let explanation = matcher.explain(&record.demographics, &whose(patient_id).1);
                let reasons: Vec<String> =
                    explanation.reasons.iter().map(|reason| format!("{:+.1} {}", reason.bits, reason.words)).collect();
                tally.wrong.push(format!(
                    "{} and a record of {}: {}",
                    record.name,
                    whose(patient_id).0,
                    reasons.join("; ")
                ));
            }
        }
        PersonDecision::Possible { candidates, .. } => {
            tally.reviewed += 1;
            tally.review_pairs += candidates.len() as u64;
            tally.reviewed_right += u64::from(candidates.iter().any(|&id| whose(id).0 == record.person));
        }
        PersonDecision::Nobody { .. } => tally.missed += u64::from(is_second),
    }
    if !is_second {
        registered.add(record.person, record.demographics);
    }
}

/// Whether both records came from one clinic: the chart number's authority says so.
fn is_sent_alike(known: &Demographics, stated: &Demographics) -> bool {
    let authority = |person: &Demographics| person.identifiers.first().map(|chart| chart.authority.clone());
    authority(known) == authority(stated)
}

fn report(tally: &mut Tally, registered: &Registered, matcher: &Matcher, is_json: bool) -> Result<Ending, Failure> {
    tally.candidates.sort_unstable();
    tally.times.sort_unstable();
    let at = |share: f64| ((tally.records as f64 * share) as usize).min(tally.candidates.len().saturating_sub(1));
    let candidates = |share: f64| tally.candidates.get(at(share)).copied().unwrap_or_default();
    let microseconds = |share: f64| tally.times.get(at(share)).map_or(0.0, |time| time.as_secs_f64() * 1e6);
    let mean = tally.candidates.iter().map(|count| f64::from(*count)).sum::<f64>() / tally.records.max(1) as f64;
    let share = |part: u64, whole: u64| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
    let precision = share(tally.right, tally.right + tally.wrong_count);
    let recall = share(tally.right, tally.second);
    let recall_with_review = share(tally.right + tally.reviewed_right, tally.second);
    let reviews_per_thousand = 1000.0 * share(tally.review_pairs, tally.records);
    let over_full_keys = registered.by_key.values().filter(|places| is_over_full(places)).count() as u64;
    if is_json {
        print_json(&json!({
            "people": tally.people,
            "twins": tally.twins,
            "records": tally.records,
            "second_records": tally.second,
            "precision": precision,
            "recall": recall,
            "recall_with_review": recall_with_review,
            "merged_rightly": tally.right,
            "merged_wrongly": tally.wrong_count,
            "missed": tally.missed,
            "reviewed": tally.reviewed,
            "review_pairs_per_thousand": reviews_per_thousand,
            "candidates": { "mean": mean, "p50": candidates(0.5), "p99": candidates(0.99), "most": candidates(1.0) },
            "microseconds": { "p50": microseconds(0.5), "p99": microseconds(0.99), "p999": microseconds(0.999) },
            "over_full_keys": over_full_keys,
            "lookups_with_an_over_full_key": tally.over_full,
            "version": matcher.version(),
            "wrong": tally.wrong.iter().map(|line| Value::from(line.as_str())).collect::<Vec<_>>(),
        }))?;
        return Ok(Ending::Well);
    }
    print_line(&format!(
        "{}, {} of them twins; {} written down again; weights {}",
        counted_people(tally.people),
        grouped(tally.twins),
        grouped(tally.second),
        matcher.version()
    ))?;
    print_line(&format!(
        "precision {precision:.5}  recall {recall:.4}, with review {recall_with_review:.4}  ({} right, {} wrong, {} missed)",
        grouped(tally.right),
        tally.wrong_count,
        grouped(tally.missed)
    ))?;
    print_line(&format!(
        "to review: {}, {reviews_per_thousand:.2} pairs per 1,000 submissions",
        counted(tally.reviewed, "submission")
    ))?;
    let over_full_keys = counted(over_full_keys, "key");
    print_line(&format!(
        "candidates per lookup: mean {mean:.1}, p50 {}, p99 {}, most {}; {over_full_keys} over-full, met by {}",
        candidates(0.5),
        candidates(0.99),
        candidates(1.0),
        counted(tally.over_full, "lookup")
    ))?;
    print_line(&format!(
        "microseconds per lookup and decision in memory: p50 {:.1}, p99 {:.1}, p99.9 {:.1}",
        microseconds(0.5),
        microseconds(0.99),
        microseconds(0.999)
    ))?;
    for line in &tally.wrong {
        print_line(&format!("merged wrongly: {line}"))?;
    }
    Ok(Ending::Well)
}
