import argparse
def header(name):
    with open(name, "w") as out:
        out.write("#define PIN 1\n")
parser = argparse.ArgumentParser()
parser.add_argument("--pins", dest="pins_header")
args = parser.parse_args()
header(args.pins_header)
