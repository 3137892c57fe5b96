//! Files: taken once, processed once, told in full.

use std::io::Read;
use std::num::NonZeroUsize;

use bluebonnet_registry::{Exchange, ExchangeSettings, Received};
use jiff::Timestamp;
use model::{Channel, FileId, FileState, Verdict};
use spool::{Faults, Finished, Limits, Opening, Owner, Spool, SpoolError};

use crate::house::*;

/// Organizations whose files are processed at the same time.
const SEVERAL: NonZeroUsize = NonZeroUsize::new(8).unwrap();

/// A registry with a spool beside it.
pub(crate) struct Exchanging<'h> {
    pub(crate) house: &'h House,
    pub(crate) exchange: Exchange,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) fn clock() -> Timestamp {
    NOON.parse().expect("a timestamp")
}

impl Exchanging<'_> {
    pub(crate) fn new(house: &House) -> Exchanging<'_> {
        Exchanging::failing(house, Faults::default())
    }

    fn failing(house: &House, faults: Faults) -> Exchanging<'_> {
        let folder = tempfile::tempdir().expect("a folder");
        let exchange = exchange(house, folder.path(), faults, clock, SEVERAL);
        Exchanging { house, exchange, folder }
    }

    /// Another process on the same files, with a clock of its own.
    pub(crate) fn another(&self, clock: fn() -> Timestamp) -> Exchange {
        exchange(self.house, self.folder.path(), Faults::default(), clock, SEVERAL)
    }

    /// Another process that gives one turn after another, never two at the same time.
    pub(crate) fn another_by_single_turns(&self, clock: fn() -> Timestamp) -> Exchange {
        exchange(self.house, self.folder.path(), Faults::default(), clock, NonZeroUsize::MIN)
    }

    pub(crate) fn put(&self, organization: &str, name: &str, bytes: &[u8]) -> FileId {
        self.put_through(Channel::File, clock(), organization, name, bytes)
    }

    /// The same through another door, or at another time.
    pub(crate) fn put_through(
        &self,
        channel: Channel,
        now: Timestamp,
        organization: &str,
        name: &str,
        bytes: &[u8],
    ) -> FileId {
        let organization_id = self.house.caller(organization).organization_id;
        let owner = Owner { organization_id, account: "clinic-ehr".into() };
        let id = FileId(self.house.uuid());
        let spool = self.exchange.spool();
        let upload = spool.begin(&owner, name, Opening::Fresh).expect("begun");
        upload.write_at(bytes, 0).expect("written");
        let finished = Finished { uploaded_as: name, name, id, channel, now };
        spool.finish(&owner, &finished).expect("taken");
        id
    }

    pub(crate) async fn process(&self, organization: &str, name: &str, bytes: &[u8]) -> Received {
        let id = self.put(organization, name, bytes);
        self.exchange.drain_once().await;
        self.find(id)
    }

    pub(crate) fn find(&self, id: FileId) -> Received {
        let caller = self.exchange.operator(None);
        let found = self.exchange.find_received(&self.house.admission(), &caller, id.0).expect("found");
        found.expect("it was received")
    }

    fn verdicts(&self, id: FileId) -> Vec<Verdict> {
        let caller = self.exchange.operator(None);
        let messages = self.exchange.messages_of(&self.house.admission(), &caller, id, None, 0, 100).expect("listed");
        messages.into_iter().map(|message| message.verdict).collect()
    }

    /// A result, lines ended by line feeds.
    fn result(&self, received: &Received, ending: &str) -> String {
        let name = received.results.iter().find(|name| name.ends_with(ending));
        let name = name.unwrap_or_else(|| panic!("no {ending} among {:?}", received.results));
        let mut text = String::new();
        let file = self.exchange.spool().open_outbox_file(received.organization_id, name);
        file.expect("it is in the outbox").read_to_string(&mut text).expect("it is text");
        text.replace("\r\n", "\n").replace('\r', "\n")
    }
}

