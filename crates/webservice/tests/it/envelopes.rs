//! Envelopes as senders write them, well or badly, and what is read from each.

use webservice::envelope::{Call, ExpandedName, Refusal, read};

/// What is read, in one line. In the envelopes below `S` stands for the SOAP 1.2 namespace and `C` for the CDC one.
fn reading(bytes: &[u8], charset: Option<&str>) -> String {
    let name = |ExpandedName { namespace, name }: ExpandedName| format!("{{{}}}{name}", short(&namespace));
    match read(bytes, charset) {
        Ok(Call::ConnectivityTest { echo_back }) => format!("echo {echo_back:?}"),
        Ok(Call::SubmitSingleMessage(call)) => {
            let arguments = [call.username, call.password, call.facility_id, call.hl7_message];
            format!("submit {}", arguments.map(|argument| format!("{argument:?}")).join(" "))
        }
        Err(Refusal::Unreadable(sentence)) => format!("unreadable: {sentence}"),
        Err(Refusal::NotAnEnvelope(sentence)) => format!("not an envelope: {sentence}"),
        Err(Refusal::Soap11) => "soap 1.1".into(),
        Err(Refusal::UnknownVersion) => "unknown version".into(),
        Err(Refusal::NotUnderstood(headers)) => {
            format!("not understood {}", headers.into_iter().map(name).collect::<Vec<_>>().join(" "))
        }
        Err(Refusal::UnsupportedOperation(found)) => {
            format!("unsupported {}", found.map_or_else(|| "nothing".to_owned(), name))
        }
        Err(Refusal::Arguments(sentence)) => format!("arguments: {sentence}"),
    }
}

const SOAP: &str = "http://www.w3.org/2003/05/soap-envelope";
const CDC: &str = "urn:cdc:iisb:2011";

fn short(namespace: &str) -> &str {
    match namespace {
        SOAP => "S",
        CDC => "C",
        other => other,
    }
}

fn written_out(envelope: &str) -> String {
    envelope.replace("\"S\"", &format!("\"{SOAP}\"")).replace("\"C\"", &format!("\"{CDC}\""))
}

/// Each reading must begin with what is expected.
fn check(cases: &[(&str, &str, &str)]) {
    for (name, envelope, expected) in cases {
        let reading = reading(written_out(envelope).as_bytes(), None);
        assert!(reading.starts_with(expected), "{name}: expected {expected}, read {reading}");
    }
}

/// The same for what stands in the Body of an envelope whose prefix for SOAP is `e`.
fn check_bodies(cases: &[(&str, &str, &str)]) {
    for (name, body, expected) in cases {
        check(&[(name, &in_envelope(body), expected)]);
    }
}

