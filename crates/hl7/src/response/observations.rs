//! OBX of an answer.

use jiff::civil::Date;
use model::{Coded, Cvx, Dose, PatientObservation, PatientRecord, Table, Vis};

use super::Answer;
use super::history::eight_digits;
use crate::acknowledgment::fitting;

/// The most observations about a person that an answer writes.
const PERSON_OBSERVATIONS_LIMIT: usize = 100;

/// HL70064 as the guide has it. Codes of a state's own say nothing elsewhere.
const ELIGIBILITIES: [&str; 9] = ["V01", "V02", "V03", "V04", "V05", "V22", "V23", "V24", "V25"];

/// One OBX-5, with its OBX-2.
pub(super) enum Value<'v> {
    Code(&'v str, &'v str, &'v str),
    /// A code, and the name that it goes by here.
    CodeNamed([&'v str; 3], &'v str),
    Date(Date),
    /// A number without a unit.
    Number(u16),
    Text(&'v str),
    YesOrNo(bool),
}

/// Numbers the OBX of one order group: OBX-1, and OBX-4 for what belongs together.
#[derive(Default)]
pub(super) struct Numbers {
    segment: u16,
    group: u16,
}

impl Numbers {
    pub(super) fn next_group(&mut self) -> u16 {
        self.group = self.group.saturating_add(1);
        self.group
    }
}

impl<'a> Answer<'a> {
    /// Eligibility, funding source, vaccine information statements and reactions of a dose.
    pub(super) fn write_dose_observations(&mut self, dose: &Dose) {
        let mut numbers = Numbers::default();
        let on = Some(dose.administered_on);
        if let Some(code) = dose.eligibility.as_deref().filter(|code| ELIGIBILITIES.contains(code)) {
            let name = self.name_of(Table::Eligibility, code);
            numbers.next_group();
            self.write_observation(&mut numbers, "64994-7", &Value::Code(code, name, "HL70064"), on);
        }
        if let Some(code) = dose.funding_source.as_deref() {
            let name = self.name_of(Table::FundingSource, code);
            numbers.next_group();
            self.write_observation(&mut numbers, "30963-3", &Value::Code(code, name, "CDCPHINVS"), on);
        }
        for vis in &dose.vis {
            self.write_vis(&mut numbers, vis, on);
        }
        for reaction in &dose.reactions {
            numbers.next_group();
            let value = Value::Code(&reaction.code, &reaction.text, &reaction.system);
            self.write_observation(&mut numbers, "31044-1", &value, None);
        }
    }

    /// One statement, by its bar code or by its vaccine, with its dates, all in one group.
    ///
    /// # Source
    /// HL7 IG 1.5, IZ-24.
    fn write_vis(&mut self, numbers: &mut Numbers, vis: &Vis, on: Option<Date>) {
        let document = vis.document.as_deref().and_then(|code| Some((code, self.tables.vis_name(code)?.to_owned())));
        let vaccine = vis.cvx.filter(|cvx| self.tables.has_cvx(*cvx));
        match (&document, vaccine) {
            (Some((code, name)), _) => {
                numbers.next_group();
                self.write_observation(numbers, "69764-9", &Value::Code(code, name, "cdcgs1vis"), on);
            }
            (None, Some(cvx)) => {
                numbers.next_group();
                let name = self.tables.vaccine_name(cvx).unwrap_or_default().to_owned();
                self.write_observation(numbers, "30956-7", &Value::Code(&cvx.to_string(), &name, "CVX"), on);
            }
            (None, None) => return,
        }
        if let Some(date) = vis.edition_on.filter(|_| document.is_none()) {
            self.write_observation(numbers, "29768-9", &Value::Date(date), on);
        }
        if let Some(date) = vis.presented_on {
            self.write_observation(numbers, "29769-7", &Value::Date(date), on);
        }
    }

    /// The one observation that says nothing but which vaccine it was.
    pub(super) fn write_vaccine_type(&mut self, cvx: Cvx) {
        let name = self.tables.vaccine_name(cvx).unwrap_or_default().to_owned();
        let mut numbers = Numbers { segment: 0, group: 1 };
        self.write_observation(&mut numbers, "30956-7", &Value::Code(&cvx.to_string(), &name, "CVX"), None);
    }

    /// A note for people.
    pub(super) fn write_note(&mut self, text: &str) {
        let mut numbers = Numbers { segment: 0, group: 1 };
        let on = Some(self.envelope.answered_at.date());
        self.write_observation(&mut numbers, "48767-8", &Value::Text(text), on);
    }

    /// Contraindications, immunity, reactions and indications, under one order without a vaccine. Gives whether there
    /// were any.
    pub(super) fn write_person_observations(&mut self, record: &PatientRecord) -> bool {
        let mut facts: Vec<&PatientObservation> = Vec::new();
        for fact in record.reports.iter().flat_map(|report| &report.observations) {
            let is_of_guide = self.tables.contains(Table::ObservationIdentifier, &fact.question);
            if is_of_guide
                && !fact.value.code.is_empty()
                && !facts.contains(&fact)
                && facts.len() < PERSON_OBSERVATIONS_LIMIT
            {
                facts.push(fact);
            }
        }
        if facts.is_empty() {
            return false;
        }
        self.write_no_vaccine_order();
        let mut numbers = Numbers::default();
        for fact in facts {
            self.write_fact(&mut numbers, fact);
        }
        true
    }

    fn write_fact(&mut self, numbers: &mut Numbers, fact: &PatientObservation) {
        const CONTRAINDICATION: &str = "30945-0";
        let Coded { code, text, system } = &fact.value;
        // From when a contraindication holds stands in an observation of its own; of others there is this day alone.
        let observed_on = fact.observed_on.or(fact.since.filter(|_| fact.question != CONTRAINDICATION));
        numbers.next_group();
        self.write_observation(numbers, &fact.question, &Value::Code(code, text, system), observed_on);
        if fact.question != CONTRAINDICATION {
            return;
        }
        if let Some((cvx, name)) = fact.vaccine.and_then(|cvx| Some((cvx, self.tables.vaccine_name(cvx)?.to_owned()))) {
            self.write_observation(numbers, "30956-7", &Value::Code(&cvx.to_string(), &name, "CVX"), None);
        }
        if let Some(since) = fact.since {
            self.write_observation(numbers, "30946-8", &Value::Date(since), None);
        }
        if let Some(until) = fact.until {
            self.write_observation(numbers, "30944-3", &Value::Date(until), None);
        }
    }

    pub(super) fn write_observation(
        &mut self,
        numbers: &mut Numbers,
        question: &str,
        value: &Value<'_>,
        on: Option<Date>,
    ) {
        let value_type = match value {
            Value::Code(..) | Value::CodeNamed(..) => "CE",
            Value::Date(_) => "DT",
            Value::Number(_) => "NM",
            Value::Text(_) => "ST",
            Value::YesOrNo(_) => "ID",
        };
        let name = self.name_of(Table::ObservationIdentifier, question);
        numbers.segment = numbers.segment.saturating_add(1);
        self.writer.segment("OBX");
        self.writer.put(1, &numbers.segment.to_string());
        self.writer.put(2, value_type);
        self.writer.put((3, 1), fitting(question, 50));
        self.writer.put((3, 2), name);
        self.writer.put((3, 3), "LN");
        self.writer.put(4, &numbers.group.to_string());
        match value {
            Value::Code(code, text, system) => {
                self.writer.put((5, 1), code);
                self.writer.put((5, 2), text);
                self.writer.put((5, 3), system);
            }
            Value::CodeNamed([code, text, system], name) => {
                for (component, part) in (1..).zip([code, text, system, name, &"", &"L"]) {
                    self.writer.put((5, component), part);
                }
            }
            Value::Date(date) => self.writer.put(5, &eight_digits(*date)),
            Value::Number(number) => {
                self.writer.put(5, &number.to_string());
                self.writer.put((6, 1), "NA");
                self.writer.put((6, 3), "HL70353");
            }
            Value::Text(text) => self.writer.put(5, text),
            Value::YesOrNo(holds) => self.writer.put(5, if *holds { "Y" } else { "N" }),
        }
        self.writer.put(11, "F");
        self.writer.put(14, &on.map(eight_digits).unwrap_or_default());
    }

    fn name_of(&self, table: Table, code: &str) -> &'a str {
        self.tables.name(table, code).unwrap_or_default()
    }
}
