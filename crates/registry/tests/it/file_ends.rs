//! Files that may have been cut off on their way, and files whose letters cannot be read.

use std::io::Write;

use bluebonnet_registry::Received;
use model::FileState;

use crate::files::{Exchanging, three};
use crate::house::*;

fn codes(received: &Received) -> Vec<&str> {
    received.findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn a_file_that_seems_to_be_cut_off_is_told_of_and_the_whole_one_counts_nothing_twice() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let text = three();
        // As Ctrl-C leaves it: somewhere in the third message.
        let cut = &text[..text.rfind("RXA|").expect("a dose")];
        let part = files.process("CLINIC", "part.hl7", cut.as_bytes()).await;
        assert_eq!((codes(&part), part.state), (vec!["IEE-159"], FileState::Exception), "{part:?}");
        assert!(part.findings[0].sentence.contains("send the whole one again"), "{part:?}");
        let whole = files.process("CLINIC", "whole.hl7", text.as_bytes()).await;
        assert!(codes(&whole).is_empty(), "{whole:?}");
        assert_eq!(segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len(), 2);
        // Without an envelope, the end of the last line is all that there is to see: nothing that somebody must look at.
        let bare = vxu("B-1", &MARIA, "") + &vxu("B-2", &MARIA, "");
        let open = files.process("CLINIC", "open.hl7", bare.trim_end().as_bytes()).await;
        assert_eq!((codes(&open), open.state), (vec!["IEE-160"], FileState::Complete), "{open:?}");
        // Many programs write one message without its last end.
        let one = vxu("B-3", &MARIA, "");
        for (name, text) in [("one.hl7", one.trim_end()), ("ended.hl7", &format!("{one}{}", vxu("B-4", &MARIA, "")))] {
            let whole = files.process("CLINIC", name, text.as_bytes()).await;
            assert!(codes(&whole).is_empty(), "{whole:?}");
        }
    });
}

#[test]
fn a_file_in_utf_16_is_refused_with_what_to_do() {
    let in_utf16 = |text: &str, mark: bool, letter: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let mark = mark.then_some(0xFEFF_u16);
        mark.into_iter().chain(text.encode_utf16()).flat_map(letter).collect()
    };
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let rows = "patient_id,last_name,first_name,birth_date,sex,vaccination_date,cvx\n1,Nuñez,Ana,2020-01-02,F,2021-01-02,08\n";
        let (messages, mut number) = (three(), 0);
        for mark in [true, false] {
            for letter in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
                for (text, ending) in [(messages.as_str(), "hl7"), (rows, "csv")] {
                    number += 1;
                    let name = format!("{number}.{ending}");
                    let read = files.process("CLINIC", &name, &in_utf16(text, mark, letter)).await;
                    assert_eq!((codes(&read), read.state), (vec!["FIR-105"], FileState::Error), "{read:?}");
                    let told = &read.findings[0].sentence;
                    assert!(told.starts_with(&name) && told.contains("Save it as UTF-8"), "{told}");
                }
            }
        }
        // The same rows in UTF-8 are read; in a packed folder the entry is named, and the others are read.
        let read = files.process("CLINIC", "a.csv", rows.as_bytes()).await;
        assert_eq!(read.counts.messages(), 1, "{read:?}");
        let mut packed = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in [("old.csv", in_utf16(rows, true, u16::to_le_bytes)), ("new.csv", rows.into())] {
            packed.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
            packed.write_all(&bytes).expect("packed");
        }
        let packed = packed.finish().expect("packed").into_inner();
        let read = files.process("CLINIC", "both.zip", &packed).await;
        assert_eq!((codes(&read), read.counts.messages()), (vec!["FIR-105"], 1), "{read:?}");
        assert!(read.findings[0].sentence.starts_with("old.csv is written in UTF-16"), "{read:?}");
    });
}
