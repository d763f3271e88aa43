"""Bar charts as SVG: one bar a row, a line from the least to the most, a rule at the floor."""
from xml.sax.saxutils import escape

COLOURS = {"reference": "#8a8f98", "peer": "#c98a3d", "ferry": "#2f6fb3"}
WIDTH, LABEL, ROW, TOP, RIGHT = 860, 300, 22, 48, 110


def chart(title, unit, rows):
    """`rows` are (label, group, median, least, most), the floor first. Rows ten times the floor's are cut off."""
    floor = rows[0][2]
    top = min(max(row[4] for row in rows), 10 * floor) * 1.02
    height = TOP + ROW * len(rows) + 12

    def x(value):
        return LABEL + min(value, top) / top * (WIDTH - LABEL - RIGHT)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
           'font-family="sans-serif" font-size="13">',
           f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
           f'<text x="12" y="26" font-size="16" font-weight="bold">{escape(title)}</text>',
           f'<text x="{WIDTH - 12}" y="26" text-anchor="end" fill="#555555">{escape(unit)}; × the floor</text>']
    for index, (label, group, median, least, most) in enumerate(rows):
        y = TOP + ROW * index
        middle = y + ROW / 2 - 2
        out.append(f'<text x="{LABEL - 8}" y="{middle + 4.5:.1f}" text-anchor="end">{escape(label)}</text>')
        out.append(f'<rect x="{LABEL}" y="{y}" width="{x(median) - LABEL:.1f}" height="{ROW - 5}" '
                   f'fill="{COLOURS[group]}"/>')
        if median <= top:
            out.append(f'<path d="M{x(least):.1f} {middle:.1f}H{x(most):.1f}" stroke="#222222"/>')
        cut = "…" if median > top else ""
        out.append(f'<text x="{max(x(median), x(most)) + 6:.1f}" y="{middle + 4.5:.1f}">{cut}{number(median)} '
                   f'<tspan fill="#777777">× {median / floor:.2f}</tspan></text>')
    out.append(f'<path d="M{x(floor):.1f} {TOP - 6}V{height - 8}" stroke="#8a8f98" stroke-dasharray="3 3"/>')
    return "\n".join(out + ["</svg>"]) + "\n"


def number(value):
    """With three digits, as people write it."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
