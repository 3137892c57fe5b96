"""A SOAP 1.2 client of the CDC service, by hand: it keeps the bytes of every answer, and its connection open."""

import http.client
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

SOAP = "http://www.w3.org/2003/05/soap-envelope"
CDC = "urn:cdc:iisb:2011"
PATH = "/webservice"
NAMES = {"soap": SOAP, "cdc": CDC}
CARRIAGE_RETURN = {"\r": "&#13;"}


@dataclass(frozen=True)
class Reply:
    """What came back: the HTTP status, the envelope, and what stands in it."""

    status: int
    headers: dict
    body: bytes

    @property
    def xml(self):
        return etree.fromstring(self.body)

    @property
    def hl7(self):
        """The HL7 message that answers; None for a fault or a closed door."""
        if self.status != 200:
            return None
        found = self.xml.xpath("//cdc:submitSingleMessageResponse/cdc:return", namespaces=NAMES)
        return found[0].text if found else None

    @property
    def fault(self):
        """The name of the CDC fault in the detail; None when there is no fault."""
        if not self.headers.get("content-type", "").startswith("application/soap+xml"):
            return None
        found = self.xml.xpath("//soap:Fault/soap:Detail/*", namespaces=NAMES)
        if found:
            return etree.QName(found[0]).localname
        return "Fault" if self.xml.xpath("//soap:Fault", namespaces=NAMES) else None


def submit_envelope(account, message):
    fields = "".join(
        f"<urn:{name}>{escape(value, CARRIAGE_RETURN)}</urn:{name}>"
        for name, value in [
            ("username", account["username"]),
            ("password", account["password"]),
            ("facilityID", account["facility"]),
            ("hl7Message", message),
        ]
    )
    return envelope(f"<urn:submitSingleMessage>{fields}</urn:submitSingleMessage>")


def envelope(body):
    return (
        f'<soap:Envelope xmlns:soap="{SOAP}" xmlns:urn="{CDC}"><soap:Header/>'
        f"<soap:Body>{body}</soap:Body></soap:Envelope>"
    ).encode()


class Client:
    """One kept-alive connection. Errors of the connection go to the caller, who decides whether to send again."""

    def __init__(self, port, account, timeout=60):
        self.port, self.account, self.timeout = port, account, timeout
        self.connection = None

    def submit(self, message):
        return self.post(submit_envelope(self.account, message))

    def post(self, body, content_type="application/soap+xml; charset=utf-8"):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            self.connection.request("POST", PATH, body, {"Content-Type": content_type})
            response = self.connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            reply = Reply(response.status, headers, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if headers.get("connection", "").lower() == "close":
            self.close()
        return reply

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None
