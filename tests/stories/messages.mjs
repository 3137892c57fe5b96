// A report that comes in by the web service.

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
  const escaped = segments.join("\r").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\r", "&#13;");
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
