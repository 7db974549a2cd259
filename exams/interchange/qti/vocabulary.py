"""How the versions of QTI that we write spell their names, and where they say so."""

import re
from dataclasses import dataclass

from lxml import etree

XSI = "http://www.w3.org/2001/XMLSchema-instance"
LOM = "http://ltsc.ieee.org/xsd/LOM"
_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")


@dataclass(frozen=True)
class Vocabulary:
    """One version. Names are given as QTI 2 spells them (`choiceInteraction`)."""

    version: str
    namespace: str
    schema: str
    templates: str
    template_suffix: str
    package_namespace: str
    package_schema: str
    package_kind: str
    package_version: str
    resource_suffix: str
    dashed: bool

    def name(self, name: str) -> str:
        return _CAPITAL.sub(lambda found: "-" + found[1].lower(), name).lower() if self.dashed else name

    def tag(self, name: str) -> str:
        prefix = "qti-" if self.dashed else ""
        return f"{{{self.namespace}}}{prefix}{self.name(name)}"

    def root(self, name: str, **attributes: str) -> etree._Element:
        element = etree.Element(self.tag(name), nsmap={None: self.namespace, "xsi": XSI})
        element.set(f"{{{XSI}}}schemaLocation", f"{self.namespace} {self.schema}")
        return self._with(element, attributes)

    def add(self, parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
        element = self._with(etree.SubElement(parent, self.tag(name)), attributes)
        element.text = text
        return element

    def html(self, parent: etree._Element, name: str) -> etree._Element:
        return etree.SubElement(parent, f"{{{self.namespace}}}{name}")

    def _with(self, element: etree._Element, attributes: dict[str, str]) -> etree._Element:
        for name, value in attributes.items():
            element.set(self.name(name), value)
        return element

    def template(self, name: str) -> str:
        return f"{self.templates}{name}{self.template_suffix}"


VOCABULARIES = {
    "3.0": Vocabulary(
        version="3.0",
        namespace="http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
        schema="https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
        templates="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/",
        template_suffix=".xml",
        package_namespace="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
        package_schema="https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqtiv3p0_imscpv1p2_v1p0.xsd",
        package_kind="QTI Package",
        package_version="3.0.0",
        resource_suffix="xmlv3p0",
        dashed=True,
    ),
    "2.2": Vocabulary(
        version="2.2",
        namespace="http://www.imsglobal.org/xsd/imsqti_v2p2",
        schema="http://www.imsglobal.org/xsd/qti/qtiv2p2/imsqti_v2p2.xsd",
        templates="http://www.imsglobal.org/question/qti_v2p2/rptemplates/",
        template_suffix="",
        package_namespace="http://www.imsglobal.org/xsd/imscp_v1p1",
        package_schema="http://www.imsglobal.org/xsd/qti/qtiv2p2/qtiv2p2_imscpv1p2_v1p0.xsd",
        package_kind="QTIv2.2 Package",
        package_version="1.0.0",
        resource_suffix="xmlv2p2",
        dashed=False,
    ),
}
