"""Make ``inspection_app/report/templates/official.docx``, the Word template that reports and feedback are set in.

Run by hand when a style changes; ``test_docx.py`` holds the file to it. An office that wants other type or its own
letterhead changes the file itself in Word or WPS and keeps it in its folder of templates.

    python -m tests.report.make_template
"""

from __future__ import annotations

from pathlib import Path

from inspection_app.report.archive import packed

TEMPLATE = Path(__file__).parents[2] / "inspection_app" / "report" / "templates" / "official.docx"

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
NAMESPACES = f'xmlns:w="{W}" xmlns:r="{R}" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"

MM = 1440 / 25.4  # twentieths of a point
PITCH = round(225 * MM / 22)  # 22 lines in 225 mm

# What stands in for an official font where Word finds none of that name. Source: the names of Windows and of 方正.
FONTS = {
    "仿宋_GB2312": "仿宋,FangSong,STFangsong", "楷体_GB2312": "楷体,KaiTi,STKaiti", "黑体": "SimHei,STHeiti,Noto Sans CJK SC",
    "方正小标宋简体": "方正小标宋_GBK,华文中宋,STZhongsong,宋体", "宋体": "SimSun,STSong,Noto Serif CJK SC", "Times New Roman": "Liberation Serif",
}  # fmt: skip
FANGSONG, KAITI, HEITI, XIAOBIAOSONG, SONGTI, LATIN = FONTS


def run(font: str = "", size: float = 0, bold: bool = False, colour: str = "") -> str:
    """The properties of a style's letters; size in points."""
    return "<w:rPr>{}{}{}{}</w:rPr>".format(
        f'<w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{font}" w:cs="{LATIN}"/>' if font else "",
        "<w:b/><w:bCs/>" if bold else "",
        f'<w:color w:val="{colour}"/>' if colour else "",
        f'<w:sz w:val="{round(size * 2)}"/><w:szCs w:val="{round(size * 2)}"/>' if size else "",
    )


def lines(line: float, exact: bool = True, before: float = 0, after: float = 0) -> str:
    """The pitch of a style's lines and the room about its paragraphs, in points."""
    rule = "exact" if exact else "atLeast"
    return f'<w:spacing w:before="{before * 20:.0f}" w:after="{after * 20:.0f}" w:line="{line * 20:.0f}" w:lineRule="{rule}"/>'


INDENT = '<w:ind w:firstLineChars="200" w:firstLine="{}"/>'
BODY = lines(PITCH / 20)


def style(id_: str, name: str, paragraph: str, letters: str, *, more: str = "", next_: str = "Normal") -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{id_}"{more}><w:name w:val="{name}"/><w:next w:val="{next_}"/>'
        f"<w:qFormat/><w:pPr>{paragraph}</w:pPr>{letters}</w:style>"
    )


def jc(side: str) -> str:
    return f'<w:jc w:val="{side}"/>'


LOOSE = '<w:snapToGrid w:val="0"/>'  # not on the grid of the body's lines
KEEP = "<w:keepNext/><w:keepLines/>"


def heading(level: int, font: str, before: float, bold: bool = False) -> str:
    return style(
        f"Heading{level}", f"heading {level}",
        KEEP + lines(PITCH / 20, before=before) + INDENT.format(640) + f'<w:outlineLvl w:val="{level - 1}"/>',
        run(font, 16, bold),
    )  # fmt: skip


