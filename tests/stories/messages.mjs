// Reports as systems send them: by the web service, as a file of messages, as a table.

const SOAP = "http://www.w3.org/2003/05/soap-envelope";

/** Sends a report about somebody named Markup, with the same text in every field that takes text; gives the answer. */
export async function report(registry, text) {
  const account = registry.programs[0];
  const said = text.replaceAll("&", "\\T\\");
  const segments = [
    `MSH|^~\\&|EHR|${account.facility}|||20260301120000-0600||VXU^V04^VXU_V04|markup-1|P|2.5.1|||ER|AL|||||Z22^CDCPHINVS`,
    `PID|1||${said}^^^CLINIC^MR||Markup^${said}^${said}^^^^L|${said}^${said}|19900101|F||2106-3^${said}^CDCREC|` +
      `${said}^${said}^${said}^TX^78701^USA^H||^PRN^PH^^^512^5550100~^NET^X.400^${said}@example.org`,
    `PD1|||||||||||02^${said}^HL70215|TXA|20260101`,
    `NK1|1|${said}^${said}|MTH^${said}^HL70063|${said}^^Austin^TX^78701`,
    `ORC|RE||${said}^CLINIC|||||||^${said}^${said}||^${said}^${said}`,
    `RXA|0|1|20260201||03^${said}^CVX|0.5|mL^${said}^UCUM||00^${said}^NIP001|^${said}^${said}|^^^${said}||||${said}|20270101|` +
      `MSD^${said}^MVX|||CP|A`,
    `RXR|C38299^${said}^NCIT|LA^${said}^HL70163`,
    `OBX|1|CE|31044-1^Reaction^LN|1|39579001^${said}^SCT||||||F|||20260201`,
  ];
  return sendMessage(registry, account, segments.join("\r"));
}

/** Sends one HL7 message from a program's account; gives the answer as it came. */
export async function sendMessage(registry, account, message) {
  const escaped = message.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\r", "&#13;");
  const fields = `<username>${account.user}</username><password>${account.password}</password>` +
    `<facilityID>${account.facility}</facilityID><hl7Message>${escaped}</hl7Message>`;
  const body = `<e:Envelope xmlns:e="${SOAP}"><e:Body><submitSingleMessage xmlns="urn:cdc:iisb:2011">${fields}` +
    `</submitSingleMessage></e:Body></e:Envelope>`;
  const answer = await fetch(`${registry.url}/webservice`, {
    method: "POST",
    headers: { "content-type": "application/soap+xml; charset=utf-8" },
    body,
  });
  return answer.text();
}

/** A file of three messages: the first is taken as it is, the second with something to look at, the third is not. */
export function vaccinationFile(registry, mark = "file") {
  const { organization } = registry.users.find((user) => user.role === "data_exchange_contact");
  const message = (number, born, dose) => [
    `MSH|^~\\&|EHR|${organization}|TXIIS||20260301120000-0600||VXU^V04^VXU_V04|${mark}-${number}|P|2.5.1|||ER|AL|||||Z22^CDCPHINVS`,
    `PID|1||${mark}${number}^^^CLINIC^MR||Nopal^Rosa${"ABC"[number]}^^^^^L|Sol^Luz|${born}|F||2106-3^White^CDCREC|` +
      "1 Main St^^Austin^TX^78701^USA^H||^PRN^PH^^^512^5550100|||||||||2186-5^not Hispanic^CDCREC",
    "PD1|||||||||||02^Reminder^HL70215|TXY|20260101|||A|20260101|20260101",
    "NK1|1|Nopal^Luz^^^^^L|MTH^Mother^HL70063|1 Main St^^Austin^TX^78701",
    `ORC|RE||${mark}-${number}^CLINIC|||||||^Clerk^Ada||1234567890^Stone^Ada^^^^^^NPI^L^^^NPI`,
    `RXA|0|1|20260201||${dose}|0.5|mL^^UCUM||00^New^NIP001||^^^${organization}||||LOT${number}|20270101|MSD^Merck^MVX|||CP|A`,
    "RXR|C38299^SC^NCIT|LA^Left arm^HL70163",
    "OBX|1|CE|64994-7^Eligibility^LN|1|V01^Not eligible^HL70064||||||F|||20260201",
  ].join("\r");
  const all = [message(0, "20240105", "03^MMR^CVX"), message(1, "20240106", "03^MMR^CVX").replace("LA^Left", "ZZ^Nowhere"), message(2, "20991231", "03^MMR^CVX")];
  return `${all.join("\r")}\r`;
}

/** A table of two rows: the first is taken, the second has no birth date. */
export function vaccinationTable() {
  return "patient_id,last_name,first_name,birth_date,sex,consent,consent_date,cvx,vaccination_date\n" +
    "t-1,Nopal,Iris,2020-02-03,F,TXY,2026-01-01,03,2026-02-01\nt-2,Nopal,Noel,,M,TXY,2026-01-01,03,2026-02-01\n";
}

/**
 * A report of another organization about the first person of `vaccinationFile`, by name, birth date and sex alone: of a
 * dose of its own, and of one that may be the first person's.
 */
export function doubtfulReport(organization) {
  const segments = [
    `MSH|^~\\&|EHR|${organization}|TXIIS||20260302120000-0600||VXU^V04^VXU_V04|doubt-1|P|2.5.1|||ER|AL|||||Z22^CDCPHINVS`,
    "PID|1||doubt1^^^OTHER^MR||Nopal^RosaA^^^^^L||20240105|F",
    "PD1|||||||||||02^Reminder^HL70215|TXY|20260101|||A|20260101|20260101",
    "ORC|RE||doubt-1^OTHER",
    "RXA|0|1|20260210||08^Hep B^CVX|0.5|mL^^UCUM||01^Historical^NIP001|||||||||||CP|A",
    "ORC|RE||doubt-2^OTHER",
    "RXA|0|1|20260211||03^MMR^CVX|0.5|mL^^UCUM||01^Historical^NIP001||||||||SKB^GSK^MVX|||CP|A",
  ];
  return `${segments.join("\r")}\r`;
}
