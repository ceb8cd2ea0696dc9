"""The course of both groups as a drawing without any style: places are attributes, and a mark's shape tells the group, not its colour."""

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 260, 40, 16, 34


def course(months: list[str], start: int, mine: list[float], others: list[float]) -> dict | None:
    """None where there is nothing to draw."""
    if not mine or not others:
        return None
    top = _ceiling(max([*mine, *others, 0.1]))
    step = (WIDTH - LEFT - 12) / max(len(months) - 1, 1)
    x = [LEFT + number * step for number in range(len(months))]
    height = HEIGHT - TOP - BOTTOM

    def y(value: float) -> float:
        return TOP + height - height * value / top

    def line(values: list[float]) -> dict:
        spots = [{"x": f"{one:.1f}", "y": f"{y(value):.1f}", "sx": f"{one - 3.5:.1f}", "sy": f"{y(value) - 3.5:.1f}",
                  "month": month, "value": value} for one, value, month in zip(x, values, months, strict=True)]  # fmt: skip
        return {"points": " ".join(f"{each['x']},{each['y']}" for each in spots), "spots": spots}

    every = max(1, -(-len(months) // 9))
    return {
        "width": WIDTH, "height": HEIGHT, "mine": line(mine), "others": line(others), "base": TOP + height, "left": LEFT,
        "right": WIDTH - 12, "top": TOP,
        "begin": f"{x[start] - step / 2:.1f}" if 0 < start < len(months) else None,
        "begin_text": f"{x[start] - step / 2 + 5:.1f}" if 0 < start < len(months) else None,
        "ticks": [
            {"x": f"{one:.1f}", "month": month, "anchor": "middle" if one < WIDTH - 40 else "end"}  # the last one stays in the picture
            for one, month in list(zip(x, months, strict=True))[::every]
        ],
        "lines": [{"y": f"{y(top * part / 4):.1f}", "value": f"{top * part / 4:g}"} for part in range(5)],
    }  # fmt: skip


def _ceiling(value: float) -> float:
    """The next of 1, 2, 4, 8 times a power of ten."""
    power = 1.0
    while power > value:
        power /= 10
    while power * 10 < value:
        power *= 10
    return next(power * step for step in (1, 2, 4, 8, 10) if power * step >= value)