STYLES = "".join((
    # Latin text is called English, or LibreOffice breaks lines within numbers, as it would between ideographs.
    f'<w:docDefaults><w:rPrDefault>{run(FANGSONG, 16)[:-8]}<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr>'
    "</w:rPrDefault><w:pPrDefault><w:pPr/></w:pPrDefault></w:docDefaults>",
    style("Normal", "Normal", "<w:widowControl/>" + BODY + INDENT.format(640) + jc("both"), run(FANGSONG, 16), more=' w:default="1"'),
    style("Salutation", "Salutation", BODY + jc("both"), run(FANGSONG, 16)),
    heading(1, HEITI, 8), heading(2, KAITI, 2), heading(3, FANGSONG, 2, bold=True),
    style("Title", "Title", KEEP + lines(34) + jc("center"), run(XIAOBIAOSONG, 22)),
    style("Subtitle", "Subtitle", KEEP + lines(28) + jc("center"), run(KAITI, 16)),
    style("Date", "Date", '<w:pBdr><w:bottom w:val="single" w:sz="12" w:space="8" w:color="A3212B"/></w:pBdr>'
          + lines(28, after=16) + jc("center"), run(KAITI, 16)),
    style("Marking", "密级标记", BODY, run(HEITI, 16)),
    style("Aside", "提示", lines(24) + INDENT.format(560), run(KAITI, 14, colour="4D4D4D")),
    style("Note", "说明", LOOSE + lines(17) + INDENT.format(420) + jc("both"), run(SONGTI, 10.5)),
    style("Caption", "caption", KEEP + LOOSE + lines(22, before=6) + jc("center"), run(HEITI, 12)),
    style("Image", "图片", LOOSE + lines(12, exact=False, before=4) + jc("center"), run(SONGTI, 10.5)),
    style("ImageCaption", "图注", LOOSE + lines(13, after=4) + jc("center"), run(SONGTI, 9)),
    style("Cell", "表格文字", LOOSE + lines(15.5, exact=False), run(SONGTI, 10.5)),
    style("CellHead", "表头", KEEP + LOOSE + lines(15.5, exact=False) + jc("center"), run(HEITI, 10.5)),
    style("CellTotal", "表格合计", LOOSE + lines(15.5, exact=False), run(SONGTI, 10.5, bold=True)),
    style("SmallCell", "表格小字", LOOSE + lines(12.5, exact=False), run(SONGTI, 8.5)),
    style("SmallHead", "表头小字", KEEP + LOOSE + lines(12.5, exact=False) + jc("center"), run(HEITI, 8.5)),
    style("SmallTotal", "表格小字合计", LOOSE + lines(12.5, exact=False), run(SONGTI, 8.5, bold=True)),
    style("Large", "大字", LOOSE + lines(66, exact=False) + jc("center"), run(SONGTI, 48, bold=True)),
    style("Signing", "签字", LOOSE + "<w:keepNext/>" + lines(20, exact=False, before=22), run(FANGSONG, 14)),
    style("Imprint", "版记", LOOSE + lines(14), run(SONGTI, 9, colour="4D4D4D")),
    style("TOCHeading", "目录标题", KEEP + LOOSE + lines(24, after=6) + jc("center"), run(HEITI, 16)),
    style("TOC1", "toc 1", f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{round(156 * MM)}"/></w:tabs>' + LOOSE + lines(21.5), run(SONGTI, 14)),
    style("Header", "header", LOOSE + lines(12, exact=False), run(SONGTI, 9)),
    style("Footer", "footer", LOOSE + lines(14, exact=False), run(SONGTI, 14)),
    '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" '
    'w:type="dxa"/><w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>',
    '<w:style w:type="table" w:styleId="Ruled"><w:name w:val="表格"/><w:basedOn w:val="TableNormal"/><w:qFormat/><w:tblPr>'
    '<w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="000000"/><w:left w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
    '<w:bottom w:val="single" w:sz="8" w:space="0" w:color="000000"/><w:right w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
    '<w:insideH w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="000000"/></w:tblBorders>'
    '<w:tblCellMar><w:top w:w="40" w:type="dxa"/><w:left w:w="85" w:type="dxa"/><w:bottom w:w="40" w:type="dxa"/><w:right w:w="85" w:type="dxa"/>'
    '</w:tblCellMar></w:tblPr><w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="ECECEC"/></w:tcPr></w:tblStylePr>'
    '<w:tblStylePr w:type="firstCol"><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="ECECEC"/></w:tcPr></w:tblStylePr></w:style>',
))  # fmt: skip


def paragraph(style_: str, text: str, more: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style_}"/>{more}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


DOCUMENT = "".join((
    paragraph("Marking", "{%p if marking %}"), paragraph("Marking", "{{ marking }}"), paragraph("Marking", "{%p endif %}"),
    paragraph("Title", "{{ title }}"),
    paragraph("Subtitle", "{%p if subtitle %}"), paragraph("Subtitle", "{{ subtitle }}"), paragraph("Subtitle", "{%p endif %}"),
    paragraph("Date", "{{ date }}"),
    paragraph("Normal", "{{p body }}"),
    paragraph("Imprint", "{%p for line in imprint %}"), paragraph("Imprint", "{{ line }}"), paragraph("Imprint", "{%p endfor %}"),
))  # fmt: skip
SECTION = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rId4"/><w:headerReference w:type="even" r:id="rId5"/>'
    '<w:footerReference w:type="default" r:id="rId6"/><w:footerReference w:type="even" r:id="rId7"/>'
    '<w:pgSz w:w="11906" w:h="16838"/>'
    f'<w:pgMar w:top="{37 * MM:.0f}" w:bottom="{35 * MM:.0f}" w:left="{28 * MM:.0f}" w:right="{26 * MM:.0f}" '
    f'w:header="{15 * MM:.0f}" w:footer="{23 * MM:.0f}" w:gutter="0"/>'
    f'<w:docGrid w:type="lines" w:linePitch="{PITCH}"/></w:sectPr>'
)


