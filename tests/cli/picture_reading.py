"""Reads pictures back: what an SVG's shapes say in the axes' own numbers, sixels and braille as pixels."""

import re
import xml.etree.ElementTree as ET
from fractions import Fraction

import numpy as np
from PIL import Image

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"
INK = "#262626"
LABEL = r"[\u2212\d.\u00d7\u207b\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+"  # of a tick


def png(path):
    """uint8[height, width, 3]."""
    with Image.open(path) as image:
        assert image.format == "PNG" and image.mode == "RGB"
        return np.array(image)


SUPERSCRIPTS = str.maketrans("\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u2212", "-0123456789-")


def exact(label):
    """A number as it is typeset, "\u22121.5\u00d710\u2077" or "10\u207b\u00b3", as a Fraction."""
    before, power, exponent = re.fullmatch(r"([+\u2212]?[\d.]*?)\u00d7?(?:(10)([\u207b\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+))?", label).groups()
    text = before.translate(SUPERSCRIPTS)
    return Fraction(text + "1" if text in ("", "+", "-") else text) * Fraction(10) ** int((exponent or "0").translate(SUPERSCRIPTS))


def number(label):
    return float(exact(label))


def factor_and_offset(common):
    """Of what an axis' labels leave out: "\u00d710\u207b\u2077 +10\u2076"."""
    factor = re.match(r"\u00d7(\S+)", common)
    offset = re.search(r"[+\u2212]\S+$", common)
    return exact(factor[1]) if factor else 1, exact(offset[0]) if offset else 0


class Figure:
    """An SVG that fuseval wrote."""

    def __init__(self, path):
        self.root = ET.parse(path).getroot()
        numbers = [value for shape in self.root.iter() for value in shape.attrib.values() if not value.startswith("data:")]
        assert not any(re.search(r"\b(nan|inf)\b", value) for value in numbers)
        self.width, self.height = int(self.root.get("width")), int(self.root.get("height"))
        self.title = self.root.find(SVG + "title").text or ""

    def boxes(self):
        """(left, top, width, height, colour), the page's own left out."""
        return [(*(float(box.get(name)) for name in ("x", "y", "width", "height")), box.get("fill"))
                for box in self.root.findall(SVG + "rect")[1:]]

    def texts(self):
        """(text, x, y, anchor)."""
        found = []
        for text in self.root.iter(SVG + "text"):
            x, y = map(float, re.match(r"translate\((\S+) (\S+)\)", text.get("transform")).groups())
            found.append((text.text or "", x, y, text.get("text-anchor")))
        return found

    def words(self):
        return [text for text, *_ in self.texts()]

    def frame(self):
        """(left, top, right, bottom) of the plot's inside."""
        top, bottom = [box for box in self.boxes() if box[2] > 4 and box[3] == 1 and box[4] == INK][:2]
        return top[0] + 1, top[1] + 1, top[0] + top[2] - 1, bottom[1]

    def lines(self):
        """(colour, pieces) of each line; a piece is a list of (x, y)."""
        found = []
        for path in self.line_paths():
            pieces = [[tuple(map(float, point.split())) for point in piece.split("L")]
                      for piece in path.get("d").split("M") if piece]
            found.append((path.get("stroke"), pieces))
        return found

    def line_paths(self):
        return [path for path in self.root.iter(SVG + "path") if path.get("stroke")]

    def markers(self):
        """[(outline and colour, places)] of each kind of marker; a place is (x, y)."""
        kinds = {"#" + path.get("id"): (path.get("d"), path.get("fill")) for path in self.root.iter(SVG + "path") if path.get("id")}
        places = {link: [] for link in kinds}
        for use in self.root.iter(SVG + "use"):
            places[use.get(XLINK + "href")].append((float(use.get("x")), float(use.get("y"))))
        return [(kinds[link], places[link]) for link in kinds]

    def dots(self):
        return [(float(dot.get("cx")), float(dot.get("cy"))) for dot in self.root.iter(SVG + "circle")]

    def vertical_ticks(self):
        """[(value, y)] of the left axis: its marks are 4 x 1 and its labels end left of them."""
        marks = [(left, top) for left, top, width, height, colour in self.boxes() if (width, height, colour) == (4, 1, INK)]
        left = min(mark[0] for mark in marks)
        labels = [text for text, x, _, anchor in self.texts() if anchor == "end" and abs(x - left) < 10]
        return list(zip(self.values(labels, self.vertical_common()), (top + 0.5 for at, top in marks if at == left), strict=True))

    def values(self, labels, common):
        factor, offset = factor_and_offset(common)
        return [float(exact(label) * factor + offset) for label in labels]

    def vertical_common(self):
        """What the left axis' labels leave out; it stands above the axis."""
        left, top, _, _ = self.frame()
        return next((text for text, x, y, anchor in self.texts() if anchor == "start" and x == left and y < top), "")

    def horizontal_common(self):
        _, _, right, bottom = self.frame()
        return next((text for text, x, y, anchor in self.texts() if anchor == "end" and x == right and y > bottom), "")

    def horizontal_ticks(self):
        """[(value, x)]: marks are 1 x 4, labels are in the middle below them."""
        marks = [left + 0.5 for left, top, width, height, colour in self.boxes() if (width, height, colour) == (1, 4, INK)]
        middles = [(text, y) for text, _, y, anchor in self.texts() if anchor == "middle"]
        rows = [[text for text, y in middles if y == row] for row in {y for _, y in middles}]
        labels = next(row for row in rows if all(re.fullmatch(LABEL, text) for text in row))
        return list(zip(self.values(labels, self.horizontal_common()), marks, strict=True))

    def value_at(self, y):
        return interpolated(self.vertical_ticks(), y)

    def index_at(self, x):
        return interpolated(self.horizontal_ticks(), x)


