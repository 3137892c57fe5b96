//! Weights learned from labeled records.

use bluebonnet_matching::labeled::{HEADER, LabeledPerson, read_people, write_person};
use bluebonnet_matching::learning::learn;
use bluebonnet_matching::{Frequencies, Level, Matcher, Policy, Weights};
use model::Demographics;

use crate::cases::person;

const GIVEN: [&str; 10] = ["Ana", "Berta", "Carla", "Diana", "Elena", "Fatima", "Gloria", "Hilda", "Ines", "Julia"];
const FAMILIES: [&str; 10] =
    ["Acosta", "Bello", "Cerda", "Duarte", "Espino", "Fierro", "Galindo", "Huerta", "Ibarra", "Juarez"];

/// Six hundred people, each written down twice: the phone is another one for every fourth, and the birth day for every tenth.
fn records() -> (Vec<Demographics>, Vec<String>) {
    let (mut people, mut labels) = (Vec::new(), Vec::new());
    for number in 0..600_u32 {
        for again in [false, true] {
            let given = GIVEN[(number / 7 % 10) as usize];
            let family = format!("{} {}", FAMILIES[(number % 10) as usize], FAMILIES[(number / 10 % 10) as usize]);
            let day = 1 + (number * 7 % 27) + u32::from(again && number % 10 == 0);
            let phone = 5_125_550_000_u64 + u64::from(number) + if again && number % 4 == 0 { 4_000 } else { 0 };
            let year = 1950 + number % 60;
            let month = 1 + number % 12;
            people.push(person(&format!("{given}|{family}|{year}-{month:02}-{day:02}|F|phone={phone}")));
            labels.push(number.to_string());
        }
    }
    (people, labels)
}

fn matcher(people: &[Demographics]) -> Matcher {
    let frequencies = Frequencies::count(people.iter().flat_map(|person| &person.names));
    Matcher::new(Policy::Linkage, Weights::builtin(), frequencies, people.len() as u64)
}

#[test]
fn weights_are_learned_from_labels_and_written_under_a_new_version() {
    let (people, labels) = records();
    let learned = learn(&people, &labels, &matcher(&people), "learned-1");
    let bits = |level: Level| f64::from(learned.weights.of(level)) / 100.0;
    assert_eq!(learned.weights.version(), "learned-1");
    let shares = |level| learned.levels.iter().find(|learned| learned.level == level).expect("it is learned");
    assert!((shares(Level::PhoneSame).one_person - 0.75).abs() < 0.05, "{:?}", shares(Level::PhoneSame));
    assert!((shares(Level::DateSame).one_person - 0.9).abs() < 0.05, "{:?}", shares(Level::DateSame));
    assert!(bits(Level::PhoneSame) > 8.0, "strangers share no phone: {}", bits(Level::PhoneSame));
    assert!(
        (bits(Level::PhoneDifferent) + 2.0).abs() < 0.3,
        "a quarter of one person: {}",
        bits(Level::PhoneDifferent)
    );
    assert_eq!(learned.weights.of(Level::GivenSame), Weights::builtin().of(Level::GivenSame), "names go by frequency");
    assert_eq!(learned.weights.of(Level::MedicaidSame), Weights::builtin().of(Level::MedicaidSame), "never seen");
    let calibration = &learned.calibration;
    let last = calibration.bins.last().expect("pairs were kept apart");
    assert_eq!(last.pairs, last.one_person, "the surest are one person: {calibration:?}");
    assert_eq!(Weights::parse(&learned.weights.to_text()), Ok(learned.weights.clone()));
}

#[test]
fn our_own_layout_reads_back_as_it_was_written() {
    let known = person("Ana Maria|de la Cruz, Peña|2020-03-05|F|MR=A1@C1 MA=524111222 phone=5125550123 twin order=2");
    let record = LabeledPerson {
        record: "17-1".to_owned(),
        person: "17".to_owned(),
        expected: String::new(),
        demographics: known,
    };
    let text = format!("{HEADER}\n{}\n", write_person(&record, "moved; \"late\""));
    let (layout, read) = read_people(&text).expect("the layout is known");
    assert_eq!(layout.word(), "bluebonnet");
    let (read, known) = (&read[0], &record.demographics);
    assert_eq!((&read.record, &read.person), (&record.record, &record.person));
    let names = |person: &Demographics| (person.names[0].given.clone(), person.names[0].family.clone());
    assert_eq!(names(&read.demographics), names(known));
    assert_eq!((read.demographics.birth_date, read.demographics.sex), (known.birth_date, known.sex));
    assert_eq!((read.demographics.multiple_birth, read.demographics.birth_order), (Some(true), Some(2)));
    assert_eq!(read.demographics.identifiers.len(), 2);
    assert_eq!(read.demographics.telecoms.len(), 1);
}