def watermark(number: int) -> str:
    """草稿 across the page, below the text."""
    return (
        paragraph("Header", "{%p if draft %}")
        + '<w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr><w:r><w:pict><v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" '
        'adj="10800" path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/>'
        '<v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/>'
        '<v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/>'
        '<v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas><v:path textpathok="t" o:connecttype="custom" '
        'o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800" o:connectangles="270,180,90,0"/><v:textpath on="t" fitshape="t"/>'
        f'</v:shapetype><v:shape id="Draft{number}" o:spid="_x0000_s{2048 + number}" type="#_x0000_t136" alt="草稿" '
        'style="position:absolute;margin-left:0;margin-top:0;width:340pt;height:170pt;rotation:310;z-index:-251658752;'
        "mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;"
        'mso-position-vertical-relative:margin" fillcolor="#ededed" stroked="f">'
        f'<v:textpath style="font-family:&quot;{HEITI}&quot;;font-size:1pt" string="草稿"/></v:shape></w:pict></w:r></w:p>'
        + paragraph("Header", "{%p endif %}")
        + '<w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr></w:p>'
    )


def folio(side: str) -> str:
    """"— 1 —" at the outer side, one character in from the edge."""
    edge = f'<w:ind w:{side}="280"/>'
    field = "".join(
        f"<w:r>{part}</w:r>"
        for part in (
            '<w:t xml:space="preserve">— </w:t>', '<w:fldChar w:fldCharType="begin"/>',
            '<w:instrText xml:space="preserve"> PAGE </w:instrText>', '<w:fldChar w:fldCharType="separate"/>', "<w:t>1</w:t>",
            '<w:fldChar w:fldCharType="end"/>', '<w:t xml:space="preserve"> —</w:t>',
        )
    )  # fmt: skip
    return (
        paragraph("Footer", "{%p if running %}") + paragraph("Footer", "{{ running }}") + paragraph("Footer", "{%p endif %}")
        + f'<w:p><w:pPr><w:pStyle w:val="Footer"/>{edge}{jc(side)}</w:pPr>{field}</w:p>'
    )  # fmt: skip


RELATED = ("styles", "settings", "fontTable", "header", "header", "footer", "footer")
FILES = ("styles.xml", "settings.xml", "fontTable.xml", "header1.xml", "header2.xml", "footer1.xml", "footer2.xml")
SETTINGS = (
    '<w:evenAndOddHeaders/><w:defaultTabStop w:val="420"/><w:characterSpacingControl w:val="compressPunctuation"/>'
    '<w:compat><w:useFELayout/><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" '
    'w:val="15"/></w:compat><w:themeFontLang w:val="zh-CN" w:eastAsia="zh-CN"/>'
)


def parts() -> dict[str, bytes]:
    """Every part of the template by its name in the package."""
    fonts = "".join(f'<w:font w:name="{name}"><w:altName w:val="{others}"/></w:font>' for name, others in FONTS.items())
    bodies = {
        "document": f"<w:body>{DOCUMENT}{SECTION}</w:body>", "styles": STYLES, "settings": SETTINGS, "fontTable": fonts,
        "header1": watermark(1), "header2": watermark(2), "footer1": folio("right"), "footer2": folio("left"),
    }  # fmt: skip
    tags = {"document": "document", "styles": "styles", "settings": "settings", "fontTable": "fonts", "header": "hdr", "footer": "ftr"}
    made = {
        f"word/{name}.xml": f"{HEAD}<w:{tags[name.rstrip('12')]} {NAMESPACES}>{body}</w:{tags[name.rstrip('12')]}>"
        for name, body in bodies.items()
    }
    related = "".join(
        f'<Relationship Id="rId{number}" Type="{R}/{kind}" Target="{file}"/>'
        for number, (kind, file) in enumerate(zip(RELATED, FILES, strict=True), 1)
    )
    kinds = {"document": "document.main", **{one.removesuffix(".xml"): kind for one, kind in zip(FILES, RELATED, strict=True)}}
    types = "".join(f'<Override PartName="/word/{name}.xml" ContentType="{WORD}.{kind}+xml"/>' for name, kind in kinds.items())
    core = "application/vnd.openxmlformats-package.core-properties+xml"
    first = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'{types}<Override PartName="/docProps/core.xml" ContentType="{core}"/></Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{R}/officeDocument" '
        f'Target="word/document.xml"/><Relationship Id="rId2" Type="{PACKAGE}/relationships/metadata/core-properties" '
        'Target="docProps/core.xml"/></Relationships>',
        "docProps/core.xml": f'{HEAD}<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title></dc:title><dc:language>zh-CN</dc:language></cp:coreProperties>',
        "word/_rels/document.xml.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>',
    }  # fmt: skip
    return {name: text.encode() for name, text in {**first, **made}.items()}


if __name__ == "__main__":
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(packed(parts()))
    print(TEMPLATE.name, TEMPLATE.stat().st_size, "bytes")