fn exchange(
    house: &House,
    folder: &std::path::Path,
    faults: Faults,
    clock: fn() -> Timestamp,
    organizations_at_once: NonZeroUsize,
) -> Exchange {
    let limits = Limits { disk_reserve_bytes: 0, ..Limits::default() };
    let spool = Spool::open(folder, limits, faults, clock()).expect("a spool opens");
    let settings = ExchangeSettings { node: "test".into(), clock, organizations_at_once };
    Exchange::new(house.registry.clone(), spool, settings)
}

fn codes(received: &Received) -> Vec<&str> {
    received.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// Three reports: two good ones of different doses, one that cannot be.
pub(crate) fn three() -> String {
    let reports = [
        vxu("F-1", &MARIA, &given("08", "20240311", "D1")),
        vxu("F-2", &MARIA, &given("110", "20990101", "D2")),
        vxu("F-3", &MARIA, &told("110", "20240512", "D3")),
    ];
    format!("FHS|^~\\&|X\nBHS|^~\\&|X\n{}BTS|3\nFTS|1\n", reports.concat())
}

#[test]
fn a_file_is_answered_message_by_message_and_summed_up() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let received = files.process("CLINIC", "march.hl7", three().as_bytes()).await;
        assert_eq!((received.state, received.counts.messages()), (FileState::Complete, 3), "{received:?}");
        let id = FileId(received.receipt);
        assert_eq!(files.verdicts(id)[1], Verdict::Rejected);
        let answers = files.result(&received, ".ack.hl7");
        assert_eq!(segments(&answers, "MSA").len(), 3, "{answers}");
        assert!(answers.contains("\nMSA|AE|F-2\n") && answers.contains("BTS|3\n"), "{answers}");
        let summary = files.result(&received, ".summary.txt");
        assert!(summary.contains("1  not accepted") && summary.contains("IMR-124"), "{summary}");
        assert_eq!(segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len(), 2);
        // A file that was processed again changes nothing that was accepted, and its results are the same.
        let (admission, operator) = (house.admission(), files.exchange.operator(None));
        let again = files.exchange.process_again(&admission, &operator, received.receipt, clock());
        again.await.expect("it is taken up again");
        files.exchange.drain_once().await;
        let after = files.find(id);
        assert_eq!((after.run, after.counts), (2, received.counts));
        assert_eq!(files.result(&after, ".ack.hl7"), answers);
        assert_eq!(house.rows("file_message"), 3);
    });
}

#[test]
fn the_same_bytes_are_not_processed_twice_and_other_files_are_compared() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let text = three();
        let first = files.process("CLINIC", "march.hl7", text.as_bytes()).await;
        let messages = house.rows("message");
        let second = files.process("CLINIC", "april.hl7", text.as_bytes()).await;
        assert_eq!((codes(&second), second.counts), (vec!["IEE-153"], first.counts));
        assert!(second.findings[0].sentence.contains(&first.receipt.simple().to_string()));
        assert_eq!(segments(&files.result(&second, ".ack.hl7"), "MSA").len(), 3);
        let elsewhere = files.process("PHARMACY", "march.hl7", text.as_bytes()).await;
        assert!(elsewhere.duplicate_of.is_none(), "another organization's bytes are its own");
        assert!(house.rows("message") > messages);

        let cut = files.process("CLINIC", "march.hl7", &text.as_bytes()[..text.len() - 40]).await;
        assert_eq!(codes(&cut)[0], "IEE-155", "{cut:?}");
        let renamed = files.process("CLINIC", "march.hl7", vxu("F-9", &MARIA, "").as_bytes()).await;
        assert_eq!((codes(&renamed), renamed.state), (vec!["IEE-154"], FileState::Exception));
        let control = files.process("CLINIC", "may.hl7", vxu("F-10", &MARIA, "").as_bytes()).await;
        assert!(codes(&control).is_empty(), "{control:?}");
    });
}

