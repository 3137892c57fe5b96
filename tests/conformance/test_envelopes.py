"""Envelopes as senders write them, right and wrong: each gets its answer or the fault it deserves, in the exact form.

Every reply is judged by NIST's Schematron, by W3C's schema of SOAP 1.2, and by CDC's schema of what stands in it.
"""

import re
from collections import namedtuple

import corpus
import pytest
import soap
from lxml import etree
from people import Person

Case = namedtuple("Case", "body status fault soap_code phase")

XML_ATTRIBUTES = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  targetNamespace="http://www.w3.org/XML/1998/namespace"><xs:attribute name="lang" type="xs:language"/></xs:schema>"""
BOTH = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:import namespace="http://www.w3.org/2003/05/soap-envelope" schemaLocation="soap.xsd"/>
  <xs:import namespace="urn:cdc:iisb:2011" schemaLocation="cdc.xsd"/></xs:schema>"""


def in_body(content):
    return lambda account: soap.envelope(content)


def submitting(message, **changes):
    return lambda account: soap.submit_envelope({**account, **changes}, message)


def whole(text):
    return lambda account: text.encode()


REPORT = Person(1).report()
ECHO = "<urn:connectivityTest><urn:echoBack>hello</urn:echoBack></urn:connectivityTest>"
OTHER_SOAP = '<e:Envelope xmlns:e="{}"><e:Body>' + f'<connectivityTest xmlns="{soap.CDC}"/></e:Body></e:Envelope>'
DEMANDING = (
    f'<e:Envelope xmlns:e="{soap.SOAP}"><e:Header><x:Pay xmlns:x="urn:x" e:mustUnderstand="true"/></e:Header>'
    f'<e:Body><connectivityTest xmlns="{soap.CDC}"><echoBack>hello</echoBack></connectivityTest></e:Body></e:Envelope>'
)
ENTITY = f'<!DOCTYPE e [<!ENTITY a "aaaa">]>{soap.envelope(ECHO).decode()}'

CASES = {
    "a connectivity test": Case(in_body(ECHO), 200, None, None, "connectivityTest_Response"),
    "a report": Case(submitting(REPORT), 200, None, None, "submitSingleMessage_Response"),
    "a wrong password": Case(submitting(REPORT, password="not this one"), 400, "SecurityFault", "Sender", None),
    "an unknown user": Case(submitting(REPORT, username="nobody"), 400, "SecurityFault", "Sender", None),
    "somebody else's facility": Case(submitting(REPORT, facility="ELSEWHERE"), 400, "SecurityFault", "Sender", None),
    "two messages": Case(submitting(REPORT + REPORT), 400, "MessageTooLargeFault", "Sender", None),
    "a message that is too long": Case(
        submitting(REPORT + "NTE|1||" + "x" * (1 << 20)), 400, "MessageTooLargeFault", "Sender", None
    ),
    "no HL7 at all": Case(submitting("hello"), 400, "fault", "Sender", "UnknownFault"),
    "an unknown operation": Case(in_body("<urn:purgeAll/>"), 400, "UnsupportedOperationFault", "Sender", None),
    "an empty body": Case(in_body(""), 400, "UnsupportedOperationFault", "Sender", None),
    "XML that breaks off": Case(whole(soap.envelope(ECHO).decode()[:-20]), 400, "fault", "Sender", "UnknownFault"),
    "a document type": Case(whole(ENTITY), 400, "fault", "Sender", "UnknownFault"),
    "a header that must be understood": Case(whole(DEMANDING), 400, "Fault", "MustUnderstand", "envelope"),
    "a SOAP version of the future": Case(
        whole(OTHER_SOAP.format("urn:soap:2040")), 400, "Fault", "VersionMismatch", "envelope"
    ),
}


@pytest.fixture(scope="module")
def server(new_program):
    return new_program("example", "sqlite").start()


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    """W3C's schema of SOAP 1.2 and CDC's schema, as one. What the first fetches from elsewhere stands beside it."""
    corpus.require_shared()
    folder = tmp_path_factory.mktemp("schema")
    soap_schema = (corpus.SHARED / "data" / "wsdl" / "soap12_cdc-iisb-2011.xsd").read_text()
    (folder / "soap.xsd").write_text(re.sub(r'"http[^"]*/xml.xsd"', '"xml.xsd"', soap_schema))
    (folder / "cdc.xsd").write_text((corpus.SHARED / "data" / "wsdl" / "cdc.xsd").read_text())
    (folder / "xml.xsd").write_text(XML_ATTRIBUTES)
    (folder / "both.xsd").write_text(BOTH)
    return etree.XMLSchema(etree.parse(folder / "both.xsd"))


@pytest.mark.parametrize("name", CASES)
def test_an_envelope_gets_what_it_deserves(server, schema, name):
    case = CASES[name]
    reply = soap.Client(server.port, server.account).post(case.body(server.account))
    assert (reply.status, reply.fault) == (case.status, case.fault), reply.body
    if case.soap_code:
        prefix, code = reply.xml.findtext(".//{*}Fault/{*}Code/{*}Value").split(":")
        assert (reply.xml.nsmap[prefix], code) == (soap.SOAP, case.soap_code)
    judge = corpus.tool("soap_sch")
    for phase in {"envelope", case.phase or case.fault}:
        assert judge.run(phase, reply.body) == []
    assert schema.validate(reply.xml), schema.error_log


def test_the_schemas_see_a_fault_in_the_wrong_order(server, schema):
    reply = soap.Client(server.port, server.account).post(CASES["an unknown user"].body(server.account))
    detail = reply.xml.find(".//{*}SecurityFault")
    detail.insert(0, detail[-1])
    assert not schema.validate(detail.getroottree())


def test_an_envelope_of_soap_1_1_is_answered_in_its_own_version(server):
    namespace = "http://schemas.xmlsoap.org/soap/envelope/"
    body = OTHER_SOAP.format(namespace).encode()
    reply = soap.Client(server.port, server.account).post(body, content_type="text/xml; charset=utf-8")
    assert reply.xml.tag == f"{{{namespace}}}Envelope"
    assert reply.xml.findtext(".//faultcode").endswith(":VersionMismatch")
