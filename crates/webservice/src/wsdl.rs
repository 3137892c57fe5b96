//! The WSDL that the service serves: the CDC contract, with the address that the client used.

use crate::replies::escape;

/// The WSDL with this address of the service.
///
/// # Source
/// CDC WSDL 1.0 for IIS transport, 2011: names of types, messages, port type, binding, service and port.
pub(crate) fn wsdl(address: &str) -> String {
    WSDL.replace("{address}", &escape(address))
}

const WSDL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="IISServiceNew" targetNamespace="urn:cdc:iisb:2011"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:wsaw="http://www.w3.org/2005/08/addressing"
    xmlns:tns="urn:cdc:iisb:2011">

  <wsdl:types>
    <xsd:schema targetNamespace="urn:cdc:iisb:2011" elementFormDefault="qualified">
      <xsd:complexType name="connectivityTestRequestType">
        <xsd:sequence>
          <xsd:element name="echoBack" type="xsd:string" nillable="true"/>
        </xsd:sequence>
      </xsd:complexType>
      <xsd:complexType name="connectivityTestResponseType">
        <xsd:sequence>
          <xsd:element name="return" type="xsd:string" nillable="true"/>
        </xsd:sequence>
      </xsd:complexType>
      <xsd:complexType name="submitSingleMessageRequestType">
        <xsd:sequence>
          <xsd:element name="username" type="xsd:string" minOccurs="0" nillable="true"/>
          <xsd:element name="password" type="xsd:string" minOccurs="0" nillable="true"/>
          <xsd:element name="facilityID" type="xsd:string" minOccurs="0" nillable="true"/>
          <xsd:element name="hl7Message" type="xsd:string" nillable="true"/>
        </xsd:sequence>
      </xsd:complexType>
      <xsd:complexType name="submitSingleMessageResponseType">
        <xsd:sequence>
          <xsd:element name="return" type="xsd:string" nillable="true"/>
        </xsd:sequence>
      </xsd:complexType>
      <xsd:complexType name="soapFaultType">
        <xsd:sequence>
          <xsd:element name="Code" type="xsd:integer"/>
          <xsd:element name="Reason" type="xsd:string"/>
          <xsd:element name="Detail" type="xsd:string"/>
        </xsd:sequence>
      </xsd:complexType>
      <xsd:complexType name="UnsupportedOperationFaultType">
        <xsd:sequence>
          <xsd:element name="Code" type="xsd:integer"/>
          <xsd:element name="Reason" fixed="UnsupportedOperation"/>
          <xsd:element name="Detail" type="xsd:string"/>
        </xsd:sequence>
      </xsd:complexType>
      <xsd:complexType name="SecurityFaultType">
        <xsd:sequence>
          <xsd:element name="Code" type="xsd:integer"/>
          <xsd:element name="Reason" fixed="Security"/>
          <xsd:element name="Detail" type="xsd:string"/>
        </xsd:sequence>
      </xsd:complexType>
      <xsd:complexType name="MessageTooLargeFaultType">
        <xsd:sequence>
          <xsd:element name="Code" type="xsd:integer"/>
          <xsd:element name="Reason" fixed="MessageTooLarge"/>
          <xsd:element name="Detail" type="xsd:string"/>
        </xsd:sequence>
      </xsd:complexType>
      <xsd:element name="connectivityTest" type="tns:connectivityTestRequestType"/>
      <xsd:element name="connectivityTestResponse" type="tns:connectivityTestResponseType"/>
      <xsd:element name="submitSingleMessage" type="tns:submitSingleMessageRequestType"/>
      <xsd:element name="submitSingleMessageResponse" type="tns:submitSingleMessageResponseType"/>
      <xsd:element name="fault" type="tns:soapFaultType"/>
      <xsd:element name="UnsupportedOperationFault" type="tns:UnsupportedOperationFaultType"/>
      <xsd:element name="SecurityFault" type="tns:SecurityFaultType"/>
      <xsd:element name="MessageTooLargeFault" type="tns:MessageTooLargeFaultType"/>
    </xsd:schema>
  </wsdl:types>

  <wsdl:message name="connectivityTest_Message">
    <wsdl:part name="parameters" element="tns:connectivityTest"/>
  </wsdl:message>
  <wsdl:message name="connectivityTestResponse_Message">
    <wsdl:part name="parameters" element="tns:connectivityTestResponse"/>
  </wsdl:message>
  <wsdl:message name="submitSingleMessage_Message">
    <wsdl:part name="parameters" element="tns:submitSingleMessage"/>
  </wsdl:message>
  <wsdl:message name="submitSingleMessageResponse_Message">
    <wsdl:part name="parameters" element="tns:submitSingleMessageResponse"/>
  </wsdl:message>
  <wsdl:message name="UnknownFault_Message">
    <wsdl:part name="fault" element="tns:fault"/>
  </wsdl:message>
  <wsdl:message name="UnsupportedOperationFault_Message">
    <wsdl:part name="fault" element="tns:UnsupportedOperationFault"/>
  </wsdl:message>
  <wsdl:message name="SecurityFault_Message">
    <wsdl:part name="fault" element="tns:SecurityFault"/>
  </wsdl:message>
  <wsdl:message name="MessageTooLargeFault_Message">
    <wsdl:part name="fault" element="tns:MessageTooLargeFault"/>
  </wsdl:message>

  <wsdl:portType name="IIS_PortType">
    <wsdl:operation name="connectivityTest">
      <wsdl:documentation>Returns the text that it is given. Needs no credentials.</wsdl:documentation>
      <wsdl:input message="tns:connectivityTest_Message" wsaw:Action="urn:cdc:iisb:2011:connectivityTest"/>
      <wsdl:output message="tns:connectivityTestResponse_Message"
          wsaw:Action="urn:cdc:iisb:2011:connectivityTestResponse"/>
      <wsdl:fault name="UnknownFault" message="tns:UnknownFault_Message"/>
      <wsdl:fault name="UnsupportedOperationFault" message="tns:UnsupportedOperationFault_Message"/>
    </wsdl:operation>
    <wsdl:operation name="submitSingleMessage">
      <wsdl:documentation>Takes one HL7 version 2.5.1 message, returns the message that answers it.</wsdl:documentation>
      <wsdl:input message="tns:submitSingleMessage_Message" wsaw:Action="urn:cdc:iisb:2011:submitSingleMessage"/>
      <wsdl:output message="tns:submitSingleMessageResponse_Message"
          wsaw:Action="urn:cdc:iisb:2011:submitSingleMessageResponse"/>
      <wsdl:fault name="UnknownFault" message="tns:UnknownFault_Message"/>
      <wsdl:fault name="SecurityFault" message="tns:SecurityFault_Message"/>
      <wsdl:fault name="MessageTooLargeFault" message="tns:MessageTooLargeFault_Message"/>
    </wsdl:operation>
  </wsdl:portType>

  <wsdl:binding name="client_Binding_Soap12" type="tns:IIS_PortType">
    <soap12:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="connectivityTest">
      <soap12:operation soapAction="urn:cdc:iisb:2011:connectivityTest"/>
      <wsdl:input><soap12:body use="literal"/></wsdl:input>
      <wsdl:output><soap12:body use="literal"/></wsdl:output>
      <wsdl:fault name="UnknownFault"><soap12:fault use="literal" name="UnknownFault"/></wsdl:fault>
      <wsdl:fault name="UnsupportedOperationFault">
        <soap12:fault use="literal" name="UnsupportedOperationFault"/>
      </wsdl:fault>
    </wsdl:operation>
    <wsdl:operation name="submitSingleMessage">
      <soap12:operation soapAction="urn:cdc:iisb:2011:submitSingleMessage"/>
      <wsdl:input><soap12:body use="literal"/></wsdl:input>
      <wsdl:output><soap12:body use="literal"/></wsdl:output>
      <wsdl:fault name="UnknownFault"><soap12:fault use="literal" name="UnknownFault"/></wsdl:fault>
      <wsdl:fault name="SecurityFault"><soap12:fault use="literal" name="SecurityFault"/></wsdl:fault>
      <wsdl:fault name="MessageTooLargeFault"><soap12:fault use="literal" name="MessageTooLargeFault"/></wsdl:fault>
    </wsdl:operation>
  </wsdl:binding>

  <wsdl:service name="client_Service">
    <wsdl:port name="client_Port_Soap12" binding="tns:client_Binding_Soap12">
      <soap12:address location="{address}"/>
    </wsdl:port>
  </wsdl:service>
</wsdl:definitions>
"#;