#[test]
fn trailers_empty_files_questions_and_legacy_names_are_told_of() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let wrong = three().replace("BTS|3", "BTS|4");
        assert_eq!(codes(&files.process("CLINIC", "a.hl7", wrong.as_bytes()).await), ["IEE-150"]);
        let empty = files.process("CLINIC", "b.hl7", b"").await;
        assert_eq!((codes(&empty), empty.state), (vec!["FIR-101"], FileState::Error));
        let question = files.process("CLINIC", "c.hl7", qbp("Q-1", "Z34", &MARIA).as_bytes()).await;
        assert_eq!(question.counts.rejected, 1);
        assert!(files.result(&question, ".ack.hl7").contains("MER-112"));
        let foreign = NewCode::add(house, "PHARM1", None);
        let legacy = files.process("CLINIC", &format!("{foreign}_20260101.HL7"), vxu("L", &MARIA, "").as_bytes()).await;
        assert_eq!(codes(&legacy), ["IEE-156"]);
        let own = NewCode::add(house, "CLIN01", Some("CLINIC"));
        let legacy = files.process("CLINIC", &format!("{own}.HL7"), vxu("L2", &MARIA, "").as_bytes()).await;
        assert!(codes(&legacy).is_empty(), "{legacy:?}");
    });
}

/// Organizations with import codes of six characters.
pub(crate) struct NewCode;

impl NewCode {
    pub(crate) fn add<'c>(house: &House, code: &'c str, parent: Option<&str>) -> &'c str {
        house.add_organization(code, model::OrganizationKind::Clinic, parent);
        code
    }
}

#[test]
fn a_summary_says_how_consent_is_affirmed() {
    on_each_database(&texas(), async |house| {
        let files = Exchanging::new(house);
        let rows = b"patient_id,last_name,first_name,birth_date,sex,vaccination_date,cvx\nM-1,Garza,Ana,2024-03-10,F,2024-03-11,08\n";
        for (name, bytes, told) in [
            (
                "a.hl7",
                vxu("Z-1", &MARIA, "").as_bytes(),
                "affirm it (PD1-12 = TXY (minor) or TXA (adult), the date in PD1-13)",
            ),
            ("b.csv", rows, "affirm it (consent = TXY (minor) or TXA (adult), the date in consent_date)"),
        ] {
            let summary = files.result(&files.process("CLINIC", name, bytes).await, ".summary.txt");
            assert!(summary.contains(told), "{summary}");
        }
    });
}

#[test]
fn packed_files_are_read_and_bombs_are_refused_whole() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let gzip = |bytes: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            std::io::Write::write_all(&mut encoder, bytes).expect("memory takes everything");
            encoder.finish().expect("memory takes everything")
        };
        let good = files.process("CLINIC", "a.hl7.gz", &gzip(three().as_bytes())).await;
        assert_eq!(good.counts.messages(), 3, "{good:?}");
        let reports = [vxu("Z-1", &MARIA, ""), vxu("Z-2", &MARIA, "")];
        let entries = [("a.hl7", reports[0].as_bytes()), ("b.txt", reports[1].as_bytes())];
        assert_eq!(files.process("CLINIC", "b.zip", &zip(&entries)).await.counts.messages(), 2);

        let rows = b"patient_id,last_name,first_name,birth_date,sex,vaccination_date,cvx\nM-100,Garza,Maria,2024-03-10,F,2024-03-11,9999\n";
        let packed = files.process("CLINIC", "c.zip", &zip(&[("c.csv", rows), ("d.csv", rows)])).await;
        assert_eq!((packed.counts.messages(), packed.results.len()), (2, 2), "{packed:?}");
        let table = files.result(&packed, ".results.csv");
        assert!(table.contains("in cvx") && !table.contains("RXA"), "rows are answered as rows: {table}");
        assert!(files.result(&packed, ".summary.txt").contains("Rows      2"));

        let zeros = vec![b'\n'; 8 << 20];
        let many: Vec<String> = (0..1001).map(|number| format!("{number}.hl7")).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b"MSH|"[..])).collect();
        let mut damaged = gzip(three().as_bytes());
        damaged.truncate(damaged.len() - 20);
        let bombs: [(&str, Vec<u8>); 6] = [
            ("bomb.gz", gzip(&zeros)),
            ("bomb.zip", zip(&[("a.hl7", &zeros)])),
            ("nested.gz", gzip(&gzip(three().as_bytes()))),
            ("nested.zip", zip(&[("a.hl7", b"MSH|"), ("b.gz", &gzip(b"x"))])),
            ("many.zip", zip(&many)),
            ("damaged.gz", damaged),
        ];
        let before = house.rows("message");
        for (name, bytes) in bombs {
            let refused = files.process("CLINIC", name, &bytes).await;
            assert_eq!((codes(&refused), refused.state), (vec!["FIR-100"], FileState::Error), "{name}");
        }
        assert_eq!(house.rows("message"), before, "nothing of a refused file is processed");
    });
}

