"""Makes glyphs.inc and viridis.inc beside this script (pip install fonttools matplotlib).

glyphs.inc: outlines of DejaVu Sans (the font of matplotlib's pictures; licence in LICENSE-DejaVu), in 1/256 em with y upwards, as
SVG paths of the commands M, L, Q and Z. viridis.inc: the colour map of Stéfan van der Walt, Nathaniel Smith and Eric Firing
(https://github.com/BIDS/colormap, CC0), 8 bits a channel.
"""

from pathlib import Path

import matplotlib
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).resolve().parent
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
# ASCII, Latin-1, Greek, and: ellipsis, minus, infinity, replacement character
CHARACTERS = [*range(0x20, 0x7F), *range(0xA1, 0x100), *range(0x391, 0x3CA), 0x2026, 0x2212, 0x221E, 0xFFFD]
UNITS = 256


class PathPen(BasePen):
    def __init__(self, glyphs, scale):
        super().__init__(glyphs)
        self.text, self.scale = "", scale

    def add(self, command, *points):
        self.text += command + " ".join(str(round(c * self.scale)) for point in points for c in point)

    def _moveTo(self, point):
        self.add("M", point)

    def _lineTo(self, point):
        self.add("L", point)

    def _qCurveToOne(self, control, point):
        self.add("Q", control, point)

    def _closePath(self):
        self.text += "Z"


def glyph_lines():
    font = TTFont(FONT)
    names, glyphs, scale = font.getBestCmap(), font.getGlyphSet(), UNITS / font["head"].unitsPerEm
    for character in CHARACTERS:
        if character in names:
            pen = PathPen(glyphs, scale)
            glyphs[names[character]].draw(pen)
            yield f'{{0x{character:04X}, {round(glyphs[names[character]].width * scale)}, "{pen.text}"}},'


def viridis_lines():
    colours = matplotlib.colormaps["viridis"].colors
    words = ["{%d, %d, %d}," % tuple(round(channel * 255) for channel in colour) for colour in colours]
    return (" ".join(words[k:k + 6]) for k in range(0, len(words), 6))


def write(name, title, lines):
    (FOLDER / name).write_text(f"// {title} Made by make_tables.py.\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    write("glyphs.inc", "Code point, advance and outline, in 1/256 em, from DejaVu Sans (LICENSE-DejaVu).", glyph_lines())
    write("viridis.inc", "The colour map viridis (CC0), from dark to light.", viridis_lines())
