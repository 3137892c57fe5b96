//! Conversations with a registry behind the door: what is sent, and what comes back.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::house::*;

/// The sentence of the profile, to the letter.
const SENTENCE: &str = "The server is temporarily unable to service your request due to maintenance downtime or \
    capacity problems. Please try again later.";

#[tokio::test]
async fn a_connectivity_test_needs_no_credentials_and_gets_its_text_back() {
    let house = House::new();
    for (sent, returned) in [
        ("Hello world!", "Hello world!"),
        ("", ""),
        ("^~\\&amp; &lt;b&gt; &#xD; ñ 😀", "^~\\& <b> \r ñ 😀"),
        ("<![CDATA[<return>]]>", "<return>"),
    ] {
        assert_eq!(house.post(connectivity_test(sent)).await.answer(), returned);
    }
}

#[tokio::test]
async fn a_message_gets_its_acknowledgment_with_carriage_returns() {
    let house = House::new();
    let reply = house.post(submit(VXU)).await;
    assert!(!reply.body.contains('\r') && reply.body.contains("&#xD;"), "{}", reply.body);
    let answer = reply.answer();
    assert!(answer.starts_with("MSH|^~\\&|") && answer.ends_with('\r'), "{answer:?}");
    assert!(answer.contains("\rMSA|A") && answer.contains("|M1"), "{answer:?}");
    // The same message with other line ends is the same message for a person, and still an HL7 answer here.
    for line_end in ["\n", "\r\n"] {
        assert!(house.post(submit(&VXU.replace('\r', line_end))).await.answer().contains("\rMSA|A"));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_said_in_hl7_and_never_in_a_fault() {
    let house = House::new();
    for (sent, said) in [
        (VXU.replace("VXU^V04^VXU_V04", "ADT^A04^ADT_A01"), "\rMSA|AR|M1"),
        (VXU.replace("|2.5.1|", "|2.3.1|"), "\rMSA|AR|M1"),
        (VXU.replace("|20240310|", "||"), "\rMSA|AE|M1"),
        ("MSH|^~\\&|".to_owned(), "\rMSA|A"),
        ("MSH|^~\\&|\u{FFFD}\u{85}|<&>'\"".to_owned(), "\rMSA|A"),
    ] {
        let answer = house.post(submit(&sent)).await.answer();
        assert!(answer.contains(said), "{answer:?} lacks {said:?}");
    }
}

#[tokio::test]
async fn wrong_credentials_all_get_one_fault() {
    let house = House::new();
    let mut seen = Vec::new();
    for (username, password, facility) in [
        ("clinic-ehr", "wrong", "CLINIC"),
        ("nobody", PASSWORD, "CLINIC"),
        ("", "", ""),
        ("clinic-ehr", PASSWORD, "PHARMACY"),
        ("clinic-ehr", PASSWORD, "NOWHERE"),
    ] {
        seen.push(house.post(submit_as(username, password, facility, VXU)).await);
    }
    // After five wrong passwords the account is locked, and the right one gets the same fault.
    for password in ["wrong one", "wrong two", "wrong three", "wrong four", "wrong five"] {
        seen.push(house.post(submit_as("clinic-ehr", password, "CLINIC", VXU)).await);
    }
    seen.push(house.post(submit(VXU)).await);
    for reply in &seen {
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(reply.headers, seen[0].headers);
        assert_eq!(reply.body, seen[0].body);
    }
    assert!(seen[0].body.contains(
        "<SecurityFault xmlns=\"urn:cdc:iisb:2011\"><Code>300</Code><Reason>Security</Reason><Detail>The user name"
    ));
}

#[tokio::test]
async fn every_refusal_is_the_right_fault_in_the_right_shape() {
    let house = House::new();
    let two = format!("{VXU}{VXU}");
    let unknown = |code: u16| format!("<fault xmlns=\"urn:cdc:iisb:2011\"><Code>{code}</Code><Reason>");
    let header = "<soap:Header><h:x xmlns:h=\"urn:h\" soap:mustUnderstand=\"true\"/></soap:Header>";
    let too_large = "MessageTooLargeFault xmlns=\"urn:cdc:iisb:2011\"><Code>40";
    for (sent, soap_code, within) in [
        (submit("Dear registry, please find enclosed"), "Sender", unknown(103)),
        (submit(""), "Sender", unknown(103)),
        (submit(&two), "Sender", format!("{too_large}1</Code><Reason>MessageTooLarge</Reason><Detail>")),
        (
            submit(&"x".repeat(BODY_BYTES_MAXIMUM)),
            "Sender",
            format!("{too_large}0</Code><Reason>MessageTooLarge</Reason><Detail>"),
        ),
        (
            envelope("<urn:deletePatient/>"),
            "Sender",
            "<UnsupportedOperationFault xmlns=\"urn:cdc:iisb:2011\"><Code>200</Code>\
            <Reason>UnsupportedOperation</Reason><Detail>"
                .to_owned(),
        ),
        (String::new(), "Sender", unknown(100)),
        (connectivity_test("x").replace("</soap:Body>", ""), "Sender", unknown(100)),
        ("<html/>".to_owned(), "Sender", unknown(101)),
        (envelope("<urn:connectivityTest/>"), "Sender", unknown(102)),
        (
            connectivity_test("x").replace("<soap:Header/>", header),
            "MustUnderstand",
            "<env:NotUnderstood qname=\"h:x\" xmlns:h=\"urn:h\"/>".to_owned(),
        ),
        (
            connectivity_test("x").replace("http://www.w3.org/2003/05/soap-envelope", "urn:soap:2.0"),
            "VersionMismatch",
            "<env:Upgrade><env:SupportedEnvelope qname=\"env:Envelope\"/></env:Upgrade>".to_owned(),
        ),
    ] {
        let reply = house.post(sent).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
        assert_eq!(reply.header("content-type"), "application/soap+xml; charset=utf-8");
        let code = format!("<env:Fault><env:Code><env:Value>env:{soap_code}</env:Value></env:Code><env:Reason>");
        assert!(reply.body.contains(&code) && reply.body.contains(&within), "{within}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_client_of_soap_1_1_is_told_in_its_own_version() {
    let house = House::new();
    let sent = connectivity_test("x")
        .replace("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/");
    let reply = house.post(sent).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.header("content-type"), "text/xml; charset=utf-8");
    assert!(reply.body.contains("<faultcode>env:VersionMismatch</faultcode>"), "{}", reply.body);
    assert!(reply.body.contains("<upg:SupportedEnvelope qname=\"upg:Envelope\"/>"), "{}", reply.body);
}

#[tokio::test]
async fn the_body_says_what_it_is_whatever_the_headers_say() {
    let house = House::new();
    for (name, value) in [
        ("content-type", "text/xml; charset=\"utf-8\""),
        ("content-type", "application/soap+xml;charset=UTF-8;action=\"urn:cdc:iisb:2011:submitSingleMessage\""),
        ("content-type", "application/x-www-form-urlencoded"),
        ("soapaction", "\"urn:cdc:iisb:2011:connectivityTest\""),
    ] {
        let request = Request::post("/webservice").header(name, value);
        let request = request.body(Body::from(connectivity_test("ñ"))).expect("a request");
        assert_eq!(house.send(request).await.answer(), "ñ", "{name}: {value}");
    }
    let latin: Vec<u8> = connectivity_test("\u{1}").bytes().map(|byte| if byte == 1 { 0xF1 } else { byte }).collect();
    let request = Request::post("/webservice").header("content-type", "text/xml; charset=ISO-8859-1");
    assert_eq!(house.send(request.body(Body::from(latin)).expect("a request")).await.answer(), "ñ");
    let request = Request::post("/webservice").header("content-encoding", "gzip");
    let reply = house.send(request.body(Body::from(connectivity_test("x"))).expect("a request")).await;
    assert!(reply.body.contains("the request is compressed"), "{}", reply.body);
}

#[tokio::test]
async fn a_request_of_several_parts_is_told_to_send_the_envelope_alone() {
    let house = House::new();
    let send = async |body: String| {
        let kind = "Multipart/Related; type=\"application/xop+xml\"; boundary=\"uuid:1\"; start=\"<root>\"";
        let request = Request::post("/webservice").header("content-type", kind);
        house.send(request.body(Body::from(body)).expect("a request")).await
    };
    let part = "Content-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"";
    let reply = send(format!("--uuid:1\r\n{part}\r\n\r\n{}\r\n--uuid:1--\r\n", connectivity_test("x"))).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.body.contains("<Code>100</Code>"), "{}", reply.body);
    assert!(reply.body.contains("more than one part (MTOM or attachments)"), "{}", reply.body);
    assert_eq!(send(connectivity_test("x")).await.answer(), "x", "an envelope is one, whatever it says it is");
}

#[tokio::test]
async fn a_slash_behind_the_address_makes_no_difference() {
    let house = House::new();
    let request = Request::post("/webservice/").body(Body::from(connectivity_test("x"))).expect("a request");
    assert_eq!(house.send(request).await.answer(), "x");
    let wsdl = house.get("/webservice/?wsdl").await;
    assert!(wsdl.body.contains("location=\"http://iis.example.org:8080/webservice\""), "{}", wsdl.body);
}

#[tokio::test]
async fn a_closed_door_says_the_sentence_and_nothing_else() {
    let house = House::new();
    house.registry.gate().stop();
    let oversized = "x".repeat(2 * BODY_BYTES_MAXIMUM);
    for sent in [submit(VXU), connectivity_test("x"), submit_as("", "", "", ""), String::new(), oversized] {
        let reply = house.post(sent).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.body, SENTENCE);
        assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(reply.header("cache-control"), "no-store");
        assert!(reply.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    }
    assert_eq!(house.get("/webservice?wsdl").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_wsdl_is_served_with_the_address_that_the_client_used() {
    let house = House::new();
    for path in ["/webservice?wsdl", "/webservice?WSDL", "/webservice?singleWsdl"] {
        let reply = house.get(path).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.header("content-type"), "text/xml; charset=utf-8");
        let address = "<soap12:address location=\"http://iis.example.org:8080/webservice\"/>";
        assert!(reply.body.contains(address), "{}", reply.body);
    }
    let page = house.get("/webservice").await;
    assert!(page.body.contains("WSDL: http://iis.example.org:8080/webservice?wsdl"), "{}", page.body);
    let request = Request::delete("/webservice").body(Body::empty()).expect("a request");
    assert_eq!(house.send(request).await.status, StatusCode::METHOD_NOT_ALLOWED);
}