#[test]
fn a_folder_that_cannot_be_read_stops_nobody_elses_files() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let id = files.put("PHARMACY", "first.hl7", three().as_bytes());
        let waiting = files.folder.path().join(house.caller("PHARMACY").organization_id.to_string()).join("waiting");
        let aside = files.folder.path().join("aside");
        std::fs::rename(&waiting, &aside).expect("moved aside");
        std::fs::write(&waiting, "no folder").expect("written");
        let received = files.process("CLINIC", "second.hl7", three().as_bytes()).await;
        assert_eq!(received.state, FileState::Complete, "{received:?}");
        std::fs::remove_file(&waiting).expect("removed");
        std::fs::rename(&aside, &waiting).expect("moved back");
        files.exchange.drain_once().await;
        assert_eq!(files.find(id).state, FileState::Complete, "and goes on when it can be read");
    });
}

#[test]
fn rows_of_a_flat_file_are_reports_like_all_others() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let text = "MRN,Last Name,First Name,DOB,Gender,Vaccination Date,CVX,Lot,MVX,Favorite Color\r\n\
                    M-100,Garza,Maria,3/10/2024,F,3/11/2024,08,L1,MSD,blue\r\n\
                    \"=cmd|' /C calc'!A0\",\"Gar\"\"za^|~\",Ana,2024-03-10,F,2099-01-01,9999,,,\r\n\r\n";
        let received = files.process("CLINIC", "march.CSV", text.as_bytes()).await;
        assert_eq!(codes(&received), ["IEE-157"], "{received:?}");
        assert_eq!((received.counts.messages(), received.counts.rejected), (2, 1), "{received:?}");
        let table = files.result(&received, ".results.csv");
        assert!(table.contains(",cvx,") && !table.contains("\n=") && !table.contains(",="), "{table}");
        assert!(table.contains("in cvx") && !table.contains("RXA-3"), "columns, not fields: {table}");
        assert_eq!(segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len(), 1);
        let again = files.process("CLINIC", "april.csv", format!("{text}\r\n").as_bytes()).await;
        assert_eq!(again.counts, received.counts, "the same rows in another file are the same reports");

        let lacking = files.process("CLINIC", "x.csv", b"last_name,first_name\nA,B\n").await;
        assert_eq!((codes(&lacking), lacking.state), (vec!["FIR-102"], FileState::Error));
        let mut endless = text.replace("blue", "\"blue").into_bytes();
        endless.resize(3 << 20, b'x');
        let endless = files.process("CLINIC", "y.csv", &endless).await;
        // The row before took the second one into its last value, up to the next mark.
        assert_eq!((codes(&endless), endless.state), (vec!["FIR-104", "IEE-157", "IEE-158"], FileState::Error));
    });
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).expect("an entry begins");
        std::io::Write::write_all(&mut writer, bytes).expect("memory takes everything");
    }
    writer.finish().expect("memory takes everything").into_inner()
}

