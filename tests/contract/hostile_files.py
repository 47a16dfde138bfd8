"""Files that are not what they seem. All are made here, from nothing."""

import io
import struct
import zipfile
import zlib

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def zipped(entries: dict[str, bytes | str], deflate: bool = True) -> bytes:
    kept = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    with zipfile.ZipFile(kept, "w", how, compresslevel=9) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return kept.getvalue()


def book(rows: str, shared: str | None = None, before: str = "", more: dict | None = None) -> bytes:
    """A workbook of one sheet, whose rows are XML, and what stands before the
    sheet's root."""
    kinds = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    kinds += '<Default Extension="xml" ContentType="application/xml"/>'
    of = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    kinds += f'<Override PartName="/xl/workbook.xml" ContentType="{of}.sheet.main+xml"/>'
    kinds += f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{of}.worksheet+xml"/>'
    links = f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    if shared is not None:
        kinds += f'<Override PartName="/xl/sharedStrings.xml" ContentType="{of}.sharedStrings+xml"/>'
        links += f'<Relationship Id="rId2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    entries: dict[str, bytes | str] = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{TYPES}">{kinds}</Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Лист1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{RELATIONS}">{links}</Relationships>',
        "xl/worksheets/sheet1.xml": f'{HEAD}{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}'
        "</sheetData></worksheet>",
    }
    if shared is not None:
        entries["xl/sharedStrings.xml"] = shared
    return zipped(entries | (more or {}))


def row(*cells: str, number: int = 1) -> str:
    inside = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{number}">{inside}</row>'


def gzipped(size: int) -> bytes:
    """Zeros that unfold to a size in bytes."""
    packer = zlib.compressobj(9, wbits=31)
    piece = bytes(1 << 20)
    return b"".join(packer.compress(piece) for _ in range(size >> 20)) + packer.flush()


def wave(data: bytes = b"", /, **wrong: int) -> bytes:
    """A WAV file whose header may say what is not so."""
    told = {"riff": 36 + len(data), "fmt": 16, "channels": 1, "rate": 8_000, "bits": 16, "data": len(data)}
    told |= wrong
    bytes_per_second = told["rate"] * told["channels"] * told["bits"] // 8 & 0xFFFFFFFF
    return (
        b"RIFF"
        + struct.pack("<I", told["riff"])
        + b"WAVEfmt "
        + struct.pack("<I", told["fmt"])
        + struct.pack("<HHIIHH", 1, told["channels"], told["rate"], bytes_per_second, 2, told["bits"])
        + b"data"
        + struct.pack("<I", told["data"])
        + data
    )
