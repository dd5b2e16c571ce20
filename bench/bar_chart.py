"""The suite's ratios as an SVG of bars: to the right of 1 where we are faster. Readable in light and dark."""
import math
from html import escape

ROW, BAR, LEFT, WIDTH, TOP = 10, 8, 96, 600, 34
# As many as two QEMUs make, each with rr and without. They stand out from white and from black.
COLOURS = ("#2f7ed8", "#e08214", "#5aa05a", "#a866c0")
MEAN = "geom. mean"
STYLE = """
  text { font: 11px sans-serif; fill: #222 }
  .value { font-size: 9px }
  .grid { stroke: #8884 }
  .one { stroke: #888 }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } }
"""


def speed_chart(ratios):
    """ratios: at least one, all of the same programs, as how much longer others take than we."""
    series = [(f"{r.slow} / {r.fast}", r.of | {MEAN: r.geometric_mean()}) for r in ratios]
    programs = list(series[0][1])
    powers = [math.log2(value) for _, values in series for value in values.values()]
    low, high = min(-1, math.floor(min(powers))), max(1, math.ceil(max(powers)))

    def x(power):
        return LEFT + (power - low) / (high - low) * WIDTH

    group = ROW * len(series) + 6
    top = TOP + 16 * len(series)
    height = top + group * len(programs) + 24
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 44} {height}" role="img">',
           f"<style>{STYLE}</style>", f'<text x="{LEFT}" y="16">times as fast (a doubling a line)</text>']
    for n, (name, _) in enumerate(series):
        out.append(f'<rect x="{LEFT}" y="{TOP - 8 + 16 * n}" width="10" height="10" fill="{COLOURS[n % len(COLOURS)]}"/>'
                   f'<text x="{LEFT + 16}" y="{TOP + 1 + 16 * n}">{escape(name)}</text>')
    for power in range(low, high + 1):
        kind = "one" if power == 0 else "grid"
        out.append(f'<line class="{kind}" x1="{x(power):.1f}" x2="{x(power):.1f}" y1="{top - 4}" y2="{height - 18}"/>'
                   f'<text x="{x(power):.1f}" y="{height - 4}" text-anchor="middle">{2.0 ** power:g}</text>')
    for row, program in enumerate(programs):
        y = top + row * group
        out.append(f'<text x="{LEFT - 6}" y="{y + group / 2 + 1:.1f}" text-anchor="end">{escape(program)}</text>')
        for n, (_, values) in enumerate(series):
            power = math.log2(values[program])
            begin, end = sorted((x(0), x(power)))
            out.append(f'<rect x="{begin:.1f}" y="{y + n * ROW}" width="{end - begin:.1f}" height="{BAR}"'
                       f' fill="{COLOURS[n % len(COLOURS)]}"/>'
                       f'<text class="value" x="{end + 3:.1f}" y="{y + n * ROW + BAR - 0.5}">{values[program]:.2f}</text>')
    return "\n".join(out + ["</svg>", ""])