fn in_envelope(body: &str) -> String {
    format!(r#"<e:Envelope xmlns:e="S"><e:Body>{body}</e:Body></e:Envelope>"#)
}

/// An envelope that asks for this echo, as XML.
fn with_echo(echo: &str) -> String {
    in_envelope(&format!(r#"<connectivityTest xmlns="C"><echoBack>{echo}</echoBack></connectivityTest>"#))
}

#[test]
fn calls_are_read_however_they_are_written() {
    check(&[
        (
            "the prefixes of the SOAP primer",
            r#"<env:Envelope xmlns:env="S"><env:Body><c:connectivityTest xmlns:c="C"><c:echoBack>hello</c:echoBack></c:connectivityTest></env:Body></env:Envelope>"#,
            r#"echo "hello""#,
        ),
        (
            "default namespaces",
            r#"<Envelope xmlns="S"><Body><connectivityTest xmlns="C"><echoBack>hello</echoBack></connectivityTest></Body></Envelope>"#,
            r#"echo "hello""#,
        ),
        (
            "all prefixes declared on the envelope, single quotes, a declaration, a header, white space",
            "<?xml version='1.0' encoding='UTF-8'?>\r\n<soap:Envelope xmlns:soap=\"S\" xmlns:urn=\"C\">\r\n  <soap:Header/>\r\n  <soap:Body>\r\n    <urn:connectivityTest>\r\n      <urn:echoBack>hello</urn:echoBack>\r\n    </urn:connectivityTest>\r\n  </soap:Body>\r\n</soap:Envelope>\r\n",
            r#"echo "hello""#,
        ),
        (
            "the same prefix for both namespaces, one inside the other",
            r#"<a:Envelope xmlns:a="S"><a:Body><a:connectivityTest xmlns:a="C"><a:echoBack>hello</a:echoBack></a:connectivityTest></a:Body></a:Envelope>"#,
            r#"echo "hello""#,
        ),
        (
            "nil and empty arguments",
            r#"<e:Envelope xmlns:e="S" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body><submitSingleMessage xmlns="C"><username xsi:nil="true"/><password xsi:nil="1"></password><facilityID/><hl7Message>MSH|</hl7Message></submitSingleMessage></e:Body></e:Envelope>"#,
            r#"submit "" "" "" "MSH|""#,
        ),
        (
            "a nil and an empty echo",
            r#"<e:Envelope xmlns:e="S" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body><connectivityTest xmlns="C"><echoBack xsi:nil="true"/></connectivityTest></e:Body></e:Envelope>"#,
            r#"echo """#,
        ),
        (
            "attributes that say nothing",
            r#"<e:Envelope xmlns:e="S" e:encodingStyle="" xmlns:wsu="urn:wsu" wsu:Id="e1" class="x"><e:Body wsu:Id="b1"><connectivityTest xmlns="C" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><echoBack xsi:type="xsd:string" lang='en'>hello</echoBack></connectivityTest></e:Body></e:Envelope>"#,
            r#"echo "hello""#,
        ),
        (
            "comments everywhere",
            r#"<!-- a --><e:Envelope xmlns:e="S"><!-- b --><e:Body><!-- c --><connectivityTest xmlns="C"><echoBack>hel<!-- d -->lo</echoBack></connectivityTest></e:Body></e:Envelope><!-- e -->"#,
            r#"echo "hello""#,
        ),
        (
            "line ends as XML reads them",
            "<e:Envelope xmlns:e=\"S\"><e:Body><connectivityTest xmlns=\"C\"><echoBack>a\rb\r\nc\nd&#xD;e</echoBack></connectivityTest></e:Body></e:Envelope>",
            r#"echo "a\nb\nc\nd\re""#,
        ),
        (
            "a prefix declared again and taken back",
            r#"<e:Envelope xmlns:e="S" xmlns="urn:other"><e:Body><connectivityTest xmlns="C"><echoBack xmlns="">hello</echoBack></connectivityTest></e:Body></e:Envelope>"#,
            r#"echo "hello""#,
        ),
    ]);
    check_bodies(&[
        (
            "arguments without a namespace, as handwritten clients send them",
            r#"<c:submitSingleMessage xmlns:c="C"><username>u</username><password>p</password><facilityID>f</facilityID><hl7Message>MSH|</hl7Message></c:submitSingleMessage>"#,
            r#"submit "u" "p" "f" "MSH|""#,
        ),
        (
            "arguments in another order, and one that is not known",
            r#"<submitSingleMessage xmlns="C"><hl7Message>MSH|</hl7Message><priority><high/></priority><facilityID>f</facilityID><password>p</password><username>u</username></submitSingleMessage>"#,
            r#"submit "u" "p" "f" "MSH|""#,
        ),
        (
            "only the message",
            r#"<submitSingleMessage xmlns="C"><hl7Message>MSH|</hl7Message></submitSingleMessage>"#,
            r#"submit "" "" "" "MSH|""#,
        ),
        (
            "CDATA, alone and between text",
            r#"<connectivityTest xmlns="C"><echoBack>a<![CDATA[^~\&|<b>]]>c</echoBack></connectivityTest>"#,
            r#"echo "a^~\\&|<b>c""#,
        ),
        (
            "entities and character references",
            r#"<connectivityTest xmlns="C"><echoBack>^~\&amp;|&lt;&gt;&quot;&apos;&#13;&#xD;&#xA;&#9;&#241;&#x1F600;</echoBack></connectivityTest>"#,
            r#"echo "^~\\&|<>\"'\r\r\n\tñ😀""#,
        ),
    ]);
}

#[test]
fn headers_are_skipped_unless_they_must_be_understood() {
    let with_header = |header: &str| {
        let header = format!("<e:Header>{header}</e:Header><e:Body>");
        with_echo("hello").replace("<e:Body>", &header)
    };
    for (name, header, expected) in [
        ("none", "", r#"echo "hello""#),
        (
            "WS-Addressing",
            r#"<a:Action xmlns:a="http://www.w3.org/2005/08/addressing">urn:cdc:iisb:2011:connectivityTest</a:Action>"#,
            r#"echo "hello""#,
        ),
        (
            "WS-Security",
            r#"<w:Security xmlns:w="urn:wsse"><w:UsernameToken><w:Username>u</w:Username><w:Password Type="x">p</w:Password></w:UsernameToken></w:Security>"#,
            r#"echo "hello""#,
        ),
        ("mustUnderstand 0", r#"<h:x xmlns:h="urn:h" e:mustUnderstand="0"/>"#, r#"echo "hello""#),
        ("mustUnderstand false", r#"<h:x xmlns:h="urn:h" e:mustUnderstand="false"/>"#, r#"echo "hello""#),
        ("mustUnderstand of no namespace", r#"<h:x xmlns:h="urn:h" mustUnderstand="1"/>"#, r#"echo "hello""#),
        (
            "mustUnderstand of SOAP 1.1",
            r#"<h:x xmlns:h="urn:h" xmlns:o="http://schemas.xmlsoap.org/soap/envelope/" o:mustUnderstand="1"/>"#,
            r#"echo "hello""#,
        ),
        ("for somebody else", r#"<h:x xmlns:h="urn:h" e:role="urn:proxy" e:mustUnderstand="1"/>"#, r#"echo "hello""#),
        ("below a header", r#"<h:x xmlns:h="urn:h"><h:y e:mustUnderstand="1"/></h:x>"#, r#"echo "hello""#),
        ("mustUnderstand 1", r#"<h:x xmlns:h="urn:h" e:mustUnderstand="1"/>"#, "not understood {urn:h}x"),
        ("mustUnderstand true", r#"<h:x xmlns:h="urn:h" e:mustUnderstand=" true "/>"#, "not understood {urn:h}x"),
        (
            "for the last receiver",
            r#"<h:x xmlns:h="urn:h" e:role="http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver" e:mustUnderstand="1"/>"#,
            "not understood {urn:h}x",
        ),
        (
            "two of three",
            r#"<h:x xmlns:h="urn:h" e:mustUnderstand="1"/><h:y xmlns:h="urn:h"/><z e:mustUnderstand="1"/>"#,
            "not understood {urn:h}x {}z",
        ),
    ] {
        let reading = reading(written_out(&with_header(header)).as_bytes(), None);
        assert_eq!(reading, expected, "{name}");
    }
}

#[test]
fn what_is_not_a_call_is_refused_with_the_reason() {
    check(&[
        ("nothing", "", "unreadable: there is no XML element"),
        ("white space", " \r\n ", "unreadable: there is no XML element"),
        ("an HL7 message", "MSH|^~\\&|", "unreadable: "),
        ("JSON", "{\"hl7Message\": \"MSH|\"}", "unreadable: there is text where only elements may be"),
        ("a web page", "<html><body>hello</body></html>", "not an envelope: the root element"),
        ("an envelope of no namespace", "<Envelope><Body/></Envelope>", "unknown version"),
        (
            "an envelope of SOAP 1.1",
            r#"<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body/></Envelope>"#,
            "soap 1.1",
        ),
        (
            "an envelope of the future",
            r#"<e:Envelope xmlns:e="urn:soap:2.0"><e:Body/></e:Envelope>"#,
            "unknown version",
        ),
        ("no body", r#"<e:Envelope xmlns:e="S"/>"#, "not an envelope: the envelope has no Body"),
        (
            "only a header",
            r#"<e:Envelope xmlns:e="S"><e:Header/></e:Envelope>"#,
            "not an envelope: the envelope has no Body",
        ),
        (
            "the header last",
            r#"<e:Envelope xmlns:e="S"><e:Body><connectivityTest xmlns="C"><echoBack/></connectivityTest></e:Body><e:Header/></e:Envelope>"#,
            "not an envelope: the envelope goes on",
        ),
        (
            "two bodies",
            r#"<e:Envelope xmlns:e="S"><e:Body><connectivityTest xmlns="C"><echoBack/></connectivityTest></e:Body><e:Body/></e:Envelope>"#,
            "not an envelope: the envelope goes on",
        ),
        ("a body of another namespace", r#"<e:Envelope xmlns:e="S"><Body/></e:Envelope>"#, "not an envelope: "),
        ("an empty body", r#"<e:Envelope xmlns:e="S"><e:Body/></e:Envelope>"#, "unsupported nothing"),
        (
            "nil with a value",
            r#"<e:Envelope xmlns:e="S" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><e:Body><connectivityTest xmlns="C"><echoBack i:nil="true">x</echoBack></connectivityTest></e:Body></e:Envelope>"#,
            "arguments: echoBack is nil",
        ),
    ]);
    check_bodies(&[
        ("text in the body", r#"MSH|"#, "unreadable: there is text"),
        ("an unknown operation", r#"<c:submitSingleMessageX xmlns:c="C"/>"#, "unsupported {C}submitSingleMessageX"),
        (
            "an operation in another case",
            r#"<c:SubmitSingleMessage xmlns:c="C"/>"#,
            "unsupported {C}SubmitSingleMessage",
        ),
        (
            "the operation of 2014",
            r#"<c:submitSingleMessage xmlns:c="urn:cdc:iisb:2014"/>"#,
            "unsupported {urn:cdc:iisb:2014}submitSingleMessage",
        ),
        ("an operation of no namespace", r#"<submitSingleMessage/>"#, "unsupported {}submitSingleMessage"),
        ("a fault", r#"<e:Fault/>"#, "unsupported {S}Fault"),
        (
            "two operations",
            r#"<connectivityTest xmlns="C"><echoBack/></connectivityTest><connectivityTest xmlns="C"><echoBack/></connectivityTest>"#,
            "arguments: the Body holds more than one",
        ),
        ("no echo", r#"<connectivityTest xmlns="C"/>"#, "arguments: echoBack is missing"),
        (
            "no message",
            r#"<submitSingleMessage xmlns="C"><username>u</username></submitSingleMessage>"#,
            "arguments: hl7Message is missing",
        ),
        (
            "a message of another namespace",
            r#"<submitSingleMessage xmlns="C"><hl7Message xmlns="urn:o">MSH|</hl7Message></submitSingleMessage>"#,
            "arguments: hl7Message is missing",
        ),
        (
            "two passwords",
            r#"<submitSingleMessage xmlns="C"><password>a</password><password>b</password><hl7Message>MSH|</hl7Message></submitSingleMessage>"#,
            "arguments: password is there more than once",
        ),
        (
            "two messages",
            r#"<submitSingleMessage xmlns="C"><hl7Message>MSH|</hl7Message><hl7Message>MSH|</hl7Message></submitSingleMessage>"#,
            "arguments: hl7Message is there more than once",
        ),
        (
            "a message in a message",
            r#"<submitSingleMessage xmlns="C"><hl7Message><hl7Message>MSH|</hl7Message></hl7Message></submitSingleMessage>"#,
            "arguments: hl7Message holds an element",
        ),
    ]);
}

#[test]
fn what_is_not_well_formed_is_refused() {
    let whole = with_echo("hello");
    for (name, envelope, expected) in [
        ("an ampersand as it is", with_echo(r"MSH|^~\&|A|B"), "unreadable: an ampersand must be written &amp;"),
        (
            "an ampersand before a semicolon",
            with_echo(r"MSH|^~\&|A;B"),
            "unreadable: an ampersand must be written &amp;",
        ),
        ("an entity of HTML", with_echo("&nbsp;"), "unreadable: an ampersand must be written &amp;"),
        ("a reference to no character", with_echo("&#0;"), "unreadable: "),
        ("a reference to a control character", with_echo("&#xB;"), "unreadable: there is a reference to a character"),
        ("a reference beyond Unicode", with_echo("&#x110000;"), "unreadable: "),
        ("a reference to half a character", with_echo("&#xD800;"), "unreadable: "),
        ("a control character", with_echo("\u{b}MSH|\u{1c}"), "unreadable: there is a control character"),
        ("a zero byte", with_echo("\0"), "unreadable: there is a control character"),
        ("the end of a CDATA section alone", with_echo("a]]>b"), "unreadable: ]]>"),
        ("a tag that is not closed", with_echo("<b>"), "arguments: echoBack holds an element"),
        (
            "tags that cross",
            whole.replace("</echoBack></connectivityTest>", "</connectivityTest></echoBack>"),
            "unreadable: ",
        ),
        ("cut off in a tag", whole[..whole.len() - 5].to_owned(), "unreadable: "),
        ("cut off between tags", whole[..whole.len() - 13].to_owned(), "unreadable: it ends before"),
        ("cut off in text", whole[..whole.find("llo").expect("is there")].to_owned(), "unreadable: "),
        ("a prefix of nobody", whole.replace("xmlns:e", "xmlns:f"), "unreadable: the prefix e is not declared"),
        ("an attribute twice", whole.replace("<echoBack>", "<echoBack a='1' a='2'>"), "unreadable: "),
        (
            "an attribute twice by two prefixes",
            whole.replace("<echoBack>", "<echoBack xmlns:a='u' xmlns:b='u' a:x='1' b:x='2'>"),
            "unreadable: an element has the same attribute twice",
        ),
        ("an attribute without quotes", whole.replace("<echoBack>", "<echoBack a=1>"), "unreadable: "),
        ("an attribute with a tag", whole.replace("<echoBack>", "<echoBack a='<'>"), "unreadable: in an attribute"),
        ("an attribute with an entity", whole.replace("<echoBack>", "<echoBack a='&x;'>"), "unreadable: "),
        (
            "a name that is none",
            whole.replace("<echoBack>", "<echoBack><1/>"),
            "unreadable: an element or attribute has a name",
        ),
        ("text after the root", format!("{whole}MSH|"), "unreadable: there is text where"),
        ("an element after the root", format!("{whole}<x/>"), "unreadable: there is more"),
        ("a second envelope", format!("{whole}{whole}"), "unreadable: there is more"),
        ("an entity after the root", format!("{whole}&amp;"), "unreadable: there is text outside"),
        ("CDATA after the root", format!("{whole}<![CDATA[x]]>"), "unreadable: there is text outside"),
        ("an end tag after the root", format!("{whole}</x>"), "unreadable: "),
        ("text before the root", format!("x{whole}"), "unreadable: there is text where"),
        (
            "a processing instruction",
            format!("<?xml-stylesheet href='x'?>{whole}"),
            "unreadable: a processing instruction",
        ),
        (
            "two declarations",
            format!("<?xml version='1.0'?><?xml version='1.0'?>{whole}"),
            "unreadable: a processing instruction",
        ),
        ("a comment that is none", format!("<!-- a -- b -->{whole}"), "unreadable: "),
    ] {
        let reading = reading(written_out(&envelope).as_bytes(), None);
        assert!(reading.starts_with(expected), "{name}: expected {expected}, read {reading}");
    }
}

#[test]
fn attacks_are_refused_at_once() {
    let around = |echo: &str| written_out(&with_echo(echo));
    let laughs = r#"<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;"><!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;">]>"#;
    let outside = r#"<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]>"#;
    let declarations: String = (0..200).map(|n| format!(" xmlns:n{n}='u'")).collect();
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=''")).collect();
    let header = |blocks: String| {
        written_out(&format!(r#"<e:Envelope xmlns:e="S"><e:Header>{blocks}</e:Header><e:Body/></e:Envelope>"#))
    };
    for (name, envelope, expected) in [
        ("a billion laughs", laughs.to_owned() + &around("&lol3;"), "unreadable: a document type declaration"),
        ("an external entity", outside.to_owned() + &around("&x;"), "unreadable: a document type declaration"),
        (
            "an external DTD",
            r#"<!DOCTYPE e SYSTEM "http://127.0.0.1/x.dtd">"#.to_owned() + &around("x"),
            "unreadable: a document type declaration",
        ),
        (
            "a parameter entity",
            r#"<!DOCTYPE e [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]>"#.to_owned() + &around("x"),
            "unreadable: a document type declaration",
        ),
        ("a small doctype", "<!doctype html>".to_owned() + &around("x"), "unreadable: "),
        ("a doctype within", around("<!DOCTYPE e>"), "unreadable: a document type declaration"),
        ("a depth bomb", header("<a>".repeat(100_000)), "unreadable: elements are nested"),
        ("many elements", header("<a/>".repeat(100_000)), "unreadable: there are more than"),
        ("many attributes", header(format!("<a{attributes}/>")), "unreadable: an element has more than"),
        ("many namespaces", header(format!("<a{declarations}/>")), "unreadable: "),
        ("a long name", header(format!("<{}/>", "a".repeat(1_000_000))), "unsupported nothing"),
    ] {
        let started = std::time::Instant::now();
        let reading = reading(envelope.as_bytes(), None);
        assert!(reading.starts_with(expected), "{name}: expected {expected}, read {:.200}", reading);
        assert!(started.elapsed().as_secs() < 5, "{name} took {:?}", started.elapsed());
    }
}

#[test]
fn the_character_set_is_the_one_that_is_declared() {
    let envelope = |declaration: &str| written_out(&format!("{declaration}{}", with_echo("Muñoz “x”")));
    let plain = envelope("");
    let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let windows_1252 = |text: &str| -> Vec<u8> {
        text.chars()
            .map(|character| match character {
                '“' => 0x93,
                '”' => 0x94,
                other => u8::try_from(u32::from(other)).expect("is of windows-1252"),
            })
            .collect()
    };
    let in_bytes = |byte: u8| -> Vec<u8> {
        let written = written_out(&with_echo("\u{1}"));
        written.bytes().map(|known| if known == 1 { byte } else { known }).collect()
    };
    let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";
    let read = r#"echo "Muñoz “x”""#;
    for (name, bytes, charset, expected) in [
        ("UTF-8, not said", plain.clone().into_bytes(), None, read),
        ("UTF-8, said", plain.clone().into_bytes(), Some("UTF-8"), read),
        ("UTF-8 by byte-order mark", [b"\xEF\xBB\xBF", plain.as_bytes()].concat(), Some("iso-8859-1"), read),
        ("Latin-1 by header", windows_1252(&plain), Some("ISO-8859-1"), read),
        ("windows-1252 by header", windows_1252(&plain), Some("Windows-1252"), read),
        ("Latin-1 by declaration", windows_1252(&envelope(latin)), None, read),
        ("a header outranks the declaration", envelope(latin).into_bytes(), Some("utf-8"), read),
        ("UTF-16 by byte-order mark", utf16(&format!("\u{FEFF}{plain}"), u16::to_le_bytes), None, read),
        ("UTF-16, big end first", utf16(&format!("\u{FEFF}{plain}"), u16::to_be_bytes), Some("utf-16"), read),
        ("UTF-16 without a mark", utf16(&plain, u16::to_le_bytes), Some("utf-16"), read),
        (
            "Latin-1 that claims to be UTF-8",
            windows_1252(&plain),
            Some("utf-8"),
            "unreadable: the envelope is not UTF-8",
        ),
        ("Latin-1 that claims nothing", windows_1252(&plain), None, "unreadable: the envelope is not UTF-8"),
        (
            "UTF-16 with half a unit",
            utf16(&plain, u16::to_le_bytes)[1..].to_vec(),
            Some("utf-16le"),
            "unreadable: the envelope is not UTF-16",
        ),
        ("an unknown character set", plain.clone().into_bytes(), Some("ebcdic-us"), "unreadable: the character set"),
        ("random bytes", (0..=255).collect(), None, "unreadable: "),
        ("Latin-9 by header", in_bytes(0xA4), Some("ISO-8859-15"), "echo \"€\""),
        ("Latin-9, where it is Latin-1", in_bytes(0xF1), Some("iso-8859-15"), "echo \"ñ\""),
        ("Latin-1, where Latin-9 differs", in_bytes(0xA4), Some("iso-8859-1"), "echo \"¤\""),
    ] {
        let reading = reading(&bytes, charset);
        assert!(reading.starts_with(expected), "{name}: expected {expected}, read {reading}");
    }
}

#[test]
fn a_password_does_not_show_in_the_debug_form() {
    let body = r#"<submitSingleMessage xmlns="C"><password>secret</password><hl7Message>PID|Doe</hl7Message></submitSingleMessage>"#;
    let call = read(written_out(&in_envelope(body)).as_bytes(), None).expect("the envelope is right");
    let shown = format!("{call:?}");
    assert!(shown.contains("username") && !shown.contains("secret") && !shown.contains("Doe"), "{shown}");
}
