//! A web-service client that writes its bytes itself.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// One GET. `None`: the connection was refused or ended.
pub(crate) fn get(address: SocketAddr, path: &str) -> Option<Answer> {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))
}

/// One submitSingleMessage. `None`: the connection was refused or ended before an answer.
pub(crate) fn submit(address: SocketAddr, user: &str, password: &str, facility: &str, message: &str) -> Option<Answer> {
    let message = message.replace('&', "&amp;").replace('<', "&lt;").replace('\r', "&#xD;");
    let body = format!(
        "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:c=\"urn:cdc:iisb:2011\"><e:Header/>\
         <e:Body><c:submitSingleMessage><c:username>{user}</c:username><c:password>{password}</c:password>\
         <c:facilityID>{facility}</c:facilityID><c:hl7Message>{message}</c:hl7Message></c:submitSingleMessage>\
         </e:Body></e:Envelope>"
    );
    let request = format!(
        "POST /webservice HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/soap+xml; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    exchange(address, &request)
}

fn exchange(address: SocketAddr, request: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_lowercase(), body: body.replace("&#xD;", "\r") })
}