#[test]
fn no_row_of_a_flat_file_is_lost_without_a_word() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let row = |number: u32| format!("M-{number},Garza,Maria,2024-03-1{number},F,2024-04-11,08,,\n");
        let header = "patient_id,last_name,first_name,birth_date,sex,vaccination_date,cvx,street,note\n";
        let told = |file: &Received| (codes(file).join(" "), file.counts.messages(), file.state);

        let open = header.to_owned() + &row(1) + &row(2).replace(",,\n", ",,\"shy\n") + &row(3) + &row(4);
        let open = files.process("CLINIC", "open.csv", open.as_bytes()).await;
        assert_eq!(told(&open), ("FIR-104 IEE-157".into(), 1, FileState::Error));
        let summary = files.result(&open, ".summary.txt");
        assert!(summary.contains("A row does not end: row 2."), "{summary}");

        // The mark is closed by the next one: a row is missing, and stands behind the values of another.
        let merged = header.to_owned() + &row(5).replace(",,\n", ",,\"shy\n") + &row(6).replace("Garza", "\"Garza\"");
        let merged = files.process("CLINIC", "merged.csv", merged.as_bytes()).await;
        assert_eq!(told(&merged), ("IEE-157 IEE-158".into(), 1, FileState::Exception));
        let comma =
            header.to_owned() + &row(7).replace(",,\n", ",1 Oak St, Apt 2,\n") + &row(8).replace(",,\n", ",,,,\n");
        let comma = files.process("CLINIC", "comma.csv", comma.as_bytes()).await;
        assert_eq!(told(&comma), ("IEE-157".into(), 2, FileState::Exception), "no more values than columns");

        let (packed, messages) = (header.to_owned() + &row(9), three());
        let packed: [(&str, &[u8]); 3] =
            [("a.csv", b"no,header\n"), ("b.csv", packed.as_bytes()), ("c.hl7", messages.as_bytes())];
        let packed = files.process("CLINIC", "packed.zip", &zip(&packed)).await;
        assert_eq!(told(&packed), ("FIR-102 IEE-157".into(), 4, FileState::Error));
        let summary = files.result(&packed, ".summary.txt");
        assert!(summary.contains("cannot be used: a.csv: it lacks"), "{summary}");
        let plain = files.process("CLINIC", "unpacked.Csv.Gz", (header.to_owned() + &row(9)).as_bytes()).await;
        assert_eq!(plain.counts.messages(), 1, "some programs unpack on the way and leave the name");
    });
}

#[test]
fn a_row_that_says_again_what_was_changed_in_between_is_a_new_statement() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let header = "patient_id,last_name,first_name,birth_date,sex,vaccination_date,cvx,lot_number,action,note\n";
        let row = |lot: &str, action: &str| format!("M-100,Garza,Maria,2024-03-10,F,2024-03-11,08,{lot},{action},\n");
        let (first, second, gone) = (row("L1", ""), row("L2", ""), row("L2", "D"));
        let mut number = 0;
        let mut say = async |rows: &[&String]| {
            number += 1;
            // A file of its own: with a name, and bytes, that no other has.
            let text =
                format!("{header}{}{}", rows.iter().map(|row| row.as_str()).collect::<String>(), ",".repeat(number));
            let received = files.process("CLINIC", &format!("{number}.csv"), text.as_bytes()).await;
            assert_eq!(received.counts.rejected, 0, "{received:?}");
            let history = house.ask("CLINIC", "Z34", &MARIA).await;
            let lots: Vec<_> =
                segments(&history, "RXA").iter().map(|dose| dose.split('|').nth(15).map(str::to_owned)).collect();
            lots.into_iter().flatten().collect::<Vec<_>>()
        };
        assert_eq!(say(&[&first]).await, ["L1"]);
        assert_eq!(say(&[&second]).await, ["L2"]);
        assert_eq!(say(&[&first]).await, ["L1"], "it is again as it was");
        let messages = house.rows("message");
        assert_eq!(say(&[&first]).await, ["L1"]);
        assert_eq!(
            house.rows("message"),
            messages + 1,
            "said again it is no news: the question alone was written down"
        );
        assert_eq!(say(&[&second, &gone]).await, [""; 0]);
        assert_eq!(say(&[&second]).await, ["L2"], "a dose that was taken back is reported again");
        assert_eq!(say(&[&first, &second, &first]).await, ["L1"], "the last row of a file counts");
        // The very file of before does nothing, whatever came since.
        let before = format!("{header}{second},,");
        let again = files.process("CLINIC", "2.csv", before.as_bytes()).await;
        assert!(again.duplicate_of.is_some(), "{again:?}");
        assert!(house.ask("CLINIC", "Z34", &MARIA).await.contains("|L1|"));
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}

