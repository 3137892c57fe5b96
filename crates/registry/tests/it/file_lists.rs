//! The list of what was received: whose, in which order, in which state.

use bluebonnet_registry::{ReceivedFilter, ReceivedKind};
use model::{FileState, OrganizationKind};

use crate::files::*;
use crate::house::*;

#[test]
fn the_list_has_everything_that_was_received_and_shows_each_only_its_own() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let file = files.process("CLINIC", "march.hl7", three().as_bytes()).await;
        house.send("PHARMACY", &vxu("S-1", &MARIA, "")).await;
        let waiting = files.put("PHARMACY", "later.hl7", b"MSH|");
        let list = |organization: Option<&str>, filter: &ReceivedFilter| {
            let mut caller = files.exchange.operator(None);
            if let Some(organization) = organization {
                caller = house.caller(organization);
                caller.standing = model::Standing::Program;
            }
            files.exchange.received(&house.admission(), &caller, filter, 100).expect("listed")
        };
        let all = list(None, &ReceivedFilter::default());
        assert_eq!(all.len(), 3, "{all:?}");
        assert_eq!(list(Some("CLINIC"), &ReceivedFilter::default()).len(), 1);
        assert_eq!(list(Some("PHARMACY"), &ReceivedFilter::default()).len(), 2);
        let queued = ReceivedFilter { state: Some(FileState::Queued), ..ReceivedFilter::default() };
        assert_eq!(list(None, &queued)[0].receipt, waiting.0);
        let messages = ReceivedFilter { kind: Some(ReceivedKind::Message), ..ReceivedFilter::default() };
        assert_eq!(list(None, &messages).len(), 1, "messages of files are in their files");
        let mut stranger = house.caller("PHARMACY");
        stranger.standing = model::Standing::Program;
        let found = files.exchange.find_received(&house.admission(), &stranger, file.receipt).expect("looked");
        assert!(found.is_none());
        let again = files.exchange.process_again(&house.admission(), &stranger, file.receipt, clock()).await;
        assert!(again.is_err());
    });
}

#[test]
fn the_list_of_one_with_many_sites_is_the_newest_of_all_a_page_at_a_time() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        // More sites than one statement asks for.
        for number in 0..130 {
            house.add_organization(&format!("SITE-{number}"), OrganizationKind::Clinic, Some("CLINIC"));
        }
        let mut sent = Vec::new();
        for (number, organization) in
            ["SITE-3", "CLINIC", "SITE-129", "SITE-3", "PHARMACY", "SITE-60"].iter().enumerate()
        {
            let outcome = house.send(organization, &vxu(&format!("S-{number}"), &MARIA, "")).await;
            if *organization != "PHARMACY" {
                sent.insert(0, field(&outcome, "MSH", 10).to_owned());
            }
        }
        let refused = house.send("SITE-7", &vxu("S-9", &Person { birth_date: "20990101", ..MARIA.clone() }, "")).await;
        let refused = field(&refused, "MSH", 10).to_owned();
        let mut caller = house.caller("CLINIC");
        caller.standing = model::Standing::Program;
        let list = |filter: &ReceivedFilter, limit| {
            let received = files.exchange.received(&house.admission(), &caller, filter, limit).expect("listed");
            received.iter().map(|line| line.receipt.simple().to_string()).collect::<Vec<_>>()
        };
        let rejected = ReceivedFilter { is_rejected: true, ..ReceivedFilter::default() };
        assert_eq!(list(&rejected, 100), std::slice::from_ref(&refused));
        let all: Vec<String> = [refused].into_iter().chain(sent).collect();
        assert_eq!(list(&ReceivedFilter::default(), 100), all);
        assert_eq!(list(&ReceivedFilter::default(), 2), all[..2]);
        let older = ReceivedFilter { before: all[1].parse().ok(), ..ReceivedFilter::default() };
        assert_eq!(list(&older, 3), all[2..5]);
    });
}

#[test]
fn each_state_in_the_list_means_the_same_for_files_and_for_single_messages() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let whole = files.process("CLINIC", "march.hl7", three().as_bytes()).await.receipt.simple().to_string();
        let receipt = |outcome: &str| field(outcome, "MSH", 10).to_owned();
        let stored = receipt(&house.send("CLINIC", &vxu("S-1", &MARIA, "")).await);
        let warned = receipt(&house.send("CLINIC", &vxu("S-1", &Person { sex: "U", ..MARIA.clone() }, "")).await);
        let future = Person { birth_date: "20990101", ..MARIA.clone() };
        let refused = receipt(&house.send("CLINIC", &vxu("S-3", &future, "")).await);
        let mut caller = house.caller("CLINIC");
        caller.standing = model::Standing::Program;
        let list = |filter: ReceivedFilter| {
            let received = files.exchange.received(&house.admission(), &caller, &filter, 100).expect("listed");
            received.iter().map(|line| line.receipt.simple().to_string()).collect::<Vec<_>>()
        };
        let of_state = |state| list(ReceivedFilter { state: Some(state), ..ReceivedFilter::default() });
        assert_eq!(of_state(FileState::Complete), [stored, whole.clone()]);
        assert_eq!(of_state(FileState::Exception), [warned]);
        assert_eq!(of_state(FileState::Error), [] as [String; 0]);
        assert_eq!(of_state(FileState::Queued), [] as [String; 0]);
        let rejected = list(ReceivedFilter { is_rejected: true, ..ReceivedFilter::default() });
        assert_eq!(rejected, [refused, whole], "one of the messages of the file was rejected");
    });
}
