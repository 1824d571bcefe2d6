"""Units of measure."""


def is_unit(name: str) -> bool:
    return name in {
        "cm",
        "m",
        "km",
        "ft",
        "feet",
        "inches",
        "s",
        "hours",
        "minutes",
        "square feet",
        "kg",
        "g",
        "dollars",
        "degrees",
        "degree",
        "cents",
    }
