"""The e-book of the demo shop: a PDF of one page, made by hand."""

_page = """0.13 0.35 0.27 rg 0 0 420 595 re f
0.96 0.76 0.36 rg 210 400 m 270 320 l 210 240 l 150 320 l h f
1 1 1 rg BT /F1 30 Tf 40 480 Td (Attiéké & Alloco) Tj ET
BT /F1 14 Tf 40 455 Td (25 recettes ivoiriennes) Tj ET
BT /F1 11 Tf 40 60 Td (Merci pour votre achat. Thank you for your purchase.) Tj ET
"""


def pdf() -> bytes:
    content = _page.encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%bendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    file = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    file += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
    )
    return bytes(file)