def interpolated(ticks, place):
    """Where a pixel lies on an axis. Marks lie in the pixel of their value, so this is good to a pixel or so."""
    (first, begin), (last, end) = ticks[0], ticks[-1]
    return first + (place - begin) / (end - begin) * (last - first)


def pixel_size(ticks):
    (first, begin), (last, end) = ticks[0], ticks[-1]
    return abs((last - first) / (end - begin))


def lightness(rgb):
    """CIELAB's L* of sRGB colours."""
    linear = np.where(rgb <= 10, rgb / 255 / 12.92, ((rgb / 255 + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


NORMAL_SIGHT = np.eye(3)


def cielab(rgb, receptors=NORMAL_SIGHT):
    """CIELAB (D65) of sRGB colours, as seen with other receptors: a matrix of linear sRGB."""
    linear = np.where(rgb <= 10, rgb / 255 / 12.92, ((rgb / 255 + 0.055) / 1.055) ** 2.4) @ receptors.T
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = np.clip(linear, 0, 1) @ to_xyz.T / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def braille(text):
    """bool[4 * lines, 2 * columns]: the dots of a text; other characters have none."""
    lines = text.splitlines()
    dots = np.zeros((4 * len(lines), 2 * max(map(len, lines))), bool)
    places = [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (3, 0), (3, 1)]
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            if 0x2800 <= ord(character) < 0x2900:
                for bit, (down, right) in enumerate(places):
                    dots[4 * row + down, 2 * column + right] = ord(character) >> bit & 1
    return dots


def sixels(text):
    """uint8[height, width, 3] of a sixel picture."""
    body = re.fullmatch(r"\x1bPq\"1;1;(\d+);(\d+)(.*)\x1b\\\n", text, re.DOTALL)
    width, height = int(body[1]), int(body[2])
    pixels = np.zeros((height, width, 3), np.uint8)
    painted = np.zeros((height, width), bool)
    palette, colour, x, top = {}, None, 0, 0
    for define, choose, run, character in re.findall(r"#(\d+;2;\d+;\d+;\d+)|#(\d+)|!(\d+)|([?-~$-])", body[3]):
        if define:
            index, _, *percent = map(int, define.split(";"))
            palette[index] = [round(channel * 2.55) for channel in percent]
        elif choose:
            colour = int(choose)
        elif run:
            repeat = int(run)
        elif character == "$":
            x = 0
        elif character == "-":
            x, top = 0, top + 6
        if character and character not in "$-":
            for down in range(6):
                if ord(character) - 63 >> down & 1:
                    pixels[top + down, x:x + repeat] = palette[colour]
                    painted[top + down, x:x + repeat] = True
            x += repeat
        if not run:
            repeat = 1
    assert painted.all() and len(palette) <= 256
    return pixels
