//! Who saw a record, under every number under which it stood.

use bluebonnet_registry::setup::Merge;
use model::PatientId;

use crate::house::*;

fn merge(house: &House, retired: PatientId, survivor: PatientId) -> Merge {
    let (admission, caller, receipt) = (house.admission(), house.caller("CLINIC"), house.receipt());
    let merge =
        || house.registry.merge_patients(&admission, &caller, &receipt, retired, survivor, "the mother said so");
    tokio::task::block_in_place(merge).expect("they can be merged")
}

fn unmerge(house: &House, merge: &Merge) {
    let (admission, caller, receipt) = (house.admission(), house.caller("CLINIC"), house.receipt());
    let unmerge = || house.registry.unmerge_patients(&admission, &caller, &receipt, merge.id, "two girls");
    tokio::task::block_in_place(unmerge).expect("it can be undone");
}

#[test]
fn who_saw_a_record_while_it_stood_under_a_third_number_is_told_after_it_stands_alone_again() {
    on_each_database(&example(), async |house| {
        let (admission, caller) = (house.admission(), house.caller("CLINIC"));
        let look = async |id| {
            let opened = house.registry.open_record(&admission, &caller, house.receipt(), id).await;
            assert!(opened.expect("the registry serves").is_some());
        };
        let looks = async |id| {
            let lines = house.registry.access_list(&admission, &caller, id, 100, house.now()).await;
            let lines = lines.expect("the registry serves").into_iter();
            lines.filter(|line| line.entry.detail == "on a page").count()
        };
        for (mrn, given, birth_date) in
            [("M-1", "Maria", "20240310"), ("M-2", "Lucia", "20210711"), ("M-3", "Berta", "20190102")]
        {
            house.report("CLINIC", &Person { mrn, given, birth_date, rest: "", ..MARIA }, "").await;
        }
        let people = house.database.people_after(uuid::Uuid::nil(), 10).expect("the people are listed");
        let [first, second, third] = people[..] else { panic!("three people: {people:?}") };
        look(third).await;
        let into_second = merge(house, first, second);
        look(second).await;
        let into_third = merge(house, second, third);
        look(third).await;
        assert_eq!((looks(first).await, looks(third).await), (3, 3), "one record has one list");
        unmerge(house, &into_second);
        look(third).await;
        assert_eq!(looks(first).await, 2, "under the second number, and while that was the third's");
        assert_eq!(looks(third).await, 4, "what was the first's only is not its own");
        unmerge(house, &into_third);
        look(third).await;
        assert_eq!((looks(first).await, looks(second).await, looks(third).await), (2, 3, 4));
    });
}