#[test]
fn a_message_that_came_alone_names_the_account_that_sent_it() {
    on_each_database(&example(), async |house| {
        let (files, admission) = (Exchanging::new(house), house.admission());
        let accounts = house.registry.accounts(&admission).expect("they are read");
        let ehr = accounts.iter().find(|account| account.username == "clinic-ehr").expect("there is one");
        let caller = model::Caller { account_id: Some(ehr.id), ..house.caller("CLINIC") };
        let receipt = house.receipt();
        let message = vxu("S-1", &MARIA, "").replace('\n', "\r").into_bytes();
        house.registry.receive_message(&admission, &caller, receipt, message).await.expect("it is taken in");
        let other = house.send("CLINIC", &vxu("S-2", &MARIA, "")).await;
        let account = |receipt| {
            let found = files.exchange.find_received(&admission, &files.exchange.operator(None), receipt);
            found.expect("looked").expect("it is there").account
        };
        assert_eq!(account(receipt.message_id.0), "clinic-ehr");
        assert_eq!(account(field(&other, "MSH", 10).parse().expect("a receipt")), "", "an operator has no account");
    });
}

#[test]
fn a_question_is_not_processed_again_and_is_said_to_be_one() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let answer = house.ask("CLINIC", "Z34", &MARIA).await;
        let receipt = field(&answer, "MSH", 10).parse().expect("a receipt");
        let operator = files.exchange.operator(None);
        let refused = files.exchange.process_again(&house.admission(), &operator, receipt, clock()).await;
        let refused = refused.expect_err("nothing is there to process").to_string();
        assert!(refused.contains("question"), "{refused}");
    });
}

#[test]
fn a_turn_that_fails_anywhere_is_taken_up_again_and_ends_the_same() {
    for failure in ["claim:error", "commit:error", "commit:error:2", "result:error", "fsync:error:3", "rename:error:3"]
    {
        on_each_database(&example(), async |house| {
            let files = Exchanging::failing(house, Faults::parse(failure).expect("a plan"));
            let id = files.put("CLINIC", "march.hl7", three().as_bytes());
            files.exchange.drain_once().await;
            files.exchange.drain_once().await;
            let received = files.find(id);
            assert_eq!((received.state, received.counts.messages()), (FileState::Complete, 3), "{failure}");
            assert_eq!(segments(&files.result(&received, ".ack.hl7"), "MSA").len(), 3, "{failure}");
            assert_eq!((house.rows("file_message"), house.rows("message")), (3, 3), "{failure}");
        });
    }
    let planned = Faults::parse("result:error").expect("a plan");
    assert!(planned.pass(spool::Point::Result).is_err(), "the failures happen");
}

#[test]
fn what_was_not_accepted_is_decided_anew_when_it_is_processed_again() {
    on_each_database(&texas(), async |house| {
        let files = Exchanging::new(house);
        let report = vxu("F-1", &MARIA, &given("08", "20240311", "D1"));
        let received = files.process("CLINIC", "march.hl7", report.as_bytes()).await;
        assert_eq!(received.counts.rejected, 1, "no consent, nothing kept: {received:?}");
        let consented = Person { pd1: WITH_CONSENT, ..MARIA };
        house.send("CLINIC", &vxu("C-1", &consented, "")).await;
        let caller = files.exchange.operator(None);
        files.exchange.process_again(&house.admission(), &caller, received.receipt, clock()).await.expect("again");
        files.exchange.drain_once().await;
        let after = files.find(FileId(received.receipt));
        assert_eq!((after.counts.rejected, after.counts.messages()), (0, 1), "{after:?}");
        assert_eq!(house.rows("file_message"), 1);
        let mut content = String::new();
        let taken = files.exchange.download(&house.admission(), &caller, FileId(received.receipt), clock()).await;
        taken.expect("it is kept").1.read_to_string(&mut content).expect("it is text");
        assert_eq!(content, report);
        let gone = files.exchange.spool().remove_expired(received.organization_id, 0, Timestamp::MAX).expect("removed");
        assert_eq!(gone.archived, 1);
        let refused = files.exchange.process_again(&house.admission(), &caller, received.receipt, clock()).await;
        assert!(refused.expect_err("it is gone").to_string().contains("sent again"));
        let found = files.exchange.spool().find(received.organization_id, FileId(received.receipt));
        assert!(matches!(found, Err(SpoolError::Missing { .. })));
    });
}
