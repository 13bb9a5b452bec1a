"""Makes glyphs.inc and the colour maps' tables beside this script (pip install fonttools matplotlib).

glyphs.inc: outlines of DejaVu Sans (the font of matplotlib's pictures; licence in LICENSE-DejaVu), in 1/256 em with y upwards, as
SVG paths of the commands M, L, Q and Z. viridis.inc and magma.inc: colour maps of Stéfan van der Walt, Nathaniel Smith and Eric
Firing (https://github.com/BIDS/colormap, CC0), 8 bits a channel. blue_white_red.inc: a diverging map, computed here: CIELAB's
lightness rises evenly from either end to the middle, so that equal steps away from 0 look equal on both sides.
"""

from pathlib import Path

import matplotlib
import numpy as np
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).resolve().parent
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
# ASCII, Latin-1, Greek, and: ellipsis, superscripts 0 and 4 to 9 and minus, minus, infinity, replacement character
CHARACTERS = [*range(0x20, 0x7F), *range(0xA1, 0x100), *range(0x391, 0x3CA), 0x2026, 0x2070, *range(0x2074, 0x207A),
              0x207B, 0x2212, 0x221E, 0xFFFD]
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


def map_lines(colours):
    words = ["{%d, %d, %d}," % tuple(round(channel * 255) for channel in colour) for colour in colours]
    return (" ".join(words[k:k + 6]) for k in range(0, len(words), 6))


def rgb_of(lightness, chroma, hue):
    """sRGB of a colour of CIELAB (D65), channels from 0 to 1 where it has one."""
    middle = (lightness + 16) / 116
    f = np.array([middle + chroma * np.cos(np.radians(hue)) / 500, middle, middle - chroma * np.sin(np.radians(hue)) / 200])
    xyz = np.array([0.9505, 1, 1.089]) * np.where(f > 6 / 29, f**3, (f - 16 / 116) / 7.787)
    linear = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]) @ xyz
    return np.where(linear > 0.0031308, 1.055 * np.abs(linear) ** (1 / 2.4) - 0.055, 12.92 * linear)


def most_chroma(lightness, hue):
    """As much as sRGB has of it."""
    steps = np.arange(0, 130, 0.25)
    inside = [((rgb := rgb_of(lightness, chroma, hue)) >= 0).all() and (rgb <= 1).all() for chroma in steps]
    return steps[inside.index(False) - 1]


def diverging_colours(dark=32, light=97, blue=(274, 40), red=(33, 54)):
    for k in range(257):
        away = abs(k - 128) / 128
        lightness, (hue, chroma) = light + (dark - light) * away, blue if k < 128 else red
        yield rgb_of(lightness, min(chroma * np.tanh(2.4 * away), 0.97 * most_chroma(lightness, hue)), hue)


def write(name, title, lines):
    (FOLDER / name).write_text(f"// {title} Made by make_tables.py.\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    write("glyphs.inc", "Code point, advance and outline, in 1/256 em, from DejaVu Sans (LICENSE-DejaVu).", glyph_lines())
    for name in ("viridis", "magma"):
        write(f"{name}.inc", f"The colour map {name} (CC0), from dark to light.", map_lines(matplotlib.colormaps[name].colors))
    write("blue_white_red.inc", "A diverging colour map, white in the middle.", map_lines(diverging_colours()))
