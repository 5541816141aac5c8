from names import NAMES
